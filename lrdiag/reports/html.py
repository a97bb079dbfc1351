"""HTML: one file, offline, small; details folded, pictures as SVG, readable without scripts.

The page states a Content-Security-Policy that allows only its own style and script, by their
SHA-256 hashes: nothing that slipped in from a log could run or load anything.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar
from urllib.parse import quote

from lrdiag.findings import Finding, HealthReport, Problem, RunReport, Status, Verdict
from lrdiag.reports import wording
from lrdiag.reports.escaping import name_text, prose
from lrdiag.reports.json_report import plain
from lrdiag.reports.svg import chart
from lrdiag.reports.svg_small import small_chart
from lrdiag.reports.svg_style import CHART, DARK, LIGHT
from lrdiag.run_names import run_name

# Aims: 250 kB for ten runs of five curves, 2 MB for 500 runs.
PAGE_BYTES = 60_000
RUN_BYTES = 18_500
MOST_BYTES = 1_950_000
# Levels of detail: the full chart or the small one, and the points a curve gets.
LEVELS = ((True, 300), (True, 150), (True, 80), (True, 40), (False, 60), (False, 24), (False, 12))
OPEN_RUNS = 3
MOST_ENLARGED = 60


@dataclass(frozen=True, slots=True)
class HtmlFormat:
    """The report as one HTML file.

    `most_bytes`: the size aimed at for many runs. `tag_links`: a URL in which `{tag}` stands for
    a regular expression of a tag, to link tags to a viewer; empty for none.
    """

    names: ClassVar[tuple[str, ...]] = ("html",)
    most_bytes: int = MOST_BYTES
    tag_links: str = ""

    def render(self, report: HealthReport) -> str:
        """The page, the same bytes for the same report."""
        runs = wording.worst_first(report.runs)
        bare = self._page(report, runs, [""] * len(runs))
        room = min(self.most_bytes, PAGE_BYTES + RUN_BYTES * len(runs)) - len(bare.encode())
        return self._page(report, runs, charts_within(runs, room))

    def _page(self, report: HealthReport, runs: Sequence[RunReport], charts: Sequence[str]) -> str:
        template, _, _ = _page()
        text: str = template.render(**_variables(report, runs, charts), tag_links=self.tag_links)
        return text.rstrip() + "\n"


def charts_within(runs: Sequence[RunReport], room: int) -> list[str]:
    """The runs' charts in `room` bytes.

    The first level of detail that fits, judged by every tenth run or more; when even the least
    does not, the last (healthiest) runs go without.
    """
    if not runs:
        return []
    sample = runs[:: max(1, len(runs) // 10)]
    level = next((k for k in LEVELS if _bytes(sample, k) * len(runs) < room * len(sample)), None)
    drawn = [_drawn(run, level or LEVELS[-1]) for run in runs]
    if level is None or not level[0]:
        _enlarge(runs, drawn, room)
    return _first_within(drawn, room)


def _enlarge(runs: Sequence[RunReport], drawn: list[str], room: int) -> None:
    """Full charts for the first (worst) runs as far as the room goes."""
    room -= sum(len(text.encode()) for text in drawn)
    for number, run in enumerate(runs[:MOST_ENLARGED]):
        full = chart(run, 80)
        room -= len(full.encode()) - len(drawn[number].encode())
        if room < 0:
            return
        drawn[number] = full


def _drawn(run: RunReport, level: tuple[bool, int]) -> str:
    full, points = level
    return chart(run, points) if full else small_chart(run, points)


def _bytes(runs: Sequence[RunReport], level: tuple[bool, int]) -> int:
    return sum(len(_drawn(run, level).encode()) for run in runs)


def _first_within(drawn: Sequence[str], room: int) -> list[str]:
    left_out = '<p class="quiet">No chart here, to keep the page small: analyze this run alone.</p>'
    kept = []
    for text in drawn:
        room -= len(text.encode())
        kept.append(text if room > 0 or not text else left_out)
    return kept


def _variables(
    report: HealthReport, runs: Sequence[RunReport], charts: Sequence[str]
) -> dict[str, Any]:
    from markupsafe import Markup

    import lrdiag

    _, style, script = _page()
    alone = len(runs) == 1
    failing = sum(run.verdict in (Verdict.UNHEALTHY, Verdict.WARNING) for run in runs)
    return {
        "report": report,
        "runs": runs,
        # The charts are the only text not escaped here: `svg` escapes every name it draws.
        "charts": [Markup(text) for text in charts],
        "headline": wording.headline(report),
        "actions": wording.next_actions(report),
        "problems": [*report.problems, *(p for run in runs for p in run.problems)],
        "open": 1 if alone else min(failing, OPEN_RUNS),
        "evidence": 6 if len(runs) <= 50 else 2,
        "policy": _policy(style, script),
        "style": Markup(style),
        "script": Markup(script),
        "version": lrdiag.__version__,
    }


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src 'sha256-{_digest(style)}'; "
        f"script-src 'sha256-{_digest(script)}'; base-uri 'none'; form-action 'none'"
    )


def script_hash() -> str:
    """SHA-256 of the page's script in base64, for a server's Content-Security-Policy header."""
    return _digest(_page()[2])


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _page() -> tuple[Any, str, str]:
    from jinja2 import Environment, StrictUndefined

    folder = files("lrdiag.reports") / "page"
    # autoescape=True, not select_autoescape(), which does not escape `*.html.j2`.
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters.update(_filters())
    source = (folder / "report.html.j2").read_text("utf-8")
    return environment.from_string(source), page_style(), (folder / "report.js").read_text("utf-8")


def page_style() -> str:
    """The page's style sheet: colours for light and dark, the page, the charts."""
    sheet = (files("lrdiag.reports") / "page" / "report.css").read_text("utf-8").replace("\n", "")
    themes = f":root{{{LIGHT}}}@media(prefers-color-scheme:dark){{:root{{{DARK}}}}}"
    return f"{themes}@media print{{:root{{{LIGHT}}}}}{sheet}{CHART}"


