"""Copies of one training's log are left out with the reason; what is the only log stays."""

import json
import shutil
from pathlib import Path

from lrdiag.sources.splits import merge_splits
from lrdiag.sources.tree import discover
from lrdiag.sources.wandb_offline import has_history

RECORDED = Path(__file__).parent / "data" / "recorded"
ROWS = "".join(json.dumps({"loss": 1 / k, "epoch": k, "step": k}) + "\n" for k in range(1, 9))
PRINT = "".join(f"Epoch(train) [{k}][50/50]  lr: 0.02  loss: {1 / k:.4f}\n" for k in range(1, 9))


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def found(*paths):
    discovery = merge_splits(discover(paths))
    reasons = {Path(path).name: reason for path, reason in discovery.left_out}
    return [place.name for place in discovery.locations], reasons


def mmengine(root, *names):
    for name in names:
        write(root / "r1" / name, PRINT if name.endswith(".log") else ROWS)


def test_three_files_of_mmengine_are_one_run(tmp_path):
    mmengine(tmp_path, "r1.log", "vis_data/r1.json", "vis_data/scalars.json")
    names, reasons = found(tmp_path)
    assert names == ["r1/vis_data/scalars.json"]
    assert reasons.keys() == {"r1.log", "r1.json"}
    assert "scalars.json" in reasons["r1.log"]


def test_the_next_best_file_of_mmengine(tmp_path):
    mmengine(tmp_path, "r1.log", "vis_data/r1.json")
    names, reasons = found(tmp_path)
    assert names == ["r1/vis_data/r1.json"]
    assert "r1.json" in reasons["r1.log"]


def test_other_files_beside_are_runs_of_their_own(tmp_path):
    mmengine(tmp_path, "other.log", "vis_data/other.json", "vis_data/scalars.json")
    assert len(found(tmp_path)[0]) == 3


def test_a_printed_log_alone_stays(tmp_path):
    mmengine(tmp_path, "r1.log")
    assert found(tmp_path) == (["r1/r1.log"], {})


def test_the_console_text_of_a_wandb_run_is_left_out(tmp_path):
    run = tmp_path / "run-1-abc"
    write(run / "files" / "output.log", PRINT)
    shutil.copy(RECORDED / "wandb-0.31.0.wandb", run / "run-abc.wandb")
    names, reasons = found(tmp_path)
    assert names == ["run-1-abc/run-abc.wandb"]
    assert "W&B" in reasons["output.log"]


def test_the_console_text_stays_where_wandb_logged_nothing(tmp_path):
    run = tmp_path / "run-1-abc"
    write(run / "files" / "output.log", PRINT)
    (run / "run-abc.wandb").touch()
    assert "run-1-abc/files/output.log" in found(tmp_path)[0]
    assert not has_history(run / "run-abc.wandb")
    assert not has_history(run / "gone.wandb")


def test_files_given_by_name_are_read(tmp_path):
    mmengine(tmp_path, "r1.log", "vis_data/scalars.json")
    given = [tmp_path / "r1" / name for name in ("r1.log", "vis_data/scalars.json")]
    assert found(*given) == ([path.as_posix() for path in given], {})


def state(path, *losses, more=()):
    records = [{"epoch": k, "loss": loss, "step": k} for k, loss in enumerate((*losses, *more), 1)]
    write(path / "trainer_state.json", json.dumps({"log_history": records, "max_steps": 90}))


LOSSES = (3.0, 2.0, float("nan"), 1.0)


def test_checkpoints_of_one_training_are_one_run(tmp_path):
    for steps in (1, 2, 4):
        state(tmp_path / "out" / f"checkpoint-{steps}", *LOSSES[:steps])
    assert found(tmp_path)[0] == ["out/checkpoint-4/trainer_state.json"]
    state(tmp_path / "out", *LOSSES, more=(0.9,))
    names, reasons = found(tmp_path)
    assert names == ["out/trainer_state.json"]
    assert reasons == {
        "trainer_state.json": "its history is the beginning of that in out/trainer_state.json"
    }


def test_checkpoints_sort_by_their_number(tmp_path):
    state(tmp_path / "checkpoint-900", *LOSSES[:3])
    state(tmp_path / "checkpoint-1000", *LOSSES)
    assert found(tmp_path)[0] == ["checkpoint-1000/trainer_state.json"]


def test_a_second_training_into_the_same_folder_stays(tmp_path):
    state(tmp_path / "checkpoint-2", 3.0, 2.0)
    state(tmp_path / "checkpoint-4", 5.0, 4.0, 3.0, 2.0)
    assert len(found(tmp_path)[0]) == 2


def test_a_checkpoint_given_by_name_stays(tmp_path):
    for steps in (2, 4):
        state(tmp_path / f"checkpoint-{steps}", *LOSSES[:steps])
    early = tmp_path / "checkpoint-2" / "trainer_state.json"
    assert len(found(early, tmp_path / "checkpoint-4" / "trainer_state.json")[0]) == 2


def test_a_damaged_state_is_left_to_the_reader(tmp_path):
    write(tmp_path / "checkpoint-2" / "trainer_state.json", '{"log_history": [')
    state(tmp_path / "checkpoint-4", *LOSSES)
    assert len(found(tmp_path)[0]) == 2
