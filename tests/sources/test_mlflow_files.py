import pytest

from lrdiag.sources.mlflow_files import MlflowFilesSource
from lrdiag.sources.tree import read_runs


def store(tmp_path, runs=("a",)):
    for run in runs:
        folder = tmp_path / "mlruns" / "0" / run
        for name in ("loss", "val/loss"):
            path = folder / "metrics" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(f"170000000000{i} {1 / (i + 1)} {i}\n" for i in range(4)))
        (folder / "params").mkdir()
        (folder / "params" / "lr").write_text("0.1")
        (folder / "meta.yaml").write_text("run_id: a\n")
    return tmp_path / "mlruns"


def test_one_run_a_folder_of_metrics_with_its_parameters(tmp_path):
    runs = read_runs(store(tmp_path, ("a", "b")))
    assert [r.name for r in runs] == ["0/a", "0/b"]
    assert list(runs[0].series) == ["loss", "val/loss"]
    assert runs[0].series["val/loss"].step.tolist() == [0, 1, 2, 3]
    assert runs[0].series["loss"].wall_time[0] == pytest.approx(1_700_000_000.0)
    assert runs[0].params == {"lr": 0.1}


def test_old_lines_without_a_step_and_damaged_ones(tmp_path):
    path = tmp_path / "run" / "metrics" / "loss"
    path.parent.mkdir(parents=True)
    path.write_text("1700000000000 0.5\nbroken\n1700000001000 0.4\n1700000002000")
    source = MlflowFilesSource()
    assert source.sniff(path, path.read_bytes())
    run = source.read([path], "run")
    assert run.series["loss"].step.tolist() == [0, 1]
    assert [(p.kind, p.severity, p.line) for p in run.problems] == [
        ("bad-line", "warning", 2),
        ("bad-line", "info", 4),
    ]


def test_written_by_mlflow(tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    client = mlflow.MlflowClient(tracking_uri=f"file:{tmp_path / 'mlruns'}")
    run = client.create_run(client.create_experiment("e"))
    for step in range(3):
        client.log_metric(run.info.run_id, "val/loss", 1 / (step + 1), step=step)
    client.log_param(run.info.run_id, "lr", 0.1)
    (found,) = read_runs(tmp_path / "mlruns")
    assert found.series["val/loss"].value.tolist() == [1.0, 0.5, 1 / 3]
    assert found.params == {"lr": 0.1}
