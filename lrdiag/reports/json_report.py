"""JSON: the whole report for other tools. Its schema is `docs/report_schema.json`.

Strict JSON (RFC 8259): a number that is not finite becomes null and its text ("nan", "inf")
stands beside it under `<key>_text`. Names are exact.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any, ClassVar

from lrdiag.findings import DropSummary, HealthReport, ReportCurve, RunReport


@dataclass(frozen=True, slots=True)
class JsonFormat:
    """The report as JSON. `curves`: with the thinned curves; `indent`: None for one line."""

    names: ClassVar[tuple[str, ...]] = ("json",)
    curves: bool = False
    indent: int | None = 1

    def render(self, report: HealthReport) -> str:
        """Strict JSON in ASCII, keys in a fixed order, ending in a newline."""
        separators = (",", ":") if self.indent is None else None
        data = report_data(report, curves=self.curves)
        text = json.dumps(data, indent=self.indent, separators=separators, allow_nan=False)
        return text + "\n"


def report_data(report: HealthReport, *, curves: bool = False) -> dict[str, Any]:
    """The report as plain dicts, lists, strings, finite numbers, booleans and None."""
    return {
        "format_version": report.format_version,
        "verdict": report.verdict.value,
        "runs": [run_data(run, curves=curves) for run in report.runs],
        "problems": plain(report.problems),
        "rules": list(report.rules),
        "notes": list(report.notes),
        "suppressions": plain(report.suppressions),
        "groups": plain(report.groups),
    }


def run_data(run: RunReport, *, curves: bool = False) -> dict[str, Any]:
    """One run of the report as plain data."""
    data = {
        "run": run.run,
        "verdict": run.verdict.value,
        "deployable": run.deployable,
        "group": run.group,
        "sources": plain(run.sources),
        "roles": plain(run.roles),
        "role_notes": plain(run.role_notes),
        "series": plain(run.series),
        "schedule": plain(run.schedule),
        "metrics": plain(run.metrics),
        "findings": plain(run.findings),
        "problems": plain(run.problems),
        "params": plain(run.params),
    }
    if curves:
        data["curves"] = plain(run.curves)
    return data


# JSON names that differ from the value's field names (`from` is a Python keyword).
_RENAMED: Mapping[type, Mapping[str, str]] = {DropSummary: {"before": "from", "after": "to"}}


def plain(value: Any) -> Any:
    """Any value of a report as strict JSON holds it; numbers that are not finite become None."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return _container(value)


def _container(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _items(value)
    if hasattr(value, "__dataclass_fields__"):
        return _record(value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return [plain(item) for item in sorted(value, key=str)]
    return plain(value.tolist()) if hasattr(value, "tolist") else str(value)


def _items(mapping: Mapping[Any, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for key, value in mapping.items():
        data[str(key)] = plain(value)
        if isinstance(value, float) and not math.isfinite(value):
            data[f"{key}_text"] = repr(float(value))
    return data


def _record(value: Any) -> dict[str, Any]:
    skipped = {"low", "high"} if isinstance(value, ReportCurve) and not value.low else set()
    renamed = _RENAMED.get(type(value), {})
    return _items(
        {
            renamed.get(field.name, field.name): getattr(value, field.name)
            for field in fields(value)
            if field.name not in skipped
        }
    )
