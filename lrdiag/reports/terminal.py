"""Terminal: verdict first, then what to do, then each run; plain text with optional colours.

The text is laid out here rather than with rich: importing rich costs about 140 ms, as much as
reading a small log, and its markup has to be kept away from tags such as `loss[/train]`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from lrdiag.findings import Finding, HealthReport, Problem, RunReport, Severity, Status, Verdict
from lrdiag.reports import wording
from lrdiag.reports.columns import Table, cut, cut_middle, wrap
from lrdiag.reports.escaping import name_text, prose
from lrdiag.reports.short_names import short_names
from lrdiag.reports.sparkline import markers, sparkline
from lrdiag.reports.terminal_plot import terminal_plot
from lrdiag.run_names import run_name

# More runs than this get one line each; details on request.
MANY_RUNS = 8
_COLOURS = {
    "healthy": "32", "warning": "33", "unhealthy": "31;1", "undecided": "36",
    "error": "31;1", "note": "36", "heading": "1", "quiet": "2",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TerminalFormat:
    """The report as text for a terminal.

    `verbose`: every run in full, the rules that passed and those not judged one by one, roles,
    and a plot. `colour`: ANSI colours; off for pipes and
    under NO_COLOR. `width`: columns to wrap at, at least 40.
    """

    names: ClassVar[tuple[str, ...]] = ("terminal", "term")
    verbose: bool = False
    colour: bool = False
    width: int = 80

    def render(self, report: HealthReport) -> str:
        """The text; no character in it moves the cursor."""
        lines = list(_Page(self.verbose, self.colour, max(self.width, 40)).lines(report))
        return "\n".join(line.rstrip() for line in lines) + "\n"


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of a width in characters."""

    verbose: bool
    colour: bool
    width: int

    def lines(self, report: HealthReport) -> Iterator[str]:
        """The page, line by line, with the codes of its colours."""
        yield from self._verdict(report)
        yield from self._actions(report)
        if len(report.runs) > MANY_RUNS and not self.verbose:
            yield from self._table(report)
        else:
            for run in wording.worst_first(report.runs):
                yield from self._run(run, alone=len(report.runs) == 1)
        yield from self._not_judged(report)
        yield from self._problems(report)
        if report.notes:
            yield ""
        for note in report.notes:
            yield from self._wrap(note, 2, "  ")

    def _style(self, text: str, kind: str) -> str:
        return f"\x1b[{_COLOURS[kind]}m{text}\x1b[0m" if self.colour else text

    def _wrap(self, text: str, indent: int, label: str = "") -> Iterator[str]:
        """Text from column `indent`; `label` stands in the indent of the first line."""
        room = max(self.width - indent, 20)
        pieces = wrap(prose(text), room)
        yield f"{label:<{indent}}{pieces[0]}"
        yield from (" " * indent + piece for piece in pieces[1:])

    def _verdict(self, report: HealthReport) -> Iterator[str]:
        word = report.verdict.value.upper()
        label = self._style(word, report.verdict.value) + "  "
        yield from self._wrap(wording.headline(report), len(word) + 2, label)

    def _actions(self, report: HealthReport) -> Iterator[str]:
        actions = wording.next_actions(report)
        if not actions:
            return
        yield ""
        yield self._style("What to do", "heading")
        for number, action in enumerate(actions, 1):
            many = f" ({wording.action_runs(action)})" if len(report.runs) > 1 else ""
            text = f"{action.rule}{many}: {wording.action_text(action)}"
            yield from self._wrap(text, 5, f"  {number}.")

    def _run(self, run: RunReport, *, alone: bool) -> Iterator[str]:
        yield ""
        mark = self._style(wording.MARK[run.verdict], run.verdict.value)
        name = self._style(cut(name_text(run_name(run)), self.width - 13), "heading")
        yield f"{mark} {name}  {run.verdict.value}"
        if not alone:
            yield f"  {wording.run_headline(run)}"
        yield from self._curves(run)
        yield from self._wrap(wording.schedule_line(run), 13, "  schedule")
        line, reason = wording.proposal(run)
        code, _, comment = line.partition("  # ")  # apart, so that no line to paste is broken
        for text in (code, comment and f"# {comment}", reason):
            if text:
                yield from self._wrap(text, 13, "  try next" if text is code else "")
        best = wording.best_checkpoint(run)
        if best:
            yield from self._wrap(best, 13, "  best")
        if self.verbose:
            yield from self._roles(run)
        for finding in run.failed:
            yield from self._finding(finding)
        for what, why in wording.accepted(run):
            yield ""
            yield from self._wrap(what, 11, "  accepted ")
            yield from self._wrap(why, 17, " " * 11 + "why:")
        if self.verbose:
            yield from self._details(run)

    def _curves(self, run: RunReport) -> Iterator[str]:
        curves = {c.role: c for c in run.curves if len(c.step) > 1}
        drawn = terminal_plot(run, self.width - 2, colour=self.colour) if self.verbose else []
        if drawn:
            yield from (f"  {line}" for line in drawn)
            return
        shown = [r for r in ("lr", "train_loss", "val_loss", "val_accuracy") if r in curves]
        room = max(min(self.width - 36, 48), 8)
        for role in shown:
            line = sparkline(curves[role], room, log=role == "lr")
            yield f"  {role:<13}{line}  {self._ends(run, role)}"[: self.width]
        drops = run.schedule.drops if run.schedule else ()
        if shown and drops:
            marks = markers([d.step for d in drops], curves[shown[0]], room)
            yield f"  {'drops':<13}{marks}"

    def _ends(self, run: RunReport, role: str) -> str:
        curve = next(c for c in run.curves if c.role == role)
        return f"{wording.number(curve.value[0])} → {wording.number(curve.value[-1])}"

    def _roles(self, run: RunReport) -> Iterator[str]:
        pairs = [f"{role} = {name_text(tag, 60)}" for role, tag in run.roles.items()]
        if pairs:
            yield from self._wrap(", ".join(pairs), 13, "  roles")
        for note in run.role_notes:
            yield from self._wrap(note, 13)

    def _finding(self, finding: Finding) -> Iterator[str]:
        label = self._style(f"{finding.severity.value:<8}", _severity_style(finding.severity))
        place = wording.where(finding)
        yield ""
        title = f"{name_text(wording.title(finding))}{', ' + place if place else ''}"
        yield from self._wrap(title, 11, f"  {label} ")
        yield from self._wrap(finding.message or finding.summary, 11)
        if finding.severity is Severity.NOTE and not self.verbose:
            return
        numbers = ", ".join(x for x in (wording.measured(finding), wording.certainty(finding)) if x)
        if numbers:
            yield from self._wrap(numbers, 11)
        for sentence in finding.evidence:
            yield from self._wrap(sentence, 13, " " * 11 + "-")
        if finding.remedy:
            yield from self._wrap(finding.remedy, 15, " " * 11 + "do:")

    def _details(self, run: RunReport) -> Iterator[str]:
        passed = wording.passed_rules(run)
        if passed:
            yield ""
            yield from self._wrap(", ".join(passed), 13, "  passed")
        for finding in wording.with_status(run, Status.NOT_JUDGED, Status.ERROR):
            text = f"{wording.title(finding)}: {finding.reason or finding.message}"
            yield from self._wrap(
                text, 13, "  not judged" if finding.status is not Status.ERROR else "  broke"
            )

    def _table(self, report: HealthReport) -> Iterator[str]:
        yield ""
        runs = wording.worst_first(report.runs)
        names, pattern = [run_name(run) for run in runs], ""
        table = self._rows(runs, names)
        width = table.widths()[1]
        if len({cut_middle(name, width) for name in names}) < len(set(names)):
            names, pattern = short_names(names)
            table = self._rows(runs, names)
        yield from table.lines(lambda cell: self._style(cell, cell) if cell in _VERDICTS else cell)
        if pattern:
            yield from self._wrap(f"All runs are called {name_text(pattern)}", 0)
        yield from self._wrap("Every finding: --verbose, or --format html --output report.html", 0)

    def _rows(self, runs: Sequence[RunReport], names: Sequence[str]) -> Table:
        table = Table(self.width, shrink=1)
        for run, name in zip(runs, names, strict=True):
            rules = prose(wording.failed_rules(run), 200)
            table.add((wording.MARK[run.verdict], name_text(name), run.verdict.value, rules))
        return table

    def _not_judged(self, report: HealthReport) -> Iterator[str]:
        broken = [(r, f) for r in report.runs for f in wording.with_status(r, Status.ERROR)]
        for run, finding in broken:
            yield ""
            reason = finding.reason or finding.message
            name = name_text(run_name(run), 40)
            yield from self._wrap(f"{finding.rule} on {name}: {reason}", 2, "! ")
        if self.verbose:
            return
        open_ = [f for r in report.runs for f in wording.with_status(r, Status.NOT_JUDGED)]
        if not open_:
            return
        yield ""
        yield self._style(f"Not judged: {wording.count(len(open_), 'answer')}", "heading")
        groups = wording.by_reason(open_)
        for reason, rules in groups[:5]:
            yield from self._wrap(f"{_few(rules)}: {reason}", 4, "  -")
        if len(groups) > 5:
            yield f"  - {wording.count(len(groups) - 5, 'more reason')} (--verbose)"

    def _problems(self, report: HealthReport) -> Iterator[str]:
        problems = [*report.problems, *(p for run in report.runs for p in run.problems)]
        if not self.verbose:
            problems = [p for p in problems if p.severity != "info"] or problems
        if not problems:
            return
        yield ""
        yield self._style("Problems with the logs", "heading")
        limit = len(problems) if self.verbose else 12
        for problem in problems[:limit]:
            yield from self._wrap(_problem_text(problem), 11, f"  {problem.severity:<8}")
        if len(problems) > limit:
            yield f"  {wording.count(len(problems) - limit, 'more problem')} (--verbose)"


_VERDICTS = frozenset(v.value for v in Verdict)


def _severity_style(severity: Severity) -> str:
    return severity.value


def _few(rules: Sequence[str]) -> str:
    more = f" and {len(rules) - 4} more" if len(rules) > 5 else ""
    return ", ".join(rules[: 4 if more else 5]) + more


def _problem_text(problem: Problem) -> str:
    at = wording.problem_place(problem)
    place = f" {at}" if at else ""
    lost = f" ({wording.count(problem.lost, 'record')} lost)" if problem.lost else ""
    action = f" {problem.action}" if problem.action else ""
    return f"{name_text(problem.file, 60)}{place}: {problem.message}{lost}{action}"
