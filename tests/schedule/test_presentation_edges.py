"""A schedule in words and as data."""

import json
import math

import numpy as np
import pytest

from lrdiag.axes import EpochAxis
from lrdiag.runs import Series
from lrdiag.schedule.infer import infer_schedule
from lrdiag.schedule.presentation import data_of, lines_of, strict
from lrdiag.schedule.values import (
    Agreement,
    Change,
    ChangeSource,
    Clock,
    ConfiguredSchedule,
    Family,
    GroupSchedule,
    Schedule,
    Segment,
)

NAN = float("nan")
EPOCHS = EpochAxis(np.array([0, 100]), np.array([0.0, 100.0]), "step is epoch")


def told(schedule, lr=None):
    return list(lines_of("run", schedule, lr or {}))


def group(name="lr", changes=(), family="multistep", points=9):
    return GroupSchedule(name, changes, Family(family, {}), points)


def test_nothing_known_is_said():
    assert told(Schedule()) == ["run", "  No learning rate was logged and none is configured."]


def test_a_family_is_told_with_its_numbers():
    family = Family("multistep", {"base_lr": 0.1, "milestones": [30, 60], "parts": 3}, True,
                    ("plateau", "step"), "scheduler = X")  # fmt: skip
    assert told(Schedule(groups=(group(),), family=family))[1:5] == [
        "  family: multistep: base_lr 0.1, milestones [30, 60]",
        "  this log would be the same under: plateau, step",
        "  PyTorch: scheduler = X",
        "  drops: 0, rises: 0",
    ]


@pytest.mark.parametrize(("exact", "groups", "doubt"), [
    (True, True, False), (False, True, True), (False, False, False),
])  # fmt: skip
def test_a_family_that_does_not_rebuild_the_log_is_told_as_the_nearest(exact, groups, doubt):
    drop = Change(3, 3.0, 0.1, 0.01)
    schedule = Schedule((group(),) if groups else (), (drop,), family=Family("x", {}, exact))
    assert ("does not rebuild" in told(schedule)[1]) is doubt
    assert told(schedule)[1].startswith("  family: x")


@pytest.mark.parametrize(("count", "cut"), [(12, False), (13, True)])
def test_long_lists_are_cut_at_twelve(count, cut):
    family = Family("manual", {"points": list(range(1, count + 1))}, True)
    line = told(Schedule((group(),), family=family))[1]
    assert ("…" in line) is cut
    assert line.endswith(f"11, 12, … {count} values]" if cut else "11, 12]")


def test_segments_are_told_with_their_last_step_and_rates():
    drops = (Change(10, 1.0, 0.1, 0.01), Change(20, 1.0, 0.01, NAN, source=ChangeSource.CONFIGURED))
    rises = (Change(30, 1.0, 0.01, 0.1),)
    segments = (Segment(0, 10, 0.1, 0.1), Segment(10, 20, 0.1, 0.05), Segment(20, 21, NAN, NAN))
    assert told(Schedule((group(),), drops, rises, segments, Family("x", {}, True)))[2:6] == [
        "  drops: 2, rises: 1 (configured, logged)",
        "    steps 0 to 9: lr 0.1",
        "    steps 10 to 19: lr 0.1 to 0.05",
        "    steps 20 to 20: rate unknown",
    ]


@pytest.mark.parametrize(("count", "more"), [(40, 0), (41, 1), (99, 59)])
def test_many_segments_are_told_as_a_number(count, more):
    segments = tuple(Segment(k, k + 1, 0.1, 0.1) for k in range(count))
    lines = [x for x in told(Schedule((group(),), segments=segments)) if x.startswith("    ")]
    assert len(lines) == 40 + bool(more)
    if more:
        assert lines[-1] == f"    … and {more} more segments"


def test_param_groups_are_told_where_there_are_several():
    drop = Change(3, 3.0, 0.1, 0.01, group="b")
    both = (group("a", (), "constant"), group("b", (drop,)))
    lines = told(Schedule(both, (drop,), family=Family("x", {}, True)))
    assert "  param group a: constant, 0 changes" in lines
    assert "  param group b (main): multistep, 1 changes" in lines
    assert not any("param group" in x for x in told(Schedule(both[:1])))


def test_agreement_mistake_remedy_and_references():
    agreement = Agreement("stepped_per_batch", message="So.", mistake="In the loop.",
                          remedy="Move it:\n    step()", references=("a/b#1", "c/d#2"))  # fmt: skip
    assert told(Schedule((group(),), agreements=(agreement,), notes=("A note.",)))[3:] == [
        "  agreement with the configuration: stepped per batch. So.",
        "    likely mistake: In the loop.",
        "    to change: Move it:",
        "        step()",
        "    known from: a/b#1, c/d#2",
        "  note: A note.",
    ]
    (line,) = told(Schedule((group(),), agreements=(Agreement("matches", message="Yes."),)))[3:]
    assert line == "  agreement with the configuration: matches. Yes."


