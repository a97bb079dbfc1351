"""GitHub: workflow commands that annotate files, and a step summary.

docs.github.com, "Workflow commands": a step shows 10 annotations of a kind, and a summary of
over 1 MiB fails to upload while the step stays green.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from lrdiag.findings import HealthReport, Severity
from lrdiag.reports.markdown import MarkdownFormat
from lrdiag.reports.places import Remark, remarks
from lrdiag.reports.wording import WORST_FIRST

MAX_ANNOTATIONS = 10
MAX_SUMMARY_BYTES = 1_000_000  # 1 MiB, with room for what the step itself writes

_COMMAND = {Severity.NOTE: "notice", Severity.WARNING: "warning", Severity.ERROR: "error"}


@dataclass(frozen=True, slots=True)
class GithubFormat:
    """Annotations: the ten worst findings, and a line that says how many were left out."""

    names: ClassVar[tuple[str, ...]] = ("github",)

    def render(self, report: HealthReport) -> str:
        """Workflow commands, one a line, then the verdict."""
        found = [r for r in remarks(report) if not r.suppressed]
        lines = [_annotation(r) for r in found[:MAX_ANNOTATIONS]]
        left = len(found) - MAX_ANNOTATIONS
        more = f"; {left} findings more than GitHub shows are in the summary" if left > 0 else ""
        lines.append(f"lrdiag: {report.verdict.value}, {len(report.runs)} runs{more}")
        return "\n".join(lines) + "\n"


def _annotation(remark: Remark) -> str:
    place = f"file={_property(remark.file)},line={remark.line}"
    title = _property(f"{remark.rule}: {remark.summary}"[:200])
    return f"::{_COMMAND[remark.severity]} {place},title={title}::{_data(remark.message)}"


def _data(text: str) -> str:
    safe = text.encode("utf-8", "replace").decode()
    return safe.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


@dataclass(frozen=True, slots=True)
class GithubSummaryFormat:
    """A step summary: the Markdown report, cut at whole runs to stay below the limit."""

    names: ClassVar[tuple[str, ...]] = ("github-summary",)
    limit: int = MAX_SUMMARY_BYTES

    def render(self, report: HealthReport) -> str:
        """Markdown of at most `limit` bytes, worst runs first."""
        ranked = sorted(report.runs, key=lambda run: WORST_FIRST.index(run.verdict))
        kept = len(ranked)
        while True:
            text = self._with(report, ranked[:kept], len(ranked) - kept)
            if len(text.encode("utf-8", "replace")) <= self.limit or kept == 0:
                return self._fitting(text)
            kept //= 2

    def _with(self, report: HealthReport, runs: Sequence[object], left: int) -> str:
        shown = replace(report, runs=tuple(runs))  # type: ignore[arg-type]
        text = MarkdownFormat().render(shown)
        if not left:
            return text
        return f"{text}\n{left} further runs, none worse than these, are left out here.\n"

    def _fitting(self, text: str) -> str:
        raw = text.encode("utf-8", "replace")
        if len(raw) <= self.limit:
            return text
        note = "\n\nThe summary was cut to fit.\n"
        return raw[: self.limit - len(note)].decode("utf-8", "ignore") + note
