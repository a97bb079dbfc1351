"""Runs are found below folders, safely, under stable names."""

import os
from pathlib import Path

import event_codec as codec
import pytest

from lrdiag.errors import SourceError
from lrdiag.sources.splits import merge_splits
from lrdiag.sources.tree import discover, read_location, read_runs

NAME = "events.out.tfevents.17.host"
CSV = "epoch,train_loss,lr\n" + "".join(f"{k},{1 / (k + 1)},0.1\n" for k in range(20))


def write_events(folder, count=20, tags=("loss", "lr")):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NAME).write_bytes(b"".join(codec.points_frames(count, tags)[0]))


def test_names_are_paths_below_the_root(tmp_path):
    write_events(tmp_path)
    write_events(tmp_path / "a" / "version_1")
    (tmp_path / "a" / "metrics.csv").write_text(CSV)
    assert {r.name for r in read_runs(tmp_path)} == {".", "a/version_1", "a/metrics.csv"}


def test_one_file_and_several_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_events(Path("x/run"))
    write_events(Path("y/run"))
    assert [r.name for r in read_runs(Path("x/run") / NAME)] == ["."]
    names = [place.name for place in discover(["x", "y"]).locations]
    assert names == ["x/run", "y/run"]


def test_a_path_that_is_not_there(tmp_path):
    with pytest.raises(SourceError, match="does not exist"):
        discover([tmp_path / "nothing"])


def test_what_is_no_log_is_left_out_with_the_reason(tmp_path):
    write_events(tmp_path)
    (tmp_path / "model.pt").write_bytes(b"x" * 100)
    (tmp_path / "notes.bin2").write_bytes(bytes(range(256)))
    left_out = dict(discover([tmp_path]).left_out)
    assert left_out[str(tmp_path / "model.pt")] == ".pt files are no logs"
    assert str(tmp_path / "notes.bin2") in left_out


def test_special_files_and_links_are_skipped_and_named(tmp_path):
    outside = tmp_path / "outside"
    write_events(outside)
    root = tmp_path / "root"
    write_events(root / "run")
    os.mkfifo(root / "run" / "events.out.tfevents.1.fifo")
    (root / "run" / "up").symlink_to("..")
    (root / "run" / "events.out.tfevents.2.gone").symlink_to("nowhere")
    (root / "away").symlink_to(outside)
    found = discover([root])
    assert [place.name for place in found.locations] == ["run"]
    named = {Path(p.file).name: p.message for p in found.problems}
    assert "FIFO" in named["events.out.tfevents.1.fifo"]
    assert "symlink" in named["up"] and "broken symlink" in named["events.out.tfevents.2.gone"]
    assert "out of the folder" in named["away"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_a_problem(tmp_path):
    write_events(tmp_path / "a")
    write_events(tmp_path / "b")
    (tmp_path / "b" / NAME).chmod(0)
    runs = {r.name: r for r in read_runs(tmp_path)}
    assert len(runs["a"].series) == 2
    assert runs["b"].problems[0].severity == "error"


def test_many_runs_are_found_without_reading_them(tmp_path, monkeypatch):
    for k in range(60):
        write_events(tmp_path / f"run_{k}", count=1)
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("a file was opened"))
    assert len(discover([tmp_path]).locations) == 60


def merged(root):
    places = merge_splits(discover([root])).locations
    return {place.name: read_location(place) for place in places}


def test_split_folders_become_one_run(tmp_path):
    write_events(tmp_path / "exp" / "train", tags=("epoch_loss",))
    write_events(tmp_path / "exp" / "validation", tags=("epoch_loss",))
    assert {n: set(r.series) for n, r in merged(tmp_path).items()} == {
        "exp": {"train/epoch_loss", "validation/epoch_loss"}
    }
    assert len(read_runs(tmp_path)) == 2


def test_an_eval_folder_joins_the_run_above_it(tmp_path):
    write_events(tmp_path, tags=("loss",))
    write_events(tmp_path / "eval", tags=("loss",))
    assert {n: set(r.series) for n, r in merged(tmp_path).items()} == {".": {"loss", "eval/loss"}}


def test_a_folder_called_train_alone_stays_a_run(tmp_path):
    write_events(tmp_path / "train")
    assert set(merged(tmp_path)) == {"train"}


def test_split_files_become_one_run(tmp_path):
    (tmp_path / "train_log.csv").write_text(CSV)
    (tmp_path / "val_log.csv").write_text(CSV.replace("train_loss", "loss"))
    runs = merged(tmp_path)
    assert set(runs) == {"."}
    assert {"train/train_loss", "validation/loss"} <= set(runs["."].series)


def test_a_training_logged_twice_is_one_run_and_the_richer_series_stays(tmp_path):
    write_events(tmp_path, count=50, tags=("train/loss", "grad"))
    (tmp_path / "metrics.csv").write_text(CSV)
    (run,) = merged(tmp_path).values()
    assert len(run.series["train/loss"]) == 50
    assert {"grad", "lr"} <= set(run.series) and "train_loss" not in run.series
    (problem,) = [p for p in run.problems if p.kind == "logged-twice"]
    assert problem.file.endswith("metrics.csv") and "train_loss" in problem.message


def test_tables_of_several_trainings_stay_apart(tmp_path):
    for name in ("resnet.csv", "vgg.csv"):
        (tmp_path / name).write_text(CSV)
    assert set(merged(tmp_path)) == {"resnet.csv", "vgg.csv"}


def names_of(*paths):
    return [place.name for place in merge_splits(discover(paths)).locations]


def test_files_given_by_name_are_runs_of_their_own(tmp_path, monkeypatch):
    """Also beside one another in a folder above: all were one run called `..` once."""
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    for name in ("a", "b", "metrics.csv"):
        (tmp_path / name).write_text(CSV)
    write_events(tmp_path)
    (tmp_path / (NAME + "2")).write_bytes((tmp_path / NAME).read_bytes())
    assert names_of("../a", "../b") == ["../a", "../b"]
    assert names_of(f"../{NAME}", f"../{NAME}2") == [f"../{NAME}", f"../{NAME}2"]
    assert names_of("../metrics.csv", f"../{NAME}") == [f"../{NAME}", "../metrics.csv"]
    monkeypatch.chdir(tmp_path)
    assert names_of("a", "b") == ["a", "b"]


def test_split_files_given_by_name_are_one_run(tmp_path, monkeypatch):
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    for name in ("train.csv", "val.csv"):
        (tmp_path / name).write_text(CSV)
    assert names_of("../train.csv", "../val.csv") == ["../train.csv"]
    monkeypatch.chdir(tmp_path)
    assert names_of("train.csv", "val.csv") == ["."]
    assert names_of(tmp_path / "train.csv", tmp_path / "val.csv") == [tmp_path.as_posix()]
