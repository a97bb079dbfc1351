import pytest

from lrdiag.sources.tree import read_runs


def write(path, name, rows=3, header="step\t{}"):
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [header.format(name)] + [f"{i}\t{1 / (i + 1)}" for i in range(rows)]
    path.write_text("\n".join(lines) + "\n")


def test_the_path_is_the_metrics_name(tmp_path):
    root = tmp_path / "dvclive" / "plots" / "metrics"
    write(root / "train" / "loss.tsv", "loss")
    write(root / "val" / "loss.tsv", "loss")
    write(root / "lr.tsv", "lr")
    (run,) = read_runs(tmp_path)
    assert run.name == "dvclive"
    assert sorted(run.series) == ["lr", "train/loss", "val/loss"]
    assert run.series["val/loss"].step.tolist() == [0, 1, 2]
    assert {s.format for s in run.sources} == {"dvclive"}


def test_old_versions_wrote_into_the_folder(tmp_path):
    write(tmp_path / "dvclive" / "loss.tsv", "loss")
    write(tmp_path / "dvclive" / "acc.tsv", "acc")
    (run,) = read_runs(tmp_path)
    assert sorted(run.series) == ["acc", "loss"]


def test_other_tables_are_left_to_the_table_reader(tmp_path):
    write(tmp_path / "results.tsv", "loss")
    (run,) = read_runs(tmp_path)
    assert [s.format for s in run.sources] == ["csv"]


def test_written_by_dvclive(tmp_path, monkeypatch):
    dvclive = pytest.importorskip("dvclive")
    monkeypatch.chdir(tmp_path)
    live = dvclive.Live(str(tmp_path / "live"), save_dvc_exp=False, dvcyaml=False)
    for step in range(3):
        live.log_metric("val/loss", 1 / (step + 1))
        live.next_step()
    live.end()
    (run,) = read_runs(tmp_path / "live")
    assert run.series["val/loss"].value.tolist() == [1.0, 0.5, 1 / 3]