def lr(*values):
    return Series("lr", np.arange(len(values)), np.full(len(values), NAN), np.array(values))


@pytest.mark.parametrize(("series", "drawn"), [
    ({"lr": lr(0.1, 0.1, 0.01)}, True), ({"lr": lr(0.1, 0.01)}, True), ({"lr": lr(0.1)}, False),
    ({"lr": lr(0.1, NAN, 0.01)}, True), ({"other": lr(0.1, 0.01)}, False),
])  # fmt: skip
def test_the_first_group_is_drawn(series, drawn):
    lines = told(Schedule((group(), group("other"))), series)
    assert any("█" in line for line in lines) is drawn
    assert sum("┤" in line for line in lines) == (9 if drawn else 0)


# As data


def test_a_schedule_as_data():
    drop = Change(10, None, 0.1, NAN, "g", ChangeSource.FROM_LOSS, 0.9, True)
    rise = Change(20, 2.0, 0.1, 0.2)
    family = Family("step", {"gamma": np.float64(0.1), "points": (1, 2)}, True, ("multistep",),
                    "line", Clock(2.0, 1.0, True))  # fmt: skip
    configured = ConfiguredSchedule("step", (), 3, 0.1, 0.2, "step", 9, origin="o")
    schedule = Schedule((group("g", (drop,), points=7),), (drop,), (rise,),
                        (Segment(0, 10, 0.1, NAN),), family, True, configured,
                        (Agreement("late", "r", "m", "x", "y", ("z",), first_step=1, last_step=2),),
                        ("n",))  # fmt: skip
    found = json.loads(json.dumps(data_of("run", schedule), allow_nan=False))
    assert found["run"] == "run" and found["family"] == "step" and found["exact"] is True
    assert found["parameters"] == {"gamma": 0.1, "points": [1, 2]}
    assert (found["equivalent"], found["pytorch"], found["smooth"]) == (["multistep"], "line", True)
    assert found["clock"] == {"tick": 2.0, "origin": 1.0, "floor": True}
    assert found["drops"] == [{
        "step": 10, "epoch": None, "from": 0.1, "to": None, "group": "g", "source": "from_loss",
        "probability": 0.9, "at_restart": True,
    }]  # fmt: skip
    assert [r["to"] for r in found["rises"]] == [0.2]
    assert found["segments"] == [
        {"first_step": 0, "end_step": 10, "first_lr": 0.1, "last_lr": None}
    ]
    (one,) = found["groups"]
    assert (one["group"], one["family"], one["points"], len(one["changes"])) == (
        "g", "multistep", 7, 1,
    )  # fmt: skip
    assert found["configured"] == {
        "family": "step", "milestones": [], "step_size": 3, "gamma": 0.1, "base_lr": 0.2,
        "unit": "step", "epochs": 9, "origin": "o",
    }  # fmt: skip
    assert found["agreements"] == [{
        "kind": "late", "rule": "r", "message": "m", "mistake": "x", "remedy": "y",
        "references": ["z"], "first_step": 1, "last_step": 2, "confidence": None,
        "equivalent": [],
    }]  # fmt: skip
    assert found["notes"] == ["n"]
    assert data_of("run", Schedule())["configured"] is None


@pytest.mark.parametrize(("value", "plain"), [
    (NAN, None), (math.inf, None), (1.5, 1.5), (np.float64("nan"), None), (np.int64(3), 3),
    ((1, NAN), [1, None]), ({1: (2,)}, {"1": [2]}), ("x", "x"), (True, True), (None, None),
])  # fmt: skip
def test_data_are_strict_json(value, plain):
    assert strict(value) == plain


def test_the_words_of_an_inferred_schedule_agree_with_its_data():
    rates = np.where(np.arange(60) < 30, 0.1, 0.01)
    series = Series("lr", np.arange(60), np.full(60, NAN), rates)
    schedule = infer_schedule({"lr": series}, EPOCHS)
    lines = told(schedule, {"lr": series})
    assert "    steps 0 to 29: lr 0.1" in lines and "    steps 30 to 59: lr 0.01" in lines
    assert [d["step"] for d in data_of("r", schedule)["drops"]] == [30]


def test_what_a_log_cannot_tell_from_a_mistake_is_told():
    agreement = Agreement("stepped_per_batch", message="So.", equivalent=("epochs_for_steps",))
    lines = told(Schedule((group(),), agreements=(agreement,)))
    assert any(line.startswith("    the log would be the same if: Milestones") for line in lines)


def test_a_possible_change_seen_in_the_loss_alone_is_told():
    assert told(Schedule(notes=("Perhaps at step 9.",)))[-1] == "  note: Perhaps at step 9."
