import sqlite3

import pytest

from lrdiag.sources.mlflow_sqlite import MlflowSqliteSource
from lrdiag.sources.tree import read_runs


def database(tmp_path, runs):
    path = tmp_path / "mlflow.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE runs (run_uuid TEXT, name TEXT, start_time INT)")
        db.execute(
            "CREATE TABLE metrics (key TEXT, value REAL, timestamp INT, run_uuid TEXT, step INT,"
            " is_nan BOOL)"
        )
        db.execute("CREATE TABLE params (key TEXT, value TEXT, run_uuid TEXT)")
        for at, name in enumerate(runs):
            db.execute("INSERT INTO runs VALUES (?, ?, ?)", [f"id{at}", name, at])
            for step in (2, 0, 1):
                row = [
                    "loss",
                    1.0 / (step + 1),
                    1_700_000_000_000 + step,
                    f"id{at}",
                    step,
                    step == 2,
                ]
                db.execute("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)", row)
            db.execute("INSERT INTO params VALUES ('lr', '0.1', ?)", [f"id{at}"])
    db.close()
    return path


def test_a_database_of_one_run(tmp_path):
    path = database(tmp_path, ["first"])
    before = path.read_bytes()
    (run,) = read_runs(path)
    assert run.name == "mlflow.db"
    assert run.series["loss"].step.tolist() == [0, 1, 2]
    assert str(run.series["loss"].value[2]) == "nan"
    assert run.params == {"lr": 0.1}
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["mlflow.db"]


def test_every_run_of_a_database_is_a_run(tmp_path):
    database(tmp_path, ["first", "second", "second"])
    names = [run.name for run in read_runs(tmp_path)]
    assert names == ["mlflow.db/first", "mlflow.db/second-id1", "mlflow.db/second-id2"]


def test_other_and_damaged_databases(tmp_path):
    path = database(tmp_path, ["first"])
    data = path.read_bytes()
    path.write_bytes(data[:4096])
    source = MlflowSqliteSource()
    source.sniff(path, data[:100])  # no traceback, whatever it says
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE t (x INT)")
    db.close()
    assert not source.sniff(other, other.read_bytes()[:100])


def test_written_by_mlflow(tmp_path):
    mlflow = pytest.importorskip("mlflow")
    pytest.importorskip("sqlalchemy")
    try:
        client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{tmp_path / 'mlflow.db'}")
        run = client.create_run(client.create_experiment("e"))
    except Exception as error:
        pytest.skip(f"MLflow's SQLite store does not start here: {error}")
    for step in range(3):
        client.log_metric(run.info.run_id, "val_loss", 1 / (step + 1), step=step)
    client.log_param(run.info.run_id, "lr", 0.1)
    (found,) = read_runs(tmp_path / "mlflow.db")
    assert found.series["val_loss"].value.tolist() == [1.0, 0.5, 1 / 3]
    assert found.params == {"lr": 0.1}
