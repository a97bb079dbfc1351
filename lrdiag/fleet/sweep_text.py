"""A sweep as text for a terminal, Markdown, CSV and plain data."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from lrdiag.fleet.association import in_words
from lrdiag.fleet.sweep import Row, Sweep
from lrdiag.reports.columns import Table, cells, cut_middle
from lrdiag.reports.escaping import csv_cell, markdown_name, markdown_text, name_text, prose
from lrdiag.reports.short_names import distinct_width, short_names

BAR = 12
SHOWN = 30
READABLE = 28
"""Columns a run's name gets before the bar gives way, even where fewer would tell names apart."""

HEADINGS = ("run", "verdict", "best", "at epoch", "last", "rate", "drops at", "findings")


def terminal(sweep: Sweep, width: int = 100, *, every: bool = False) -> str:
    """The table, best run first, with a bar for where each stands, then what follows from it."""
    rows = sweep.rows if every else sweep.rows[:SHOWN]
    names, pattern = [name_text(row.run) for row in rows], ""
    whole = _drawn(sweep, rows, names, width)
    if whole.cut:
        short, pattern = short_names([row.run for row in sweep.rows])
        lines = _table(sweep, rows, [name_text(name) for name in short[: len(rows)]], width)
    else:
        lines = list(whole.lines())
    if pattern:
        lines += ["", f"All runs are called {name_text(pattern)}"]
    if len(rows) < len(sweep.rows):
        lines.append(f"… and {len(sweep.rows) - len(rows)} more (--all)")
    return "\n".join([*lines, "", *(prose(line) for line in sentences(sweep))]) + "\n"


def _table(sweep: Sweep, rows: Sequence[Row], names: Sequence[str], width: int) -> list[str]:
    """The rows; where the names would look alike, without the bar, at last each on its own line."""
    longest = max(map(cells, names), default=0)
    room = max(distinct_width(names, cut_middle), min(longest, READABLE))
    for fold, bars in ((False, True), (False, False), (True, True), (True, False)):
        table = _drawn(sweep, rows, names, width, fold=fold, bars=bars)
        if table.fits and (fold or table.widths()[0] >= room):
            break
    lines = list(table.lines())
    if not fold:
        return lines
    return [lines[0], *(text for pair in zip(names, lines[1:], strict=True) for text in pair)]


def _drawn(
    sweep: Sweep,
    rows: Sequence[Row],
    names: Sequence[str],
    width: int,
    *,
    fold: bool = False,
    bars: bool = True,
) -> Table:
    table = Table(width, shrink=0)
    table.add(_line("" if fold else "run", f"best {sweep.role}", "", HEADINGS, bars))
    for name, row in zip(names, rows, strict=True):
        table.add(_line("" if fold else name, "", bar(row, sweep), _cells(row), bars))
    return table


def _line(name: str, best: str, drawn: str, row: Sequence[str], bars: bool) -> tuple[str, ...]:
    _, verdict, value, *rest = row
    return (name, best or value, *([drawn] if bars else []), verdict, *rest)


def markdown(sweep: Sweep) -> str:
    """A table for GitHub or GitLab, and the sentences."""
    lines = ["| " + " | ".join(HEADINGS) + " |", "|" + "---|" * len(HEADINGS)]
    for row in sweep.rows:
        name, *rest = _cells(row)
        cells = [markdown_name(name), *(markdown_text(cell) for cell in rest)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *(f"- {markdown_text(s)}" for s in sentences(sweep))]) + "\n"


def comma_separated(sweep: Sweep) -> str:
    """One line a run with every varied setting; cells that look like formulas are defused."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*HEADINGS, *(csv_cell(name) for name in sweep.settings), "group"])
    for row in sweep.rows:
        settings = ["" if row.settings[n] is None else str(row.settings[n]) for n in sweep.settings]
        writer.writerow([csv_cell(cell) for cell in (*_cells(row), *settings, row.group)])
    return out.getvalue()


def as_data(sweep: Sweep) -> dict[str, Any]:
    """Everything, for JSON."""
    return {"format_version": 1, **asdict(sweep), "conclusions": list(sentences(sweep))}


def sentences(sweep: Sweep) -> Iterator[str]:
    """What the sweep says, in words."""
    good, bad = sweep.best_healthy, sweep.best_unhealthy
    if good is None:
        yield "No run is fit to deploy."
    else:
        yield f"Best healthy run: {good.run}, {sweep.role} {_number(good.best)}."
    if bad is not None:
        better = good is None or sweep.rows.index(bad) < sweep.rows.index(good)
        place = "better, but not healthy" if better else "best of those that are not healthy"
        why = " ".join(sweep.why_unhealthy)
        yield f"{bad.run}: {sweep.role} {_number(bad.best)}, {place}: {why}"
    yield from (f"Odd one out of its group: {message}" for message in sweep.odd)
    if sweep.noise is not None:
        without = ", without odd ones out" if sweep.odd else ""
        number = _number(sweep.noise)
        yield f"Noise of {sweep.role} between seeds: {number} (standard deviation{without})."
    if sweep.ties:
        yield (
            f"That noise cannot tell {len(sweep.ties)} more from the best: "
            + ", ".join(sweep.ties[:5])
            + ("." if len(sweep.ties) <= 5 else ", …")
        )
    yield from (in_words(found) + "." for found in sweep.found)
    if sweep.asked and not sweep.found:
        yield f"No setting goes with a finding beyond chance ({sweep.asked} pairs looked at)."


def bar(row: Row, sweep: Sweep) -> str:
    """Where the run's best value lies between the worst and the best of the table."""
    known = [r.best for r in sweep.rows if r.best is not None and math.isfinite(r.best)]
    if row.best is None or not math.isfinite(row.best) or len(known) < 2:
        return ""
    low, high = min(known), max(known)
    if high == low:
        return ""
    share = (row.best - low) / (high - low)
    good = share if sweep.higher_is_better else 1 - share
    return "▪" * max(1, round(good * BAR))


def _cells(row: Row) -> tuple[str, ...]:
    at = row.best_epoch if row.best_epoch is not None else row.best_step
    return (
        row.run,
        row.verdict,
        _number(row.best),
        "" if at is None else f"{at:g}",
        _number(row.last),
        _number(row.rate),
        _few([f"{m:.3g}" for m in row.milestones]),
        _few(row.findings),
    )


def _few(items: Sequence[str], limit: int = 4) -> str:
    more = [f"+{len(items) - limit}"] if len(items) > limit else []
    return ", ".join([*items[:limit], *more])


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
