from lrdiag.sources.tree import read_runs

HEADER = (
    '"Step","run-1 - val/loss","run-1 - val/loss__MIN","run-1 - val/loss__MAX","b - val/loss",'
    '"b - val/loss__MIN","b - val/loss__MAX"\n'
)


def test_one_run_a_column(tmp_path):
    path = tmp_path / "wandb_export.csv"
    rows = '"0","0.9","0.9","0.9","0.8","0.8","0.8"\n"1","0.7","0.7","0.7","","",""\n'
    path.write_text(HEADER + rows)
    first, second = read_runs(tmp_path)
    assert first.name == "wandb_export.csv/run-1"
    assert first.series["val/loss"].value.tolist() == [0.9, 0.7]
    assert second.series["val/loss"].value.tolist() == [0.8]
    assert list(second.series) == ["val/loss"]


def test_a_table_of_runs_is_no_curve(tmp_path):
    (tmp_path / "runs.csv").write_text('"Name","State","lr"\n"a","finished","0.1"\n"b","x","0.2"\n')
    for run in read_runs(tmp_path):
        assert "Name" not in run.series
