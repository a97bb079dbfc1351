import json

from lrdiag.sources.huggingface import HuggingFaceSource

STATE = {
    "epoch": 3.0,
    "global_step": 30,
    "is_hyper_param_search": False,
    "log_history": [
        {"epoch": 1.0, "grad_norm": 2.0, "learning_rate": 5e-5, "loss": 0.9, "step": 10},
        {"epoch": 1.0, "eval_loss": 0.8, "eval_accuracy": 0.6, "step": 10},
        {"epoch": 2.0, "grad_norm": 1.0, "learning_rate": 3e-5, "loss": 0.7, "step": 20},
        {"epoch": 2.0, "eval_loss": 0.7, "eval_accuracy": 0.7, "step": 20},
        {"epoch": 2.0, "step": 20, "train_loss": 0.8, "train_runtime": 12.0, "total_flos": 1e12},
    ],
    "max_steps": 20,
    "num_train_epochs": 2,
    "trial_name": None,
}


def read(tmp_path, text):
    path = tmp_path / "trainer_state.json"
    path.write_text(text)
    source = HuggingFaceSource()
    assert source.sniff(path, path.read_bytes()[:65_536])
    return source.read([path], ".")


def test_log_history(tmp_path):
    run = read(tmp_path, json.dumps(STATE, indent=2))
    assert run.series["loss"].step.tolist() == [10, 20]
    assert run.series["eval_accuracy"].value.tolist() == [0.6, 0.7]
    assert run.series["epoch"].value.tolist() == [1, 1, 2, 2, 2]
    assert run.series["loss"].line.tolist() == [6, 19]
    assert run.params == {"num_train_epochs": 2, "max_steps": 20}
    assert run.problems == ()


def test_the_summary_is_no_point_of_the_curve(tmp_path):
    run = read(tmp_path, json.dumps(STATE))
    assert run.series["summary/train_loss"].value.tolist() == [0.8]
    assert "train_loss" not in run.series


def test_a_cut_file_gives_what_is_whole(tmp_path):
    text = json.dumps(STATE)
    run = read(tmp_path, text[: text.index('"eval_loss": 0.7') + 5])
    assert run.series["loss"].step.tolist() == [10, 20]
    assert run.series["eval_loss"].step.tolist() == [10]
    assert [p.kind for p in run.problems] == ["incomplete-json"]


def test_an_empty_object_has_no_points(tmp_path):
    run = read(tmp_path, "{}")
    assert run.series == {}
    assert [p.kind for p in run.problems] == ["no-points"]
