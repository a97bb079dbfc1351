"""Event files that tests damage, and what was read of them."""

import random

import event_codec as codec

NAME = "events.out.tfevents.1700000000.host"


VERSION = codec.frame(codec.event(wall=1e9, version="brain.Event:2"))


def as_points(file):
    return {
        tag: list(zip(s.step.tolist(), s.wall_time.tolist(), s.value.tolist(), strict=True))
        for tag, s in file.series.items()
    }


def alarms(file):
    return [p for p in file.problems if p.severity != "info"]


def mixed_frames(seed, count):
    """Random order, sizes, styles, repeated tags, several values an event, histograms."""
    rng = random.Random(seed)
    tags = [f"{'x' * rng.randrange(1, 30)}/{k}" for k in range(12)]
    frames = [codec.frame(codec.event(wall=1.0, version="brain.Event:2"))]
    for _ in range(count):
        step = rng.choice([0, 5, rng.randrange(1 << 22), rng.randrange(1 << 40), -3])
        kind = rng.random()
        if kind < 0.1:
            values = [codec.histogram("weights", rng.choice([100, 3000, 30_000]))]
        elif kind < 0.2:
            values = [codec.scalar(rng.choice(tags), rng.random()) for _ in range(4)]
        else:
            style = rng.choice(["simple", "simple", "content", "double"])
            values = [codec.scalar(rng.choice(tags), rng.random(), style)]
        frames.append(codec.frame(codec.event(step, rng.random() * 1e9, values)))
    return frames


def record(step, tag="loss", value=None):
    value = step if value is None else value
    return codec.frame(codec.event(step, 1e9 + step, [codec.scalar(tag, value)]))


def text(data, tag="t"):
    """A record of a text of this size, larger than any scalar's."""
    return codec.frame(codec.event(1, 1e9, [codec.field(1, tag.encode()) + codec.field(8, data)]))


def steps(reader, tag=b"loss"):
    return reader.contents.columns.by_tag[tag].arrays()[0].tolist()


def flipped(frame, at):
    at %= len(frame)
    return frame[:at] + bytes([frame[at] ^ 0xFF]) + frame[at + 1 :]


def shuffled(count, large=0, others=0):
    rng = random.Random(3)
    frames = [
        record(rng.randrange(1 << 30), f"{'x' * rng.randrange(1, 9)}/v") for _ in range(count)
    ]
    frames += [record(5, "y" * 2000) for _ in range(large)]
    frames += [codec.frame(codec.event(1, 1e9, [codec.histogram("h", 4000)]))] * others
    rng.shuffle(frames)
    return [VERSION, *frames]
