from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from lrdiag.errors import ReportError
from lrdiag.reports import registry
from lrdiag.reports.interface import ReportFormat


@pytest.fixture(autouse=True)
def _fresh():
    registry._formats.cache_clear()
    yield
    registry._formats.cache_clear()


@pytest.mark.parametrize("name", ["terminal", "term", "markdown", "md", "html", "json", "csv"])
def test_the_formats_of_the_design_are_there(name, examples):
    made = registry.report_format(name)
    assert isinstance(made, ReportFormat)
    assert name in registry.format_names()
    assert made.render(examples.healthy()).endswith("\n")


def test_every_format_renders_every_example_deterministically(examples):
    for name in registry.format_names():
        for report in (examples.healthy(), examples.sick(), examples.hostile()):
            made = registry.report_format(name)
            assert made.render(report) == made.render(report), name


def test_every_format_renders_an_empty_report(examples):
    from lrdiag.findings import HealthReport

    for name in registry.format_names():
        text = registry.report_format(name).render(HealthReport(()))
        assert text.endswith("\n"), name


def test_an_unknown_format_names_the_known_ones():
    with pytest.raises(ReportError, match=r"no report format 'pdf'.*html"):
        registry.report_format("pdf")


def test_options_a_format_does_not_know_are_left_out():
    assert registry.report_format("term", verbose=True, plots="files").verbose is True


class Shout:
    names = ("shout", "json")

    def render(self, report):
        return report.verdict.value.upper() + "\n"


def test_third_parties_add_formats_but_replace_none(monkeypatch, examples):
    entry = EntryPoint("shout", f"{__name__}:Shout", "lrdiag.reports")
    monkeypatch.setattr(EntryPoint, "load", lambda self: Shout)
    monkeypatch.setattr(registry, "installed", lambda group: [entry])
    assert registry.report_format("shout").render(examples.sick()) == "UNHEALTHY\n"
    assert registry.report_format("json").render(examples.sick()).startswith("{")


def test_a_broken_third_party_is_named(monkeypatch):
    entry = EntryPoint("broken", "no_such_module:Format", "lrdiag.reports")
    monkeypatch.setattr(registry, "installed", lambda group: [entry])
    with pytest.raises(ReportError, match=r"'broken'.*no_such_module"):
        registry.report_format("no-such")
