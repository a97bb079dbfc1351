"""Following logs bit by bit gives what reading at once gives; replaced and rotated files."""

import json
import os
import random
import re
from pathlib import Path

import numpy as np
import pytest
from growing_logs import MADE, csv_bytes, event_bytes, place

from lrdiag.config import Config
from lrdiag.rulefile.values import RuleSet
from lrdiag.sources.tree import read_location
from lrdiag.watch import Watcher
from lrdiag.watching.run_follower import RunFollower


def same(run, other):
    assert run.series.keys() == other.series.keys()
    for tag, series in other.series.items():
        np.testing.assert_array_equal(run.series[tag].step, series.step)
        np.testing.assert_array_equal(run.series[tag].value, series.value)
        np.testing.assert_array_equal(run.series[tag].wall_time, series.wall_time)


@pytest.mark.parametrize("name", ["events.out.tfevents.1.host", *MADE])
@pytest.mark.parametrize("seed", range(3))
def test_growing_bit_by_bit_gives_what_reading_at_once_gives(tmp_path, name, seed):
    data = MADE[name]() if name in MADE else event_bytes(tmp_path / "made")
    log = tmp_path / "run" / name
    log.parent.mkdir()
    cut = random.Random(seed)
    at = 140
    log.write_bytes(data[:at])
    follower = RunFollower(place(log))
    follower.poll()
    while at < len(data):
        end = min(at + cut.choice([1, 7, 50, 400]), len(data))
        with log.open("ab") as file:
            file.write(data[at:end])
        at = end
        follower.poll()
        follower.run()
    assert not follower.poll()
    same(follower.run(), read_location(place(log)))
    assert follower.bytes_read == len(data)


def test_splits_and_new_event_files_join(tmp_path):
    event_bytes(tmp_path / "run" / "train")
    event_bytes(tmp_path / "run" / "validation")
    follower = RunFollower(place(tmp_path / "run"))
    follower.poll()
    assert "validation/loss" in follower.run().series
    (tmp_path / "made").mkdir()
    resumed = event_bytes(tmp_path / "made", first=40)
    (tmp_path / "run" / "train" / "events.out.tfevents.9.resumed").write_bytes(resumed)
    assert follower.poll(place(tmp_path / "run"))
    same(follower.run(), read_location(place(tmp_path / "run")))
    assert follower.run().series["train/loss"].step[-1] == 99


def test_an_event_file_replaced_in_place_is_read_anew(tmp_path):
    log = tmp_path / "events.out.tfevents.1.host"
    log.write_bytes(event_bytes(tmp_path / "a", loss=lambda s: 1.0))
    follower = RunFollower(place(log))
    follower.poll()
    other = tmp_path / "other"
    other.write_bytes(event_bytes(tmp_path / "b", count=20, loss=lambda s: 2.0))
    other.replace(log)
    assert follower.poll()
    values = follower.run().series["loss"].value
    assert set(values.tolist()) == {2.0}
    assert len(values) == 20


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("move", ["rename", "truncate"])
def test_a_rotated_log_goes_on(tmp_path, name, move):
    log = tmp_path / name
    log.write_bytes(MADE[name](50))
    follower = RunFollower(place(log))
    follower.poll()
    if move == "rename":
        with log.open("ab") as file:  # between the last look and the rotation
            file.write(MADE[name](10, first=50).removeprefix(b"step,loss,lr\n"))
        log.rename(tmp_path / f"{name}.1")
    log.write_bytes(MADE[name](30, first=60))
    assert follower.poll()
    found = follower.run()
    (loss,) = [s for tag, s in found.series.items() if "loss" in tag]
    lost = range(50, 60) if move == "truncate" else ()
    assert loss.step.tolist() == [i for i in range(90) if i not in lost]


