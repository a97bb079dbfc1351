"""Reports as the cache stores them: they come back exactly, or not at all."""

import pytest

from lrdiag.findings import (
    DropSummary,
    Finding,
    MetricSummary,
    Problem,
    ReportCurve,
    RunReport,
    ScheduleSummary,
    SegmentSummary,
    SeriesSummary,
    Severity,
    SourceSummary,
    Status,
    Verdict,
)
from lrdiag.fleet.records import InexactError, decode, encode


def full_report():
    return RunReport(
        run="a/\N{GRINNING FACE}\udcff\x1b",
        verdict=Verdict.UNHEALTHY,
        sources=(SourceSummary("a.csv", "table", 3),),
        roles={"lr": "lr"},
        role_notes=("note",),
        series={"lr": SeriesSummary(3, 0, None, 1)},
        schedule=ScheduleSummary(
            "multistep",
            {"milestones": [1, 2], "pair": (1, 2.5)},
            drops=(DropSummary(1, None, 0.1, float("nan"), "lr", "logged", efficacy={"x": (1,)}),),
            segments=(SegmentSummary(0, 1, 0.1),),
            configured={"gamma": 0.1},
        ),
        metrics={"val_loss": MetricSummary(1.0, float("inf"), None, 3, None, 4)},
        findings=(
            Finding(
                "r", Status.FAILED, Severity.ERROR, interval=(0.1, 0.2), suggested={"a": {"b": [1]}}
            ),
        ),
        problems=(Problem("f", "k", "info", "m", lost=1),),
        curves=(ReportCurve("lr", "lr", (1, 2), (None, 1.0), (0.1, None)),),
        params={"deep": [{"x": None, "t": (True, "s")}]},
    )


def test_reports_come_back_exactly():
    report = full_report()
    again = decode(encode(report))
    assert repr(again) == repr(report)
    assert type(again.findings[0].status) is Status


def test_what_json_would_change_is_not_stored():
    import datetime

    for odd in (datetime.date.today(), {1: 2}, {1, 2}):
        with pytest.raises(InexactError):
            encode(RunReport("a", Verdict.HEALTHY, params={"odd": odd}))


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b"null", b"[" * 100_000, b"\xff"])
def test_other_json_is_no_report(data):
    with pytest.raises(ValueError):
        decode(data)
