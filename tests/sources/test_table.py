"""Tables as people and loggers write them: delimiters, headers, steps, wall times."""

from pathlib import Path

import pytest

from lrdiag.roles.resolution import resolve_roles
from lrdiag.sources.table import TableSource

ROWS = [(e, 1.0 / (e + 1), 0.1 if e < 5 else 0.01) for e in range(10)]


def read(tmp_path: Path, text: str | bytes, name: str = "log.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert TableSource().sniff(path, path.read_bytes()[:65_536])
    return TableSource().read([path], name)


def table(delimiter: str, header=("epoch", "train loss", "lr"), end: str = "\n") -> str:
    lines = [delimiter.join(header)]
    lines += [delimiter.join([str(e), f"{loss:.4f}", f"{lr:g}"]) for e, loss, lr in ROWS]
    return end.join(lines) + end


def kinds(run) -> list[str]:
    return [p.kind for p in run.problems]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", " , ", "   ", " | "])
def test_delimiters(tmp_path, delimiter):
    run = read(tmp_path, table(delimiter))
    assert run.series["train loss"].value.tolist() == [round(r[1], 4) for r in ROWS]
    assert run.series["lr"].step.tolist() == list(range(10))
    assert run.series["lr"].index == "epoch"
    assert run.problems == ()


def test_markdown_table(tmp_path):
    text = "| epoch | val_loss |\n|------:|:---------|\n| 0 | 0.5 |\n| 1 | 0.4 |\n"
    run = read(tmp_path, text, "log.txt")
    assert run.series["val_loss"].value.tolist() == [0.5, 0.4]


def test_the_teaching_table(tmp_path):
    text = "Epoch,LR,Train Loss,Val Loss,Accuracy\n1,0.1,0.8,0.9,70%\n5,0.1,0.5,0.6,80%\n"
    text += "10,0.01,0.3,0.4,88%\n15,0.001,0.25,0.35,90%\n"
    run = read(tmp_path, text)
    assert run.series["Accuracy"].value.tolist() == [70, 80, 88, 90]
    assert run.series["LR"].step.tolist() == [1, 5, 10, 15]
    assert run.series["epoch"].value.tolist() == [1, 5, 10, 15]


def test_lightning_sparse_rows_keep_the_step(tmp_path):
    text = "epoch,lr,step,train_loss,val_loss\n0,,49,0.9,\n,0.1,49,,\n0,,99,,0.8\n1,,149,0.7,\n"
    run = read(tmp_path, text)
    assert run.series["val_loss"].step.tolist() == [99]
    assert run.series["lr"].step.tolist() == [49]
    assert run.series["train_loss"].line.tolist() == [2, 5]
    assert run.series["epoch"].step.tolist() == [49, 99, 149]
    assert run.problems == ()


def test_padded_ultralytics_header(tmp_path):
    text = "               epoch,      train/box_loss\n                   0,             0.12345\n"
    text += "                   1,             0.11345\n"
    assert read(tmp_path, text).series["train/box_loss"].value.tolist() == [0.12345, 0.11345]


def test_decimal_comma(tmp_path):
    run = read(tmp_path, table(";").replace(".", ","))
    assert run.series["train loss"].value.tolist() == [round(r[1], 4) for r in ROWS]
    assert kinds(run) == ["number-format"]


def test_thousands_in_quotes(tmp_path):
    run = read(tmp_path, 'step,loss\n1,"1,000.5"\n2,"12,345.25"\n3,+.5\n4,1E-03\n')
    assert run.series["loss"].value.tolist() == [1000.5, 12345.25, 0.5, 0.001]


def test_torch7_trailing_delimiter_and_list_cells(tmp_path):
    text = "Epoch\tTrain Loss\tLearning Rate\t\n1\t0.5\t[0.1, 0.01]\t\n2\t0.4\t[0.1, 0.01]\t\n"
    run = read(tmp_path, text, "log.txt")
    assert run.series["Learning Rate/0"].value.tolist() == [0.1, 0.1]
    assert run.series["Learning Rate/1"].value.tolist() == [0.01, 0.01]
    assert run.problems == ()


def test_fastai_console_table(tmp_path):
    text = "epoch     train_loss  valid_loss  accuracy  time    \n"
    text += "0         0.520000    0.420000    0.800000  00:12   \n"
    text += "1         0.420000    0.320000    0.900000  00:12   \n"
    run = read(tmp_path, text, "log.txt")
    assert run.series["accuracy"].value.tolist() == [0.8, 0.9]


def test_split_column_prefixes_the_tags(tmp_path):
    run = read(tmp_path, "epoch,phase,loss\n0,train,0.9\n0,val,1.0\n1,train,0.8\n1,val,0.9\n")
    assert run.series["train/loss"].value.tolist() == [0.9, 0.8]
    assert run.series["val/loss"].step.tolist() == [0, 1]


def test_long_table(tmp_path):
    run = read(tmp_path, "tag,step,value\nloss,1,0.5\nloss,2,0.4\nlr,1,0.1\n")
    assert run.series["loss"].value.tolist() == [0.5, 0.4]
    assert run.series["lr"].step.tolist() == [1]


def test_step_that_starts_again_in_every_epoch(tmp_path):
    rows = "".join(f"{e},{b},{1 / (1 + e * 3 + b)}\n" for e in range(4) for b in range(3))
    run = read(tmp_path, "epoch,batch,loss\n" + rows)
    assert run.series["loss"].step.tolist() == list(range(12))
    assert run.series["epoch"].value.tolist() == [e for e in range(4) for _ in range(3)]


def test_fractional_epochs_are_counted_by_row(tmp_path):
    run = read(tmp_path, "epoch,loss\n0.25,3\n0.5,2\n0.75,1\n")
    assert run.series["loss"].step.tolist() == [0, 1, 2]
    assert run.series["loss"].index == "row"
    assert run.series["epoch"].value.tolist() == [0.25, 0.5, 0.75]


def test_rows_with_only_an_epoch_count_in_epochs(tmp_path):
    text = "step,epoch,train_loss,val_loss\n0,,9,\n10,,8,\n,0,,7\n20,,6,\n,1,,5\n"
    run = read(tmp_path, text)
    assert run.series["val_loss"].step.tolist() == [0, 1]
    assert run.series["val_loss"].index == "epoch"
    assert run.series["epoch"].step.tolist() == [10, 20]
    assert run.series["train_loss"].index == "step"


def test_duplicate_columns_are_kept_apart(tmp_path):
    run = read(tmp_path, "epoch,loss,loss\n0,1,2\n1,3,4\n")
    assert run.series["loss"].value.tolist() == [1, 3]
    assert run.series["loss#2"].value.tolist() == [2, 4]
    assert kinds(run) == ["duplicate-column"]


def test_a_table_without_header_is_said(tmp_path):
    run = read(tmp_path, "0,1.5,0.1\n1,1.4,0.1\n2,1.3,0.1\n")
    assert run.series["column_2"].value.tolist() == [1.5, 1.4, 1.3]
    assert kinds(run) == ["no-header"]


def test_text_columns_are_left_out_and_said(tmp_path):
    run = read(tmp_path, "epoch,note,loss\n0,start,1\n1,fine,2\n")
    assert "note" not in run.series
    assert kinds(run) == ["text-column"]


def test_namespace_lines_beside_the_rows_are_kept(tmp_path):
    run = read(tmp_path, "epoch,loss\n0,1\nNamespace(lr=0.1, gamma=0.5)\n1,2\n")
    assert run.texts == ("Namespace(lr=0.1, gamma=0.5)",)
    assert run.problems == ()


def test_wall_times(tmp_path):
    run = read(tmp_path, "step,timestamp,loss\n0,1700000000.5,1\n1,2023-11-14T22:13:21+00:00,2\n")
    assert run.series["loss"].wall_time.tolist() == [1700000000.5, 1700000001.0]


def test_hostile_names_stay_as_they_are(tmp_path):
    name = "=cmd|' /C calc'!A0"
    assert name in read(tmp_path, f"step,{name},<b>\n0,1,2\n").series


@pytest.mark.parametrize("columns", [2_000, 6_000, 10_000])
def test_very_wide_tables(tmp_path, columns):
    header = ",".join(["step", *(f"m_{i:05d}" for i in range(columns))])
    rows = "".join(f"{s}," + ",".join(["0.5"] * columns) + "\n" for s in range(3))
    run = read(tmp_path, f"{header}\n{rows}")
    assert len(run.series) == columns
    assert run.series["m_00007"].step.tolist() == [0, 1, 2]


# Headers as their writers pad and name them: YOLOv5 7.0, Ultralytics 8.0 (padded) and 8.3, timm
# 1.0 (`train.py --log-interval`), fastai 2.7 (`CSVLogger`).
YOLOV5 = (
    "               epoch,      train/box_loss,   metrics/precision,     metrics/mAP_0.5,"
    "metrics/mAP_0.5:0.95,        val/box_loss,               x/lr0,               x/lr2\n"
    + "".join(f"{e:>20},{1 / (e + 1):>20.5g},{0.5:>20},{0.4:>20},{0.3:>20},{0.6:>20},{0.01:>20},"
              f"{0.1 - e / 100:>20.5g}\n" for e in range(4))
)  # fmt: skip
ULTRALYTICS_80 = (
    "                  epoch,         train/box_loss,      metrics/recall(B),"
    "       metrics/mAP50(B),    metrics/mAP50-95(B),                 lr/pg0\n"
    + "".join(f"{e:>23},{1 / e:>23.5g},{0.6:>23},{0.4:>23},{0.3:>23},{0.01:>23}\n"
              for e in range(1, 5))
)  # fmt: skip
ULTRALYTICS_83 = (
    "epoch,time,train/box_loss,train/cls_loss,train/dfl_loss,metrics/precision(B),"
    "metrics/recall(B),metrics/mAP50(B),metrics/mAP50-95(B),val/box_loss,lr/pg0,lr/pg1\n"
    + "".join(f"{e},{e * 9.5},{1 / e:.5f},2.1,1.2,0.5,0.6,0.4,0.3,0.7,0.01,0.01\n"
              for e in range(1, 5))
)  # fmt: skip
TIMM = "epoch,train_loss,eval_loss,eval_top1,eval_top5,lr\n" + "".join(
    f"{e},{6 / (e + 1)},{5 / (e + 1)},{20.0 + e},{40.0 + e},0.05\n" for e in range(4)
)
FASTAI = "epoch,train_loss,valid_loss,accuracy,error_rate,time\n" + "".join(
    f"{e},{1 / (e + 1)},{1.2 / (e + 1)},{0.8 + e / 50},{0.2 - e / 50},00:1{e}\n" for e in range(4)
)


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        (YOLOV5, {"val_map": "metrics/mAP_0.5:0.95", "lr": "x/lr0", "lr[1]": "x/lr2"}),
        (
            ULTRALYTICS_80,
            {"val_recall": "metrics/recall(B)", "val_map": "metrics/mAP50-95(B)", "lr": "lr/pg0"},
        ),
        (
            ULTRALYTICS_83,
            {"train_loss": "train/box_loss", "val_loss": "val/box_loss", "lr[1]": "lr/pg1"},
        ),
        (TIMM, {"val_loss": "eval_loss", "val_accuracy": "eval_top1", "train_loss": "train_loss"}),
        (FASTAI, {"val_loss": "valid_loss", "val_accuracy": "accuracy"}),
    ],
)
def test_tables_of_known_writers(tmp_path, text, roles):
    run = read(tmp_path, text, "results.csv")
    assert [p for p in run.problems if p.severity != "info"] == []
    assert {len(s) for s in run.series.values()} == {4}
    found = resolve_roles(run).tags
    assert found | roles == found
    assert found["epoch"] == "epoch"
