"""Curves that add_scalars wrote to sub-folders, by the real writer, against folders like them."""

import shutil

import pytest

from lrdiag.roles.resolution import resolve_roles
from lrdiag.sources.splits import merge_splits
from lrdiag.sources.tree import discover, read_location

torch_writer = pytest.importorskip("torch.utils.tensorboard", reason="needs torch")


def write(folder, curves):
    """One writer: a rate in its own file, `curves` (tag to names) by add_scalars."""
    writer = torch_writer.SummaryWriter(str(folder))
    for step in range(12):
        writer.add_scalar("lr", 0.1, step)
        for tag, names in curves.items():
            values = {name: (k + 1) / (step + 1) for k, name in enumerate(names)}
            writer.add_scalars(tag, values, step)
    writer.close()


def merged(folder):
    runs = [read_location(place) for place in merge_splits(discover([folder])).locations]
    return {run.name: run for run in runs}


def test_curves_of_train_and_val_join_their_run_with_the_right_roles(tmp_path):
    write(tmp_path / "one", {"loss": ["train", "val"], "metrics/accuracy": ["train", "test"]})

    runs = merged(tmp_path)

    assert list(runs) == ["one"]
    run = runs["one"]
    expected = {
        "lr", "train/loss", "validation/loss", "train/metrics/accuracy", "test/metrics/accuracy",
    }  # fmt: skip
    assert set(run.series) == expected
    assert run.series["validation/loss"].value[0] == 2.0
    roles = resolve_roles(run, {})
    chosen = {role: found.tag for role, found in roles.assignments.items()}
    assert chosen["train_loss"] == "train/loss"
    assert chosen["val_loss"] == "validation/loss"


def test_the_root_itself_may_be_the_run(tmp_path):
    write(tmp_path, {"loss": ["train", "val"]})
    assert list(merged(tmp_path)) == ["."]


def test_curves_of_no_split_stay_runs_of_their_own(tmp_path):
    write(tmp_path / "one", {"grads": ["layer1", "layer2"]})
    assert list(merged(tmp_path)) == ["one", "one/grads_layer1", "one/grads_layer2"]


def test_runs_that_the_same_process_wrote_below_another_stay_apart(tmp_path):
    write(tmp_path / "folds", {})
    for name in ("fold1_train", "fold1_val", "fold2_train"):
        writer = torch_writer.SummaryWriter(str(tmp_path / "folds" / name))
        writer.add_scalar("loss", 1.0, 0)
        writer.close()
    assert list(merged(tmp_path)) == [
        "folds", "folds/fold1_train", "folds/fold1_val", "folds/fold2_train",
    ]  # fmt: skip


def test_curves_of_another_process_stay_apart(tmp_path):
    write(tmp_path / "one", {"loss": ["train", "val"]})
    for name in ("loss_train", "loss_val"):
        (file,) = (tmp_path / "one" / name).iterdir()
        *start, _, number = file.name.split(".")
        shutil.move(file, file.with_name(".".join([*start, "1", number])))
    assert list(merged(tmp_path)) == ["one", "one/loss_train", "one/loss_val"]


def test_settings_that_add_hparams_wrote_are_those_of_the_run(tmp_path):
    writer = torch_writer.SummaryWriter(str(tmp_path / "one"))
    for step in range(12):
        writer.add_scalar("loss/val", 1 / (step + 1), step)
    writer.add_hparams({"lr": 0.1, "batch": 64}, {"hparam/accuracy": 0.9, "loss/val": 0.1})
    writer.close()

    runs = merged(tmp_path)

    assert list(runs) == ["one"]
    run = runs["one"]
    assert run.params == {"lr": 0.1, "batch": 64}
    assert len(run.series["loss/val"]) == 12
    roles = resolve_roles(run, {}).assignments
    assert {role: found.tag for role, found in roles.items()} == {"val_loss": "loss/val"}


def test_a_run_called_after_the_time_stays_a_run(tmp_path):
    write(tmp_path / "one", {})
    write(tmp_path / "one" / "1700000000.5", {})
    assert len(merged(tmp_path)) == 2
