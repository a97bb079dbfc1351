"""Following a log for days: memory stays bounded, what matters survives."""

import numpy as np
import pytest
from growing_logs import MADE, event_bytes, place

from lrdiag.sources.tree import read_location
from lrdiag.watching.bounded import BoundedColumn
from lrdiag.watching.run_follower import RunFollower


@pytest.mark.parametrize("name", MADE)
def test_rows_of_a_text_log_are_bounded_and_spread_over_the_whole_log(tmp_path, name, monkeypatch):
    monkeypatch.setattr("lrdiag.watching.bounded.MAX_POINTS", 200)
    log = tmp_path / name
    log.write_bytes(MADE[name](60))
    follower = RunFollower(place(log))
    for first in range(60, 6060, 100):
        follower.poll()
        with log.open("ab") as file:
            file.write(MADE[name](100, first=first).removeprefix(b"step,loss,lr\n"))
    follower.poll()
    run = follower.run()
    whole = read_location(place(log))
    assert run.series.keys() == whole.series.keys()
    for tag, series in run.series.items():
        assert len(series) <= 201
        full = whole.series[tag]
        at = np.searchsorted(full.step, series.step)
        np.testing.assert_array_equal(full.value[at], series.value)
        np.testing.assert_array_equal(full.step[at], series.step)
        assert series.index == full.index
        assert np.diff(series.step).max() < 6060 / 20  # 100 buckets, their first points kept
    assert any(problem.kind == "thinned" for problem in run.problems)


def test_rows_without_an_index_keep_their_number(tmp_path, monkeypatch):
    monkeypatch.setattr("lrdiag.watching.bounded.MAX_POINTS", 200)
    log = tmp_path / "metrics.csv"
    log.write_text("loss,lr\n1,0.1\n1,0.1\n")
    follower = RunFollower(place(log))
    for first in range(2, 3002, 50):
        follower.poll()
        with log.open("a") as file:
            file.write("".join(f"{first + i},0.1\n" for i in range(50)))
    follower.poll()
    series = follower.run().series["loss"]
    np.testing.assert_array_equal(series.step[2:], series.value[2:].astype(int))
    assert series.step[-1] == 3001


def test_bounded_column_keeps_drops_extremes_and_nan():
    column = BoundedColumn(1000)
    steps = np.arange(50_000)
    rate = np.where(steps < 20_011, 0.1, 0.01)
    loss = np.sin(steps / 1000)
    loss[3_333], loss[44_444] = np.nan, 9.0
    other = BoundedColumn(1000)
    for part in np.array_split(steps, 97):
        column.append(part, part * 1.0, rate[part])
        other.append(part, part * 1.0, loss[part])
    assert len(column.step) <= 1000
    assert column.thinned
    drop = int(np.flatnonzero(np.diff(column.value))[0])
    assert (column.step[drop], column.step[drop + 1]) == (20_010, 20_011)
    assert other.value[np.isfinite(other.value)].max() == 9.0
    assert np.isnan(other.value).any()
    assert other.step[-1] == 49_999


def test_memory_of_a_followed_event_file_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("lrdiag.watching.bounded.MAX_POINTS", 200)
    monkeypatch.setattr("lrdiag.watching.event_files.READ_BYTES", 4_000)
    log = tmp_path / "run" / "events.out.tfevents.1.host"
    log.parent.mkdir()
    log.write_bytes(event_bytes(tmp_path / "made", count=1500))
    follower = RunFollower(place(log))
    follower.poll()
    run = follower.run()
    assert all(len(series) <= 200 for series in run.series.values())
    assert any(problem.kind == "thinned" for problem in run.problems)
