"""Logs for benchmarks/reading.py: event files as real writers lay them out, and CSV files."""

from __future__ import annotations

import random
import struct

SHAPES = ("one", "runs", "tensors", "mixed", "payloads", "wide", "table", "tables")
TAGS = ["train/loss", "train/lr", "eval/accuracy", "train/grad_norm", "eval/loss", "perf/tokens"]


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def masked(data):
    import google_crc32c

    crc = google_crc32c.value(data)
    return struct.pack("<I", (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF)


def frame(payload):
    length = struct.pack("<Q", len(payload))
    return length + masked(length) + payload + masked(payload)


def event(step, wall, values):
    head = b"\x09" + struct.pack("<d", wall) + (b"\x10" + varint(step) if step else b"")
    return frame(head + field(5, b"".join(field(1, v) for v in values)))


def scalar(tag, value, tensor=False):
    raw = struct.pack("<f", value)
    if not tensor:
        return field(1, tag) + b"\x15" + raw
    metadata = field(9, field(1, field(1, b"scalars")))
    return field(1, tag) + field(8, b"\x08\x01\x12\x00" + field(5, raw)) + metadata


def histogram(rng):
    size = rng.randrange(200, 800)
    buckets = field(6, rng.randbytes(8 * size)) + field(7, rng.randbytes(8 * size))
    return field(1, b"params/weight") + field(5, buckets)


def steps_of(shape, count, tags, rng):
    """Yield the frames of one file."""
    for step in range(count // len(tags) * (2 if shape == "mixed" else 1)):
        wall = 1.7e9 + step * 0.05
        chosen = rng.sample(tags, len(tags) // 2) if shape == "mixed" else tags
        values = [scalar(tag, rng.random(), shape == "tensors") for tag in chosen]
        if shape == "wide":
            yield event(step, wall, values)
            continue
        for k, value in enumerate(values):
            yield event(step, wall + k * 1e-5, [value])
        if shape == "payloads":
            yield event(step, wall, [histogram(rng)])


def make(folder, shape, points):
    rng = random.Random(0)
    runs = 200 if shape == "runs" else 1
    count = {"one": 4, "runs": 10, "tensors": 4, "mixed": 40, "payloads": 10, "wide": 10}[shape]
    tags = [f"{TAGS[k % 6]}{'' if k < 6 else k}".encode() for k in range(count)]
    for run in range(runs):
        home = folder / shape / (f"run_{run:03d}" if runs > 1 else ".")
        home.mkdir(parents=True, exist_ok=True)
        with (home / f"events.out.tfevents.{1_700_000_000 + run}.host").open("wb") as file:
            file.write(frame(b"\x09" + struct.pack("<d", 1.7e9) + field(3, b"brain.Event:2")))
            file.writelines(steps_of(shape, points // runs, tags, rng))


def make_tables(folder, shape, rows):
    """CSV files of a step and seven metrics: one file, or 200 with as many rows in all."""
    rng = random.Random(0)
    files = 200 if shape == "tables" else 1
    home = folder / shape
    home.mkdir(parents=True, exist_ok=True)
    for number in range(files):
        with (home / f"log_{number:03d}.csv").open("w") as file:
            file.write("step," + ",".join(f"{TAGS[k % 6]}{k}" for k in range(7)) + "\n")
            for step in range(rows // files):
                file.write(",".join([str(step), *(f"{rng.random():.6g}" for _ in range(7))]) + "\n")
