import json

from lrdiag.sources.tree import read_runs


def test_tables_of_a_folder_are_one_run(tmp_path):
    for split, shift in (("learn", 0.0), ("test", 0.1)):
        rows = "".join(f"{i}\t{0.7 - i * 0.1 + shift:.4f}\n" for i in range(5))
        (tmp_path / f"{split}_error.tsv").write_text("iter\tLogloss\n" + rows)
    (run,) = read_runs(tmp_path)
    assert sorted(run.series) == ["learn/Logloss", "test/Logloss"]
    assert run.series["test/Logloss"].step.tolist() == [0, 1, 2, 3, 4]


def test_training_json(tmp_path):
    meta = {"learn_metrics": [{"name": "Logloss", "best_value": "Min"}]}
    iterations = [{"learn": [0.6], "test": [0.7], "iteration": i} for i in range(3)]
    path = tmp_path / "catboost_training.json"
    path.write_text(json.dumps({"meta": meta, "iterations": iterations}))
    (run,) = read_runs(tmp_path)
    assert run.series["learn/Logloss"].value.tolist() == [0.6] * 3
    assert run.series["test/Logloss"].step.tolist() == [0, 1, 2]
