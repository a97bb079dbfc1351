"""Tables and files beside real logs that are no logs themselves."""

import json

import pytest

from lrdiag.sources.tree import discover

MODELS = "model,precision,recall,accuracy\nForest,0.89,0.81,0.86\nLogistic,0.89,0.69,0.81\n"
LABELS = "".join(f"img/{i}.jpg,{i % 3}\n" for i in range(20))
GRID = "lr,batch_size,val_loss\n" + "".join(
    f"{lr},{size},{lr * size}\n" for lr in (0.1, 0.01, 0.1) for size in (32, 64)
)
README = "# Results\n\n| epoch | loss |\n|---|---|\n| 1 | 0.5 |\n| 2 | 0.4 |\n"
VEGA = json.dumps({"$schema": "https://vega.github.io", "data": {"values": "<DATA>"}}, indent=1)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("metrics.csv", MODELS),
        ("results.csv", GRID),
        ("labels.csv", LABELS),
        ("README.md", README),
        ("plot.json", VEGA),
        ("plot.json", json.dumps({"data": {"values": [{"x": 1, "y": 2}]}})),
    ],
)
def test_no_log(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    found = discover([tmp_path])
    assert found.locations == ()
    assert [file for file, _ in found.left_out] == [str(tmp_path / name)]


@pytest.mark.parametrize(
    "text",
    [
        "time,loss,lr\n2024-05-01 10:00:00,0.5,0.1\n2024-05-01 10:01:00,0.4,0.1\n",
        "split,loss,acc\ntrain,0.5,0.8\nval,0.6,0.7\ntrain,0.4,0.8\nval,0.5,0.7\n",
        "0.1,0.5\n0.1,0.4\n0.01,0.3\n",
        "lr,batch_size,loss\n" + "0.1,64,2.0\n0.1,64,1.8\n0.1,17,1.7\n" * 3,
        "lr,momentum,loss\n0.1,0.9,2.0\n0.2,0.8,1.8\n0.1,0.9,1.7\n",
        GRID.replace("lr,", "epoch,"),
    ],
    ids=["times", "splits", "bare numbers", "last batches", "cyclic", "indexed"],
)
def test_a_log_all_the_same(tmp_path, text):
    (tmp_path / "metrics.csv").write_text(text)
    assert len(discover([tmp_path]).locations) == 1
