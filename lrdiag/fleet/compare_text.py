"""A comparison as text for a terminal and as Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterator

from lrdiag.fleet.compare import Change, Comparison, FindingChange, Outcome
from lrdiag.reports.columns import Table
from lrdiag.reports.escaping import markdown_text, name_text, prose

_MARKS = {"better": "+", "worse": "-", "same": "=", "unclear": "?"}
_SHOWN_CHANGES = 20


def terminal(comparison: Comparison, width: int = 100) -> str:
    """What changed, in sections; nothing is shown for what did not."""
    lines = [_title(comparison), ""]
    for heading, rows in _sections(comparison):
        table = Table(width - 2, shrink=1)
        for row in rows:
            table.add(tuple(name_text(cell) for cell in row))
        lines += [heading, *("  " + line for line in table.lines()), ""]
    return "\n".join([*lines, *(prose(text) for text in comparison.conclusions)]).rstrip() + "\n"


def markdown(comparison: Comparison) -> str:
    """The same as Markdown tables."""
    lines = [f"### {markdown_text(_title(comparison))}", ""]
    for heading, rows in _sections(comparison):
        width = len(rows[0])
        lines += [f"**{heading}**", "", "| " * width + "|", "|" + "---|" * width]
        lines += ["| " + " | ".join(markdown_text(cell) for cell in row) + " |" for row in rows]
        lines.append("")
    return "\n".join([*lines, *map(markdown_text, comparison.conclusions)]).rstrip() + "\n"


def _title(c: Comparison) -> str:
    counts = "" if c.runs == (1, 1) else f" ({c.runs[0]} and {c.runs[1]} runs)"
    return f"From {c.before} to {c.after}{counts}"


def _sections(c: Comparison) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    for heading, changes in (("Settings", c.settings), ("Schedule", c.schedule)):
        if changes:
            shown = [_change(change) for change in changes[:_SHOWN_CHANGES]]
            left = len(changes) - len(shown)
            yield heading, [*shown, *([(f"and {left} more", "")] if left else [])]
    if c.outcomes:
        yield "Outcome", [_outcome(outcome) for outcome in c.outcomes]
    if c.findings:
        yield "Findings", [_finding(finding) for finding in c.findings]
    if not (c.settings or c.schedule or c.findings):
        yield "Settings, schedule and findings", [("no change", "")]


def _change(change: Change) -> tuple[str, str]:
    return change.name, f"{change.before or '(none)'} → {change.after or '(none)'}"


def _outcome(o: Outcome) -> tuple[str, ...]:
    change = o.change
    if math.isfinite(change.low):
        interval = f"{change.value:+.4g} ({change.low:+.4g} to {change.high:+.4g})"
    else:
        interval = f"{change.value:+.4g}"
    note = ""
    if o.judgement == "unclear" and o.noise is not None and not math.isfinite(change.low):
        within = abs(change.value) < 2 * o.noise
        note = f", {'within' if within else 'beyond'} point noise"
    values = f"{o.before:.4g} → {o.after:.4g}"
    return _MARKS[o.judgement], f"{o.which} {o.role}", values, interval, o.judgement + note


def _finding(f: FindingChange) -> tuple[str, ...]:
    if f.before[1] == f.after[1] == 1:
        return f.rule, f.judgement
    (a, of_a), (b, of_b) = f.before, f.after
    return f.rule, f"{f.judgement}: {a} of {of_a} → {b} of {of_b} runs"
