"""Columns by words against records parsed one at a time, damaged ones among them."""

import event_codec as codec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrdiag.sources import periods
from lrdiag.sources.checksums import payload_is_sound
from lrdiag.sources.decoding import common_bytes
from lrdiag.sources.event_message import MalformedError, parse_event
from lrdiag.sources.event_reader import EventReader
from lrdiag.sources.framing import FRAME, HEADER
from lrdiag.sources.templates import template_of
from lrdiag.sources.word_columns import decode_words, fits_words


def scalar_event(tag, step, value, wall):
    return codec.event(step, wall, [codec.scalar(tag, value)])


def double_event(tag, step, value, wall):
    return codec.event(step, wall, [codec.scalar(tag, value, "double")])


def one_by_one(rows, template, at):
    """(step, wall, value) of the frames at a column, None where one must be looked at again."""
    found = []
    for row in rows:
        frame = row[at : at + template.size]
        sound = payload_is_sound(frame, 0, template.size - FRAME)
        try:
            event = parse_event(frame[HEADER:-4].tobytes())
        except MalformedError:
            event = None
        if not sound or event is None or event.step_size != template.step_size:
            found.append(None)
        else:
            found.append((event.step, event.wall_time, event.scalars[0].value))
    return found


def same(rows, points, template, at):
    truth = one_by_one(rows, template, at)
    keep = np.ones(len(rows), bool) if points.keep is None else points.keep
    # A step of another length makes the checksum wrong too, so both say the same.
    assert keep.tolist() == [t is not None for t in truth]
    columns = np.stack([points.step, points.wall, points.values[0]], axis=1)
    expected = np.array([t for t in truth if t is not None]).reshape(-1, 3)
    np.testing.assert_array_equal(columns[keep], expected)


@settings(deadline=None, max_examples=60)
@given(
    first=st.sampled_from([0, 1, 100, 127, 128, 16_000, 1 << 20, 1 << 30, (1 << 40) - 3]),
    seed=st.integers(0, 2**32 - 1),
    damage=st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 255)), max_size=6),
    doubles=st.booleans(),
)
def test_columns_are_those_of_records_read_one_by_one(first, seed, damage, doubles):
    rng = np.random.default_rng(seed)
    make = double_event if doubles else scalar_event
    lines = []
    for step in range(first, first + 40):
        wall = 1.7e9 + step * 0.37
        lines.append(
            [
                codec.frame(make("train/loss", step, float(rng.normal()), wall)),
                codec.frame(scalar_event("lr", step, float(rng.random()), wall + 1e-5)),
            ]
        )
    sizes = [list(map(len, line)) for line in lines]
    lines = [line for line, size in zip(lines, sizes, strict=True) if size == sizes[0]]
    rows = np.frombuffer(b"".join(map(b"".join, lines)), np.uint8).reshape(len(lines), -1).copy()
    templates = [template_of(f, parse_event(f[HEADER:-4])) for f in lines[0]]
    fields = np.flatnonzero(np.concatenate([t.varies for t in templates]))
    for place, change in damage:
        rows[place % len(rows), fields[place % len(fields)]] ^= change
    assert fits_words(templates)

    found = decode_words(rows, common_bytes(rows), templates)

    same(rows, found[0], templates[0], 0)
    same(rows, found[1], templates[1], templates[0].size)


def test_equal_errors_in_two_records_are_both_found():
    lines = [codec.frame(scalar_event("loss", 200 + k, 0.5, 1e9 + k)) for k in range(50)]
    rows = np.frombuffer(b"".join(lines), np.uint8).reshape(50, -1).copy()
    template = template_of(lines[0], parse_event(lines[0][HEADER:-4]))
    value_at = template.values[0][1]
    rows[[7, 8, 31, 32], value_at] ^= 4

    (points,) = decode_words(rows, common_bytes(rows), [template])

    assert np.flatnonzero(~points.keep).tolist() == [7, 8, 31, 32]


def test_steps_below_zero_are_left_to_bytes():
    frame = codec.frame(scalar_event("loss", -1, 0.5, 1e9))
    template = template_of(frame, parse_event(frame[HEADER:-4]))
    assert not fits_words([template])


@pytest.mark.parametrize("many", [8, 10**9])
def test_a_file_reads_the_same_with_words_and_with_bytes(tmp_path, monkeypatch, many):
    monkeypatch.setattr(periods, "MANY", many)
    rng = np.random.default_rng(3)
    values = rng.normal(size=(900, 2)).astype(np.float32)
    frames = []
    for step, (loss, rate) in enumerate(values.tolist()):
        frames.append(bytearray(codec.frame(scalar_event("loss", step, loss, 1e9 + step / 3))))
        frames.append(bytearray(codec.frame(scalar_event("lr", step, rate, 1e9 + step / 3))))
    for damaged in (60, 401, 1203):
        frames[damaged][-6] ^= 0x10
    path = tmp_path / "events.out.tfevents.1.h"
    path.write_bytes(b"".join(frames))

    reader = EventReader(path)
    reader.read_new()

    kept = {tag: column.arrays() for tag, column in reader.contents.columns.by_tag.items()}
    lost = {b"loss": [30], b"lr": [200, 601]}
    for k, tag in enumerate((b"loss", b"lr")):
        step, _, value = kept[tag]
        assert sorted(set(range(900)) - set(step.tolist())) == lost[tag]
        np.testing.assert_array_equal(value, values[step, k])
