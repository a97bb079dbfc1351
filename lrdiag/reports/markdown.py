"""Markdown for pull requests, wikis and merge requests: GitHub's and GitLab's dialect."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from lrdiag.findings import Finding, HealthReport, Problem, RunReport, Status, Verdict
from lrdiag.reports import wording
from lrdiag.reports.escaping import (
    markdown_code,
    markdown_name,
    markdown_text,
    markup,
    name_text,
)
from lrdiag.reports.sparkline import markers, sparkline
from lrdiag.reports.svg import chart_file
from lrdiag.run_names import run_name

_SIGN = {
    Verdict.HEALTHY: "🟢", Verdict.WARNING: "🟡", Verdict.UNHEALTHY: "🔴", Verdict.UNDECIDED: "⚪",
}  # fmt: skip
# Runs shown without a click; further ones are folded.
OPEN_RUNS = 3
# A summary table over more runs than this lists the worst and counts the rest.
TABLE_RUNS = 100
DETAILED_RUNS = 50


@dataclass(frozen=True, slots=True)
class MarkdownFormat:
    """The report as Markdown.

    `plots`: "text" (curves as lines of blocks, shown everywhere), "files" (SVG pictures beside
    the report: `plot_files` gives them, `plots_folder` is the folder the report links to) or
    "embedded" (SVG as data URIs in one file: editors, notebooks and static sites show them,
    GitHub shows no data URIs).
    """

    names: ClassVar[tuple[str, ...]] = ("markdown", "md")
    plots: str = "text"
    plots_folder: str = "plots"

    def render(self, report: HealthReport) -> str:
        """Markdown in which no name or message of a log is markup."""
        return "\n".join(_Page(self.plots, self.plots_folder).lines(report)).rstrip() + "\n"

    def plot_files(self, report: HealthReport) -> Mapping[str, str]:
        """File name to SVG text, to be written into `plots_folder`; empty unless "files".

        File names are numbers: nothing of a log gets into a path.
        """
        if self.plots != "files":
            return {}
        shown = _detailed(report)
        return {_plot_name(i): chart_file(run) for i, run in enumerate(shown, 1) if run.curves}


def _detailed(report: HealthReport) -> list[RunReport]:
    return wording.worst_first(report.runs)[:DETAILED_RUNS]


def _plot_name(number: int) -> str:
    return f"run-{number:03}.svg"


@dataclass(frozen=True, slots=True)
class _Page:
    """A page, and where the pictures beside it are."""

    plots: str
    plots_folder: str

    def lines(self, report: HealthReport) -> Iterator[str]:
        """The page, line by line."""
        sign = _SIGN[report.verdict]
        yield from (f"# {sign} Training health: {report.verdict.value}", "")
        yield from (f"**{wording.sentence(wording.headline(report))}**", "")
        yield from _actions(report)
        if len(report.runs) > 1:
            yield from _table(report)
        yield from self._runs(report)
        yield from _problems(report)
        for note in report.notes:
            yield from (markdown_text(note), "")

    def _runs(self, report: HealthReport) -> Iterator[str]:
        detailed = _detailed(report)
        for number, run in enumerate(detailed, 1):
            bad = run.verdict in (Verdict.UNHEALTHY, Verdict.WARNING)
            if len(report.runs) == 1 or (bad and number <= OPEN_RUNS):
                yield from (f"## {_SIGN[run.verdict]} {markdown_name(run_name(run))}", "")
                yield from self._run(run, number)
            else:
                name = markup(name_text(run_name(run)))
                title = f"{_SIGN[run.verdict]} {name} – {run.verdict.value}"
                yield from (f"<details><summary>{title}</summary>", "")
                yield from self._run(run, number)
                yield from ("</details>", "")
        left = len(report.runs) - len(detailed)
        if left > 0:
            yield from (f"{wording.count(left, 'further run')} in the HTML and JSON reports.", "")

    def _run(self, run: RunReport, number: int) -> Iterator[str]:
        yield from (wording.sentence(wording.run_headline(run)), "")
        yield from self._plot(run, number)
        yield f"- **Schedule:** {markdown_text(wording.schedule_line(run))}"
        line, reason = wording.proposal(run)
        if line:
            yield f"- **Schedule to try:** {markdown_code(line)}"
            if reason:
                yield f"  - {markdown_text(reason)}"
        best = wording.best_checkpoint(run)
        if best:
            yield f"- **Best checkpoint:** {markdown_text(best)}"
        roles = [f"{role} = {markdown_name(tag)}" for role, tag in run.roles.items()]
        if roles:
            yield f"- **Tags:** {', '.join(roles)}"
        yield from (f"- {markdown_text(note)}" for note in run.role_notes)
        yield ""
        for finding in run.failed:
            yield from _finding(finding)
        yield from _other_findings(run)

    def _plot(self, run: RunReport, number: int) -> Iterator[str]:
        if not run.curves:
            return
        if self.plots == "files":
            yield from (f"![Curves of run {number}]({self.plots_folder}/{_plot_name(number)})", "")
        elif self.plots == "embedded":
            data = base64.b64encode(chart_file(run).encode()).decode()
            yield from (f"![Curves of run {number}](data:image/svg+xml;base64,{data})", "")
        else:
            yield from _text_plot(run)


def _text_plot(run: RunReport) -> Iterator[str]:
    curves = {c.role: c for c in run.curves if len(c.step) > 1}
    shown = [r for r in ("lr", "train_loss", "val_loss", "val_accuracy") if r in curves]
    if not shown:
        return
    yield "```text"
    for role in shown:
        value = curves[role].value
        ends = f"{wording.number(value[0])} → {wording.number(value[-1])}"
        yield f"{role:<13}{sparkline(curves[role], 60, log=role == 'lr')}  {ends}"
    if run.schedule and run.schedule.drops:
        marks = markers([d.step for d in run.schedule.drops], curves[shown[0]], 60)
        yield f"{'drops':<13}{marks}"
    yield from ("```", "")


def _actions(report: HealthReport) -> Iterator[str]:
    actions = wording.next_actions(report)
    if not actions:
        return
    yield from ("**What to do**", "")
    for number, action in enumerate(actions, 1):
        runs = f" ({markdown_text(wording.action_runs(action))})" if len(report.runs) > 1 else ""
        yield f"{number}. **{action.rule}**{runs}: {markdown_text(wording.action_text(action))}"
    yield ""


def _table(report: HealthReport) -> Iterator[str]:
    yield from ("| | Run | Verdict | Failed | Best checkpoint |", "|---|---|---|---|---|")
    runs = wording.worst_first(report.runs)
    for run in runs[:TABLE_RUNS]:
        rules = markdown_text(wording.failed_rules(run) or "–")
        best = markdown_text(wording.best_checkpoint(run) or "–")
        name = markdown_name(run_name(run), 80)
        cells = (_SIGN[run.verdict], name, run.verdict.value, rules, best)
        yield f"| {' | '.join(cells)} |"
    yield ""
    if len(runs) > TABLE_RUNS:
        rest = runs[TABLE_RUNS:]
        more = wording.count(len(rest), "more run")
        yield from (f"And {more}: {wording.verdict_counts(rest)}.", "")


def _finding(finding: Finding) -> Iterator[str]:
    place = wording.where(finding)
    head = f"### {finding.severity.value}: {markdown_text(wording.title(finding))}"
    yield from (f"{head}, {place}" if place else head, "")
    yield from (markdown_text(finding.message or finding.summary), "")
    for text in (wording.measured(finding), wording.certainty(finding), *finding.evidence):
        if text:
            yield f"- {markdown_text(wording.capital(text))}"
    if finding.tags:
        yield f"- Tags: {', '.join(markdown_name(tag) for tag in finding.tags[:6])}"
    if finding.remedy:
        yield f"- **Do:** {markdown_text(finding.remedy)}"
    yield ""


def _other_findings(run: RunReport) -> Iterator[str]:
    passed = wording.passed_rules(run)
    undecided = wording.with_status(run, Status.NOT_JUDGED, Status.ERROR)
    accepted = wording.accepted(run)
    if run.failed and (passed or undecided or accepted):
        yield from ("### Other rules", "")
    if passed:
        yield f"- **Passed:** {', '.join(passed)}"
    for reason, rules in wording.by_reason(undecided):
        yield f"- **Not judged:** {', '.join(rules)}: {markdown_text(reason)}"
    for what, why in accepted:
        yield f"- **Accepted:** {markdown_text(what)} **Why:** {markdown_text(why)}"
    yield ""


def _problems(report: HealthReport) -> Iterator[str]:
    problems = [*report.problems, *(p for run in report.runs for p in run.problems)]
    if not problems:
        return
    yield from ("## Problems with the logs", "")
    yield from ("| Severity | File | Place | What |", "|---|---|---|---|")
    for problem in problems[:TABLE_RUNS]:
        yield _problem_row(problem)
    if len(problems) > TABLE_RUNS:
        yield f"\n{wording.count(len(problems) - TABLE_RUNS, 'more problem')} in the JSON report."
    yield ""


def _problem_row(problem: Problem) -> str:
    place = wording.problem_place(problem) or "–"
    lost = f" {wording.count(problem.lost, 'record')} lost." if problem.lost else ""
    what = markdown_text(f"{problem.message}{lost} {problem.action}".strip())
    return f"| {problem.severity} | {markdown_name(problem.file)} | {place} | {what} |"
