"""A former report (the model in production) to compare a new one with."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lrdiag.errors import PolicyError
from lrdiag.findings import MetricSummary, RunReport
from lrdiag.gate.policy import Policy

# A report of a thousand runs is below this; a larger file is no report.
MAX_BYTES = 64 << 20
FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class BaselineMetric:
    """A metric of the model in production: its last value and noise (standard deviation)."""

    last: float | None
    noise: float | None
    higher_is_better: bool | None


@dataclass(frozen=True, slots=True)
class Baseline:
    """Run name to role to metric. `file`: where it was read."""

    runs: Mapping[str, Mapping[str, BaselineMetric]]
    file: str = ""


def read_baseline(path: Path) -> Baseline:
    """A JSON report written by `lrdiag analyze --format json`.

    Raises:
        PolicyError: not readable, not JSON, or not such a report.
    """
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise PolicyError(f"{path}: cannot read the baseline: {error.strerror}.") from None
    if len(raw) > MAX_BYTES:
        raise PolicyError(f"{path}: the baseline is larger than {MAX_BYTES >> 20} MiB.")
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise PolicyError(f"{path}: the baseline is not JSON: {error}.", _ACTION) from None
    if not isinstance(data, dict) or not isinstance(data.get("runs"), list):
        raise PolicyError(f"{path}: the baseline is no lrdiag report.", _ACTION)
    if data.get("format_version") != FORMAT_VERSION:
        version = str(data.get("format_version"))[:20]
        raise PolicyError(f"{path}: format_version {version}, expected {FORMAT_VERSION}.", _ACTION)
    return Baseline(
        dict(_run(entry) for entry in data["runs"] if isinstance(entry, dict)), str(path)
    )


_ACTION = "Write one with `lrdiag analyze PATH --format json --output FILE`."


def _run(entry: Mapping[str, Any]) -> tuple[str, dict[str, BaselineMetric]]:
    metrics = entry.get("metrics")
    named = metrics.items() if isinstance(metrics, dict) else ()
    return str(entry.get("run", "")), {r: _metric(m) for r, m in named if isinstance(m, dict)}


def _metric(data: Mapping[str, Any]) -> BaselineMetric:
    last = _number(data.get("last")) if data.get("last_finite", True) is True else None
    higher = data.get("higher_is_better")
    return BaselineMetric(
        last, _number(data.get("noise")), higher if isinstance(higher, bool) else None
    )


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def compare(
    run: RunReport, baseline: Baseline, policy: Policy, runs: int
) -> Iterator[tuple[str, str, bool]]:
    """What speaks against a run: (name, message, failed); not failed means undecided."""
    former = baseline.runs.get(run.run)
    if former is None and runs == 1 and len(baseline.runs) == 1:
        former = next(iter(baseline.runs.values()))
    if former is None:
        yield f"baseline:{run.run}", f"The baseline {baseline.file} has no run {run.run!r}.", False
        return
    roles = compared_roles(policy, former)
    if not roles:
        yield "baseline:metrics", f"The baseline {baseline.file} has no metric to compare.", False
    for role in roles:
        margin = policy.baseline.metrics.get(role, 0.0)
        yield from _compare_role(role, run.metrics.get(role), former.get(role), margin, policy)


def compared_roles(policy: Policy, former: Mapping[str, BaselineMetric]) -> tuple[str, ...]:
    """The roles to compare: the policy's, else the required ones, else validation metrics."""
    named = tuple(policy.baseline.metrics) or policy.roles
    return named or tuple(sorted(r for r in former if r.startswith("val_") and "/" not in r))


def _compare_role(
    role: str,
    now: MetricSummary | None,
    before: BaselineMetric | None,
    margin: float,
    policy: Policy,
) -> Iterator[tuple[str, str, bool]]:
    name = f"baseline:{role}"
    if before is None or before.last is None:
        yield name, f"{role} of the baseline is missing or not a finite number.", False
        return
    last = now.last if now is not None and now.last_finite else None
    if now is None or last is None or not math.isfinite(last):
        yield (
            name,
            f"{role} is missing or not a finite number: not compared with the baseline.",
            False,
        )
        return
    higher = now.higher_is_better if now.higher_is_better is not None else before.higher_is_better
    if higher is None:
        yield name, f"Whether higher or lower {role} is better is unknown.", False
        return
    worse = before.last - last if higher else last - before.last
    limit = margin + policy.baseline.noise * math.hypot(now.noise or 0.0, before.noise or 0.0)
    if worse > limit:
        message = (
            f"{role} is {last:.4g}, the baseline's {before.last:.4g}: worse by {worse:.4g}, "
            f"more than the margin of {limit:.4g} (with noise)."
        )
        yield name, message, True
