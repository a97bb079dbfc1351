"""`lrdiag schedule` and `lrdiag schedule preview`."""

import json
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from lrdiag.cli.schedule import command
from lrdiag.errors import LrdiagError


@pytest.fixture
def log(tmp_path):
    rows = [f"{e},{0.1 if e < 10 else 0.01},{2.0 / (e + 1):.4f}" for e in range(20)]
    (tmp_path / "log.csv").write_text("epoch,lr,train_loss\n" + "\n".join(rows) + "\n")
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(command, [str(a) for a in arguments], catch_exceptions=False)


def test_a_log_is_told_with_segments_and_a_line_of_pytorch(log):
    result = run(log)
    assert result.exit_code == 0
    assert "lr 0.1" in result.output and "lr 0.01" in result.output
    assert "StepLR(optimizer, step_size=10, gamma=0.1)" in result.output
    assert "multistep, plateau" in result.output


def test_json_is_strict_and_has_the_drop(log):
    result = run(log, "--format", "json")
    found = json.loads(result.output, parse_constant=pytest.fail)
    assert [d["step"] for d in found["runs"][0]["drops"]] == [10]


def test_svg_is_well_formed(log, tmp_path):
    target = tmp_path / "picture.svg"
    assert run(log, "--format", "svg", "--output", target).exit_code == 0
    assert ElementTree.parse(target).getroot().tag.endswith("svg")


def test_the_configuration_is_compared(log):
    result = run(log, "--milestones", "15", "--gamma", "0.1", "--base-lr", "0.1", "--epochs", "20")
    assert "agreement with the configuration" in result.output


def test_a_folder_without_logs_is_undecided(tmp_path):
    assert run(tmp_path).exit_code == 3


def test_preview_shows_the_schedule_and_the_mistakes():
    result = run("preview", "--milestones", "30,60", "--epochs", "90", "--steps-per-epoch", "40")
    assert "0.1 from epoch 0, 0.01 from epoch 30, 0.001 from epoch 60" in result.output
    assert "stepped after every batch" in result.output and "forgotten" in result.output


def test_preview_says_which_milestones_never_come():
    result = run("preview", "--milestones", "30,120", "--epochs", "90", "--format", "json")
    first = json.loads(result.output)["previews"][0]
    assert first["unreached"] == [120] and first["drops"] == [30]


def test_preview_as_a_picture_has_a_legend():
    result = run("preview", "--step-size", "10", "--epochs", "30", "--format", "svg")
    assert "as configured" in result.output
    ElementTree.fromstring(result.output)


@pytest.mark.parametrize(
    "arguments",
    [("--milestones", "a,b", "--epochs", "5"), ("--epochs", "5"),
     ("--milestones", "3", "--unit", "step", "--epochs", "5", "--gamma", "-1")],
)  # fmt: skip
def test_preview_refuses_what_makes_no_sense(arguments):
    with pytest.raises(LrdiagError) as caught:
        run("preview", *arguments)
    assert caught.value.action


def test_a_preview_shows_by_step_how_soon_a_scheduler_stepped_every_batch_is_done():
    shown = "0.01 from step 30, 0.001 from step 60 (epoch 0.15 of 90); it stays there"
    result = run("preview", "--milestones", "30,60", "--epochs", "90", "--steps-per-epoch", "391")
    assert shown in result.output
