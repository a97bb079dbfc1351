from __future__ import annotations

import pytest

from lrdiag.errors import RoleError
from lrdiag.roles.resolution import resolve_roles

RISING = [0.1, 0.5, 0.9]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (
            ["Loss/train", "Loss/val", "Accuracy/val", "lr"],
            {
                "train_loss": "Loss/train",
                "val_loss": "Loss/val",
                "val_accuracy": "Accuracy/val",
                "lr": "lr",
            },
        ),
        (  # Keras: names without a prefix are the training twins of val_ names
            ["loss", "val_loss", "acc", "val_acc", "learning_rate", "epoch"],
            {
                "train_loss": "loss",
                "val_loss": "val_loss",
                "train_accuracy": "acc",
                "val_accuracy": "val_acc",
                "lr": "learning_rate",
                "epoch": "epoch",
            },
        ),
        (  # bearpaw's table
            ["Learning Rate", "Train Loss", "Valid Loss", "Train Acc.", "Valid Acc."],
            {
                "lr": "Learning Rate",
                "train_loss": "Train Loss",
                "val_loss": "Valid Loss",
                "train_accuracy": "Train Acc.",
                "val_accuracy": "Valid Acc.",
            },
        ),
        (  # Lightning: the epoch value is judged by, the step value kept apart
            ["train_loss_step", "train_loss_epoch", "val_loss", "lr-Adam"],
            {
                "train_loss": "train_loss_epoch",
                "train_loss_step": "train_loss_step",
                "val_loss": "val_loss",
                "lr": "lr-Adam",
            },
        ),
        (  # Keras' TensorBoard callback, split in directory names
            ["train/epoch_loss", "validation/epoch_loss", "validation/epoch_accuracy"],
            {
                "train_loss": "train/epoch_loss",
                "val_loss": "validation/epoch_loss",
                "val_accuracy": "validation/epoch_accuracy",
            },
        ),
        (  # llm.c
            ["s", "trl", "tel", "lr"],
            {"train_loss": "trl", "val_loss": "tel", "lr": "lr"},
        ),
        (  # Ultralytics: precision and recall without a prefix are validation
            ["metrics/precision(B)", "metrics/recall(B)", "x/lr0"],
            {
                "val_precision": "metrics/precision(B)",
                "val_recall": "metrics/recall(B)",
                "lr": "x/lr0",
            },
        ),
        (
            ["train_loss", "recall_fraud"],
            {"train_loss": "train_loss", "val_recall/fraud": "recall_fraud"},
        ),
        (["loss", "ppl"], {"train_loss": "loss"}),
    ],
)
def test_names_that_people_log(make_run, tags, expected):
    assert resolve_roles(make_run(dict.fromkeys(tags, RISING))).tags == expected


@pytest.mark.parametrize(
    "tag",
    [
        "accumulated_steps",
        "val_MAPE",
        "learningRateDecayRatio",
        "hp_metric",
        "lr_decay",
        "time",
        "loss_scale",
        "bbox_mAP_copypaste",
        "weight_decay",
        "x" * 1_000_000,
    ],
)
def test_names_that_only_look_like_a_role(make_run, tag):
    assert resolve_roles(make_run({tag: RISING})).tags == {}


def test_every_param_group_is_kept(make_run):
    roles = resolve_roles(make_run({"x/lr0": RISING, "x/lr1": RISING, "x/lr2": RISING}))
    assert roles.lr_groups == ("x/lr0", "x/lr1", "x/lr2")


def test_ambiguity_is_said_with_the_option_that_settles_it(make_run):
    run = make_run({"val/box_loss": RISING, "val/cls_loss": RISING})
    roles = resolve_roles(run)
    assert roles.tags == {"val_loss": "val/box_loss"}
    assert "val/cls_loss" in roles.notes[0]
    assert "--role val_loss=TAG" in roles.notes[0]
    assert resolve_roles(run, {"val_loss": "val/cls_loss"}).notes == ()


def test_the_users_word_wins_and_patterns_work(make_run):
    run = make_run({"val_loss": RISING, "eval/nll": RISING})
    assert resolve_roles(run, {"val_loss": "eval/*"}).tags["val_loss"] == "eval/nll"


def test_a_role_for_an_absent_tag_is_said(make_run):
    roles = resolve_roles(make_run({"val_loss": RISING}), {"val_recall": "recall"})
    assert "val_recall" not in roles.tags
    assert "No tag matches 'recall'" in roles.notes[0]


def test_an_unknown_role_is_refused(make_run):
    with pytest.raises(RoleError, match="val_los"):
        resolve_roles(make_run({"val_loss": RISING}), {"val_los": "val_loss"})
