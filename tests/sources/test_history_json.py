import json

import pytest

from lrdiag.sources.history_json import HistoryJsonSource


def sniffed(path):
    return HistoryJsonSource().sniff(path, path.read_bytes()[:65_536])


def read(tmp_path, document, cut=None):
    path = tmp_path / "history.json"
    path.write_text(json.dumps(document)[:cut])
    assert sniffed(path)
    return HistoryJsonSource().read([path], path.name)


CURVES = {"loss": [0.9, 0.8, 0.7], "val_loss": [1.0, 0.9, 0.95], "lr": [0.1, 0.1, 0.01]}


@pytest.mark.parametrize(
    "document",
    [
        CURVES,
        {"history": CURVES, "epoch": [0, 1, 2], "params": {"epochs": 3}},
        {k: {str(i): v for i, v in enumerate(vs)} for k, vs in CURVES.items()},
        {k: str(v) for k, v in CURVES.items()} | {"loss": CURVES["loss"]},
        [dict(epoch=i, **{k: v[i] for k, v in CURVES.items()}) for i in range(3)],
    ],
)
def test_spellings_of_a_history(tmp_path, document):
    run = read(tmp_path, document)
    for tag, values in CURVES.items():
        assert run.series[tag].value.tolist() == values
        assert run.series[tag].step.tolist() == [0, 1, 2]


def test_boosting_results(tmp_path):
    run = read(tmp_path, {"train": {"logloss": [0.6, 0.5]}, "eval": {"logloss": [0.7, 0.6]}})
    assert run.series["train/logloss"].value.tolist() == [0.6, 0.5]
    assert run.series["eval/logloss"].value.tolist() == [0.7, 0.6]


def test_a_cut_history_gives_what_is_whole(tmp_path):
    run = read(tmp_path, CURVES, cut=len(json.dumps(CURVES)) - 5)
    assert run.series["val_loss"].value.tolist() == CURVES["val_loss"]
    assert "incomplete-json" in [p.kind for p in run.problems]


@pytest.mark.parametrize(
    "document",
    [
        {"lr": 0.1, "milestones": [30, 60]},
        {"name": "x", "files": ["a", "b"]},
        {"loss": 0.3, "accuracy": 0.9},
        [{"text": "a"}],
        [1, 2, 3],
        [],
        {},
    ],
)
def test_other_documents_are_no_histories(tmp_path, document):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(document))
    assert not sniffed(path)