def _filters() -> Mapping[str, Callable[..., Any]]:
    return {
        "name": name_text, "prose": prose, "count": wording.count, "where": wording.where,
        "measured": wording.measured, "certainty": wording.certainty, "title": wording.title,
        "best": wording.best_checkpoint, "schedule_line": wording.schedule_line,
        "proposal": wording.proposal,
        "run_headline": wording.run_headline, "sentence": wording.sentence,
        "failed_rules": wording.failed_rules, "passed": _passed, "not_judged": _not_judged,
        "accepted": wording.accepted, "place": _place, "rank": wording.WORST_FIRST.index,
        "is_link": _is_link, "tag_link": _tag_link, "action": wording.action_text,
        "capital": wording.capital, "suggestions": _suggestions, "places": wording.action_runs,
        "run_name": run_name,
    }  # fmt: skip


def _passed(run: RunReport) -> list[str]:
    return wording.passed_rules(run)


def _not_judged(run: RunReport) -> list[tuple[str, list[str]]]:
    return wording.by_reason(wording.with_status(run, Status.NOT_JUDGED, Status.ERROR))


def _place(problem: Problem) -> str:
    return wording.problem_place(problem) or "–"


def _is_link(link: str) -> bool:
    return re.fullmatch(r"https://[\w.-]+(/[\w./#?=&%~-]*)?", link, re.ASCII) is not None


def _tag_link(tag: str, links: str) -> str:
    if not links or len(tag) > 500:
        return ""
    # Tags of split directories carry the split's name in front, in the viewer they do not.
    split, slash, rest = tag.partition("/")
    pattern = f"^({re.escape(split)}/)?{re.escape(rest)}$" if slash else f"^{re.escape(tag)}$"
    return links.replace("{tag}", quote(pattern, safe="", errors="replace"))


def _suggestions(finding: Finding) -> list[tuple[str, str]]:
    return [(str(key), _value(value)) for key, value in list(finding.suggested.items())[:6]]


def _value(value: Any) -> str:
    if isinstance(value, float):
        return wording.number(value)
    return str(plain(value))