@pytest.mark.parametrize("name", MADE)
def test_a_log_written_anew_and_longer_is_noticed_by_its_head(tmp_path, name):
    log = tmp_path / name
    log.write_bytes(MADE[name](20))
    follower = RunFollower(place(log))
    follower.poll()
    inode = log.stat().st_ino
    with log.open("r+b") as file:
        file.write(MADE[name](40, first=5).replace(b"lr", b"rl"))
    assert log.stat().st_ino == inode
    assert follower.poll()
    (loss,) = [s for tag, s in follower.run().series.items() if "loss" in tag]
    assert loss.step[-1] == 44


@pytest.mark.parametrize("name", ["events.out.tfevents.1.host", *MADE])
def test_the_system_reads_no_more_than_what_is_new(tmp_path, name):
    counted = Path("/proc/self/io")
    if not counted.exists():
        pytest.skip("the system does not count the bytes that a process reads")

    def bytes_read():
        return int(re.search(r"rchar: (\d+)", counted.read_text())[1])

    data = MADE[name](3000) if name in MADE else event_bytes(tmp_path / "made", count=3000)
    log = tmp_path / "run" / name
    log.parent.mkdir()
    half = len(data) // 2
    log.write_bytes(data[:half])
    watcher = Watcher([log.parent], Config(), RuleSet(()))
    list(watcher.look())
    before, piece, looks = bytes_read(), 700, 60
    for at in range(half, half + looks * piece, piece):
        with log.open("ab") as file:
            file.write(data[at : at + piece])
        list(watcher.look())
    # Beside the new bytes: proofs of 256 bytes at both ends, and this test's own look at /proc.
    allowed = looks * (piece + 4 * 256 + 2_000)
    assert bytes_read() - before < allowed < looks * half // 4  # what reading anew would cost
    assert watcher.bytes_read <= half + looks * piece


def test_a_table_written_anew_with_a_new_column_replaces_the_old(tmp_path):
    log = tmp_path / "metrics.csv"
    log.write_bytes(csv_bytes(30))
    follower = RunFollower(place(log))
    follower.poll()
    follower.run()
    rows = [f"{i},{i / 7:.3f},0.1,{i}" for i in range(31)]
    log.write_text("\n".join(["step,loss,lr,val_loss", *rows, ""]))
    assert follower.poll()
    run = follower.run()
    same(run, read_location(place(log)))
    assert run.series["loss"].superseded == 0


def test_a_restarted_training_wins_from_its_first_step(tmp_path):
    log = tmp_path / "metrics.csv"
    log.write_bytes(csv_bytes(60))
    follower = RunFollower(place(log))
    follower.poll()
    follower.run()
    with log.open("ab") as file:
        file.write(csv_bytes(40, first=40, header=False))
    follower.poll()
    same(follower.run(), read_location(place(log)))


def test_a_file_that_vanishes_keeps_what_was_read(tmp_path):
    log = tmp_path / "metrics.csv"
    log.write_bytes(csv_bytes())
    follower = RunFollower(place(log))
    follower.poll()
    log.unlink()
    assert not follower.poll()
    assert len(follower.run().series["loss"]) == 60


def test_a_document_caught_half_written_keeps_what_was_known(tmp_path):
    def state(rows):
        history = [{"step": i, "epoch": i / 3, "loss": 1 / (i + 1)} for i in range(rows)]
        return json.dumps({"global_step": rows, "epoch": rows / 3, "log_history": history})

    log = tmp_path / "trainer_state.json"
    log.write_text(state(20))
    follower = RunFollower(place(log))
    follower.poll()
    log.write_text(state(22)[:300])
    assert not follower.poll()
    assert len(follower.run().series["loss"]) == 20
    log.write_text(state(22))
    assert follower.poll()
    assert len(follower.run().series["loss"]) == 22


def test_a_fifo_in_the_logs_place_does_not_block(tmp_path):
    for name, data in (
        ("a.csv", csv_bytes()),
        ("events.out.tfevents.1.h", event_bytes(tmp_path / "x")),
    ):
        log = tmp_path / name
        log.write_bytes(data)
        follower = RunFollower(place(log))
        follower.poll()
        log.unlink()
        os.mkfifo(log)
        follower.poll()
        assert len(follower.run().series["loss"]) == 60
