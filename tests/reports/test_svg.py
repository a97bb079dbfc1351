from __future__ import annotations

import dataclasses
import math
import re
import xml.etree.ElementTree as ET

import pytest

from lrdiag.findings import DropSummary, Finding, ReportCurve, RunReport, Severity, Status, Verdict
from lrdiag.reports.svg import chart, chart_file
from lrdiag.reports.svg_curves import line_path, proposed_points, thinned
from lrdiag.reports.svg_layout import LEFT, RIGHT, kind_of

SVG = "{http://www.w3.org/2000/svg}"


def parsed(run, points=300):
    return ET.fromstring(chart_file(run, points))


def with_class(root, name):
    return [e for e in root.iter() if name in e.get("class", "").split()]


def x_of(element):
    return float(re.match(r"M([\d.]+)", element.get("d"))[1])


def test_drops_stand_at_their_epochs(examples):
    drops = with_class(parsed(examples.run(sick=True)), "drop")
    expected = [LEFT + (RIGHT - LEFT) * m / 199 for m in examples.MILESTONES]
    assert [x_of(d) for d in drops] == pytest.approx(expected, abs=0.1)
    assert drops[0].find(f"{SVG}title").text == "drop at epoch 100: 0.1 → 0.01 (lr, logged)"


def test_segments_findings_best_and_noise_are_marked(examples):
    root = parsed(examples.run(sick=True))
    assert len(with_class(root, "segment")) == 1
    assert [e.get("class") for e in with_class(root, "lane") if e.tag == f"{SVG}rect"] == [
        "lane error", "lane warning",
    ]  # fmt: skip
    assert len(with_class(root, "best")) == 2
    assert len(with_class(root, "noise")) == 3
    assert len(with_class(root, "proposed")) == 2


def test_a_healthy_run_has_no_finding_and_no_proposal(examples):
    root = parsed(examples.run())
    assert not with_class(root, "lane")
    assert not with_class(root, "proposed")


def test_every_curve_is_drawn_with_its_extremes(examples):
    run = examples.run()
    spike = list(run.curves[1].value)
    spike[77] = 9.0
    tall = dataclasses.replace(run.curves[1], value=tuple(spike))
    run = dataclasses.replace(run, curves=(run.curves[0], tall))
    path = next(
        e for e in parsed(run, points=40).iter(f"{SVG}path") if e.get("data-name") == "val_loss"
    )
    numbers = [int(n) for n in re.findall(r"-?\d+", path.get("d"))]
    y, lowest = numbers[1], numbers[1]
    for step in numbers[3::2]:
        y += step
        lowest = min(lowest, y)
    # The spike is the top of the panel (104 pixels down) but for the margin.
    assert lowest < 1040 + 80


def test_gaps_break_the_line_and_are_marked():
    values = (1.0, 2.0, math.nan, None, 1.5, 1.0)
    curve = ReportCurve("val_loss", "t", tuple(range(6)), (None,) * 6, values)
    root = parsed(RunReport("r", Verdict.UNHEALTHY, curves=(curve,)))
    (path,) = [e for e in root.iter(f"{SVG}path") if e.get("data-name")]
    assert path.get("d").count("M") == 2
    assert len(with_class(root, "broken")) == 1


def test_a_run_without_a_finite_point_has_no_chart():
    curve = ReportCurve("val_loss", "t", (0, 1), (None, None), (math.nan, None))
    run = RunReport("r", Verdict.UNDECIDED, curves=(curve,))
    assert chart(run) == ""
    assert ET.fromstring(chart_file(run)).tag == f"{SVG}svg"


def test_one_point_is_drawn():
    curve = ReportCurve("val_loss", "t", (3,), (None,), (1.0,))
    assert "M" in chart(RunReport("r", Verdict.UNDECIDED, curves=(curve,)))


def test_hostile_names_stay_text(examples):
    for run in examples.hostile().runs:
        root = parsed(run)
        assert {e.tag.removeprefix(SVG) for e in root.iter()} <= {
            "svg", "style", "rect", "path", "text", "g", "title", "circle",
        }  # fmt: skip
        assert not [k for e in root.iter() for k in e.attrib if k.startswith("on") or "href" in k]


def test_an_exponential_decay_is_not_a_fence_of_lines(examples):
    drops = tuple(
        DropSummary(i, float(i), 0.9**i, 0.9 ** (i + 1), "lr", "logged") for i in range(60)
    )
    run = examples.run()
    schedule = dataclasses.replace(run.schedule, drops=drops)
    assert not with_class(parsed(dataclasses.replace(run, schedule=schedule)), "drop")


def test_places_without_an_epoch_are_put_by_their_step(examples):
    run = examples.run()
    late = Finding("loss-spike", Status.FAILED, Severity.WARNING, first_step=150, last_step=150)
    root = parsed(dataclasses.replace(run, findings=(late,)))
    (bar,) = [e for e in with_class(root, "lane") if e.tag == f"{SVG}rect"]
    assert float(bar.get("x")) == pytest.approx(LEFT + (RIGHT - LEFT) * 150 / 199, abs=1)


def test_the_proposal_comes_from_the_schedule_or_the_worst_finding(examples):
    sick = examples.run(sick=True)
    corners = proposed_points(sick)
    assert corners == [
        (0.0, 0.1), (100.0, 0.1), (100.0, pytest.approx(0.01)), (120.0, pytest.approx(0.01)),
        (120.0, pytest.approx(0.001)), (199.0, pytest.approx(0.001)),
    ]  # fmt: skip
    bare = dataclasses.replace(sick, schedule=dataclasses.replace(sick.schedule, proposed=None))
    assert proposed_points(bare) == corners
    assert proposed_points(examples.run()) == []


@pytest.mark.parametrize("proposed", [{"milestones": "soon"}, {"milestones": [None]}, {"gamma": 1}])
def test_a_proposal_that_makes_no_sense_is_not_drawn(examples, proposed):
    run = examples.run()
    schedule = dataclasses.replace(run.schedule, proposed=proposed)
    assert proposed_points(dataclasses.replace(run, schedule=schedule)) == []


def test_thinned_rates_keep_every_change(examples):
    lr = next(c for c in examples.run().curves if c.role == "lr")
    few = thinned(lr, 20)
    assert len(few.step) < 40
    assert {99, 100, 149, 150} <= set(few.step)


def test_paths_are_relative_tenths_of_a_pixel():
    assert line_path([(1.0, 2.0), (2.5, 1.0), (3.0, 1.0), (4.0, 1.0)]) == "M10 20l15-10 15 0"
    assert line_path([(1.0, 2.0)]) == "M10 20l1 0"
    assert line_path([]) == ""


@pytest.mark.parametrize(
    ("role", "kind"),
    [("lr", "lr"), ("train_loss_step", "loss"), ("val_loss", "loss"), ("val_auc", "score"),
     ("val_recall/fraud", "score"), ("grad_norm", ""), ("val_true_positives", "")],
)  # fmt: skip
def test_roles_have_their_panel(role, kind):
    assert kind_of(role) == kind
