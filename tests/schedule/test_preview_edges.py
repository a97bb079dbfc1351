"""The preview of a configured schedule, in words and as data."""

import numpy as np
import pytest

from lrdiag.errors import ScheduleError
from lrdiag.runs import Series
from lrdiag.schedule.configured import from_options, from_params
from lrdiag.schedule.presentation import lines_of, preview_lines
from lrdiag.schedule.preview import Preview, preview

NAN = float("nan")


def told(schedule, lr=None):
    return list(lines_of("run", schedule, lr or {}))


def lr(*values):
    return Series("lr", np.arange(len(values)), np.full(len(values), NAN), np.array(values))


# The preview of a configured schedule


def shown(**options):
    return {p.kind: p for p in preview(from_options(**options))}


def test_each_mistake_is_previewed_with_its_rates():
    found = shown(milestones=[4, 8], gamma=0.5, epochs=10, steps_per_epoch=3, base_lr=1.0)
    rates = {kind: p.rate.tolist() for kind, p in found.items()}
    assert rates == {
        "as_configured": [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25],
        "never_stepped": [1] * 10,
        # Ticks 0, 3, 6, 9 …: past 4 from epoch 2 on, past 8 from epoch 3 on.
        "stepped_per_batch": [1, 1, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25],
        "stepped_twice": [1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25],
        "early": [1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25],
        "gamma_applied_twice": [1, 1, 1, 1, 0.25, 0.25, 0.25, 0.25, 0.0625, 0.0625],
        # Begun anew at epoch 5, so that the next drop comes at epoch 9.
        "reset_on_resume": [1, 1, 1, 1, 0.5, 1, 1, 1, 1, 0.5],
    }
    assert {k: p.drops for k, p in found.items()} == {
        "as_configured": (4, 8), "never_stepped": (), "stepped_per_batch": (2, 3),
        "stepped_twice": (2, 4), "early": (3, 7), "gamma_applied_twice": (4, 8),
        "reset_on_resume": (4, 9),
    }  # fmt: skip
    assert [k for k, p in found.items() if not p.mistake] == ["as_configured"]


def test_a_schedule_in_steps_is_previewed_as_stepped_once_an_epoch():
    found = shown(milestones=[6], gamma=0.5, epochs=5, steps_per_epoch=3, base_lr=1.0, unit="step")
    assert found["as_configured"].rate.tolist() == [1, 1, 0.5, 0.5, 0.5]
    assert found["steps_for_epochs"].rate.tolist() == [1] * 5
    assert "stepped_per_batch" not in found


def test_without_steps_an_epoch_mistakes_of_the_unit_cannot_be_shown():
    found = shown(milestones=[3], epochs=5)
    assert set(found) == {
        "as_configured", "never_stepped", "stepped_twice", "early", "gamma_applied_twice",
        "reset_on_resume",
    }  # fmt: skip
    assert found["as_configured"].rate[0] == 0.1


@pytest.mark.parametrize(("options", "beyond"), [
    ({"milestones": [4, 5, 6], "epochs": 5}, (5, 6)),
    ({"milestones": [4, 5, 6], "epochs": 5, "steps_per_epoch": 3}, (5, 6)),
    ({"milestones": [14, 15], "epochs": 5, "steps_per_epoch": 3, "unit": "step"}, (15,)),
    ({"step_size": 5, "epochs": 5}, (5,)),
    ({"step_size": 4, "epochs": 5}, ()),
    ({"gamma": 0.5, "epochs": 5}, ()),
])  # fmt: skip
def test_milestones_at_or_beyond_the_end_are_unreached(options, beyond):
    found = shown(**options)
    assert found["as_configured"].unreached == beyond
    assert all(p.unreached == () for k, p in found.items() if k != "as_configured")


@pytest.mark.parametrize(("configured", "word"), [
    (from_options([3]), "number of epochs"),
    (from_options([3], epochs=0), "number of epochs"),
    (from_options([3], epochs=1_000_001), "number of epochs"),
    (from_params({"scheduler": "CosineAnnealingLR", "epochs": 5}, ""), "lacks parameters"),
    (from_options([300], unit="step", epochs=5), "need the steps of an epoch"),
])  # fmt: skip
def test_what_cannot_be_previewed_says_what_is_missing(configured, word):
    with pytest.raises(ScheduleError) as caught:
        preview(configured)
    assert word in caught.value.what and caught.value.action


def test_a_million_epochs_are_the_most():
    assert len(preview(from_options([3], epochs=1_000_000))[0].rate) == 1_000_000


def test_a_preview_in_words():
    found = preview(from_options([2, 9], gamma=0.5, epochs=5, base_lr=1.0))
    lines = list(preview_lines(found[:2]))
    assert lines[:6] == [
        "as configured:",
        "  never reached: 9 (at or beyond the end)",
        "  1 from epoch 0, 0.5 from epoch 2",
        "scheduler.step() forgotten:",
        "  1 from epoch 0",
        f"  {found[1].mistake}",
    ]
    assert lines[6].startswith("  known from: ")
    assert "█" in lines[7]


@pytest.mark.parametrize(("count", "listed"), [(8, True), (9, False)])
def test_more_than_eight_drops_are_told_as_a_number(count, listed):
    item = Preview("as_configured", "t", np.geomspace(1, 0.1, 20), tuple(range(1, count + 1)))
    line = list(preview_lines((item,)))[1]
    assert line == "  9 drops, from 1 to 0.1" if not listed else line.count("from epoch") == 9


def test_a_smooth_schedule_is_previewed_too():
    config = {"scheduler": {"name": "ExponentialLR", "gamma": 0.5}, "epochs": 4, "lr": 1.0}
    (first, *_) = preview(from_params(config, ""))
    assert first.rate.tolist() == [1, 0.5, 0.25, 0.125] and first.drops == (1, 2, 3)


def test_a_rise_in_a_preview_is_told_too():
    found = preview(from_options([2], gamma=0.5, epochs=8, base_lr=1.0))
    (reset,) = (p for p in found if p.kind == "reset_on_resume")
    told = list(preview_lines((found[0], reset)))
    assert "  1 from epoch 0, 0.5 from epoch 2, 1 from epoch 4, 0.5 from epoch 6" in told


def test_what_counts_steps_has_no_start_of_an_epoch_to_be_stepped_at():
    found = shown(milestones=[6], gamma=0.5, epochs=5, steps_per_epoch=3, base_lr=1.0, unit="step")
    assert "early" not in found
    assert found["stepped_twice"].title == "stepped twice after every batch"


def test_milestones_that_look_like_steps_are_told_as_such():
    lines = list(preview_lines(preview(from_options([40, 80], epochs=30, steps_per_epoch=4))))
    assert "  never reached: 40, 80 (at or beyond the end)" in lines
    lines = list(preview_lines(preview(from_options([60, 100], epochs=30, steps_per_epoch=4))))
    assert (
        "  never reached: 60, 100 (at or beyond the end). Taken for steps (4 an epoch) they would "
        "be epoch(s) 15, 25."
    ) in lines


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
def test_a_base_rate_that_is_none_is_refused(rate):
    with pytest.raises(ScheduleError, match="no learning rate"):
        from_options([3], epochs=9, base_lr=rate)
