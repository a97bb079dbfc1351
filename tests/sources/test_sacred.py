import json

from lrdiag.sources.sacred import SacredSource

ENTRY = {
    "steps": [0, 10, 20],
    "timestamps": ["2021-02-03T10:00:00.000000", "2021-02-03T10:00:01", "2021-02-03T10:00:02"],
    "values": [0.9, 0.8, float("nan")],
}


def test_metrics(tmp_path):
    path = tmp_path / "metrics.json"
    path.write_text(json.dumps({"training.loss": ENTRY}, indent=2))
    assert SacredSource().sniff(path, path.read_bytes())
    run = SacredSource().read([path], "1")
    loss = run.series["training.loss"]
    assert loss.step.tolist() == [0, 10, 20]
    assert loss.value[:2].tolist() == [0.9, 0.8]
    assert loss.wall_time[1] - loss.wall_time[0] == 1


def test_ragged_series_are_cut_and_said(tmp_path):
    path = tmp_path / "metrics.json"
    path.write_text(json.dumps({"loss": {**ENTRY, "steps": [0, 10]}}))
    run = SacredSource().read([path], "1")
    assert len(run.series["loss"]) == 2
    assert [(p.kind, p.lost) for p in run.problems] == [("ragged-series", 1)]


def test_other_json_is_not_sacreds(tmp_path):
    path = tmp_path / "metrics.json"
    path.write_text('{"loss": [1, 2]}')
    assert not SacredSource().sniff(path, path.read_bytes())
