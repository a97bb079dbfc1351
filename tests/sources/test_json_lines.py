import json

import pytest

from lrdiag.sources.json_lines import JsonLinesSource
from lrdiag.sources.registry import log_sources


def write(tmp_path, records, name="log.json", end="\n"):
    path = tmp_path / name
    path.write_text("".join(json.dumps(r) + "\n" for r in records)[:-1] + end)
    return path


def read(path):
    assert JsonLinesSource().sniff(path, path.read_bytes()[:65_536])
    return JsonLinesSource().read([path], path.name)


def test_plain_records(tmp_path):
    run = read(write(tmp_path, [{"step": i, "loss": 1 / (i + 1), "lr": 0.1} for i in range(5)]))
    assert run.series["loss"].step.tolist() == list(range(5))
    assert run.series["loss"].line.tolist() == [1, 2, 3, 4, 5]
    assert run.problems == ()


def test_mmcv(tmp_path):
    records = [{"env_info": "x", "config": "lr_config = dict(step=[8, 11])"}]
    for epoch in (1, 2):
        records += [
            {"mode": "train", "epoch": epoch, "iter": i, "lr": 0.02, "loss": 1.0}
            for i in (50, 100, 150)
        ]
        records.append({"mode": "val", "epoch": epoch, "iter": 7, "lr": 0.02, "bbox_mAP": 0.1})
    run = read(write(tmp_path, records))
    assert run.series["train/loss"].step.tolist() == [50, 100, 150, 200, 250, 300]
    assert run.series["val/bbox_mAP"].step.tolist() == [150, 300]
    assert len(run.series["lr"]) == 8
    assert "lr_config" in run.texts[0]


def test_mmengine_validation_counts_in_epochs(tmp_path):
    records = []
    for epoch in (1, 2):
        for i in (10, 20):
            step = (epoch - 1) * 20 + i
            records.append({"lr": 0.1, "loss": 1.0, "epoch": epoch, "iter": step, "step": step})
        records.append({"accuracy/top1": 50.0 + epoch, "step": epoch})
    run = read(write(tmp_path, records, "scalars.json"))
    assert run.series["val/accuracy/top1"].step.tolist() == [20, 40]
    assert run.series["val/accuracy/top1"].superseded == 0


def test_detectron2_resumes_in_the_same_file(tmp_path):
    steps = [19, 39, 59, 79, 59, 79, 99]
    run = read(write(tmp_path, [{"iteration": s, "total_loss": 1.0, "lr": 0.1} for s in steps]))
    assert run.series["total_loss"].step.tolist() == [19, 39, 59, 79, 99]
    assert run.series["total_loss"].superseded == 2


def test_detr_without_index_is_counted_by_row(tmp_path):
    records = [{"train_lr": 1e-4, "train_loss": 2.0, "test_coco_eval_bbox": [0.1, 0.2]}] * 3
    run = read(write(tmp_path, records, "log.txt"))
    assert run.series["train_loss"].step.tolist() == [0, 1, 2]
    assert run.series["train_loss"].index == "row"
    assert run.series["test_coco_eval_bbox/1"].value.tolist() == [0.2] * 3


def test_nested_and_long_records(tmp_path):
    run = read(
        write(tmp_path, [{"epoch": i, "train": {"loss": 1.0}, "ok": True} for i in range(3)])
    )
    assert list(run.series) == ["train/loss", "epoch"]
    run = read(write(tmp_path, [{"step": i, "tag": "loss", "value": 0.5} for i in range(3)]))
    assert run.series["loss"].value.tolist() == [0.5] * 3


def test_nan_survives(tmp_path):
    run = read(write(tmp_path, [{"step": 0, "loss": 1.0}, {"step": 1, "loss": float("nan")}]))
    assert len(run.series["loss"]) == 2
    assert [p.kind for p in run.problems] == ["non-finite"]


def test_damaged_and_cut_lines(tmp_path):
    path = write(tmp_path, [{"step": i, "loss": 0.5} for i in range(5)])
    lines = path.read_text().split("\n")
    lines[2] = lines[2][:9]
    path.write_text("\n".join(lines)[:-4])
    run = read(path)
    assert run.series["loss"].step.tolist() == [0, 1, 3]
    assert [(p.kind, p.severity, p.line, p.lost) for p in run.problems] == [
        ("bad-line", "warning", 3, 1),
        ("incomplete-line", "info", 5, 1),
    ]


@pytest.mark.parametrize(
    "records",
    [
        [{"run_id": "a", "labels": ["healthy"], "lr": 0.1, "epochs": 26, "wd": 0.1}] * 3,
        [{"run": "a", "verdict": "fail", "loss": 0.3}] * 3,
        [{"model": "bert", "accuracy": 0.9}] * 3,
        [{"text": "hello", "id": 1}] * 3,
        [{"name": "x", "version": "1"}],
    ],
)
def test_labels_and_other_json_lines_are_no_logs(tmp_path, records):
    path = write(tmp_path, records, "truth.jsonl")
    assert not JsonLinesSource().sniff(path, path.read_bytes())


def test_label_lines_with_lists_are_no_history_either(tmp_path):
    path = tmp_path / "truth.jsonl"
    record = {"run_id": "a", "lr_changes": [[22, 0.3]], "evidence": {"test_loss": [0.1, 0.2]}}
    path.write_text((json.dumps(record) + "\n") * 2)
    assert [s.name for s in log_sources() if s.sniff(path, path.read_bytes())] == []


def test_the_summary_of_a_wandb_run_is_no_run(tmp_path):
    path = tmp_path / "wandb-summary.json"
    path.write_text(json.dumps({"epoch": 9, "loss": 0.3, "_step": 9}) + "\n")
    assert not JsonLinesSource().sniff(path, path.read_bytes())
