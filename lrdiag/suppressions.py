"""Accepted findings: with a reason, an owner and an expiry date, or not at all."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from lrdiag.errors import ConfigError
from lrdiag.findings import Finding, HealthReport, RunReport, Status
from lrdiag.verdicts import report_verdict, run_verdict

KEYS = ("fingerprint", "rule", "run", "reason", "owner", "expires")


@dataclass(frozen=True, slots=True)
class Suppression:
    """Findings of this fingerprint, or of this rule on runs matching `run` (`*` allowed)."""

    reason: str
    owner: str
    expires: datetime.date
    fingerprint: str = ""
    rule: str = ""
    run: str = "*"

    def matches(self, run: str, finding: Finding) -> bool:
        """Whether it accepts a finding of a run."""
        if self.fingerprint:
            return finding.fingerprint == self.fingerprint
        return finding.rule == self.rule and fnmatchcase(run, self.run)


def parse_suppressions(entries: Sequence[Mapping[str, Any]]) -> tuple[Suppression, ...]:
    """Suppressions as written in `lrdiag.yml`.

    Raises:
        ConfigError: names every mistake of every entry.
    """
    faults = [f"suppressions[{i}]: {m}" for i, e in enumerate(entries) for m in _faults(e)]
    if faults:
        raise ConfigError("; ".join(faults) + ".", "See docs/gate.md, Suppressions.")
    return tuple(_suppression(entry) for entry in entries)


def _faults(entry: Mapping[str, Any]) -> list[str]:
    faults = [f"unknown key {key!r}" for key in entry if key not in KEYS]
    for key in ("reason", "owner"):
        value = entry.get(key)
        if not isinstance(value, str) or not value.strip():
            faults.append(f"{key} is missing: every suppression needs one")
    if ("fingerprint" in entry) == ("rule" in entry):
        faults.append("give either a fingerprint or a rule")
    faults.extend(
        f"{key}: expected a text"
        for key in ("fingerprint", "rule", "run")
        if key in entry and not isinstance(entry[key], str)
    )
    if "expires" not in entry:
        faults.append("expires is missing: a date such as 2027-01-31")
    elif _date(entry["expires"]) is None:
        faults.append(f"expires: {entry['expires']!r} is no date such as 2027-01-31")
    return faults


def _date(value: Any) -> datetime.date | None:
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    try:
        return datetime.date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _suppression(entry: Mapping[str, Any]) -> Suppression:
    expires = _date(entry["expires"])
    assert expires is not None
    texts = {key: entry[key] for key in ("fingerprint", "rule", "run") if key in entry}
    return Suppression(entry["reason"].strip(), entry["owner"].strip(), expires, **texts)


def apply(
    report: HealthReport, suppressions: Sequence[Mapping[str, Any]], today: datetime.date
) -> HealthReport:
    """The report with accepted findings marked and every suppression listed with its state.

    States: "used", "unused" (matches no failed finding), "expired" (on `expires` it still
    holds, the day after it does not; its findings count again).

    Raises:
        ConfigError: an entry is not valid.
    """
    parsed = parse_suppressions(suppressions)
    valid = [s for s in parsed if s.expires >= today]
    runs = tuple(_apply_to_run(run, valid) for run in report.runs)
    listed = tuple(_listed(s, report, today) for s in parsed)
    notes = tuple(_note(entry) for entry in listed)
    return replace(
        report,
        runs=runs,
        verdict=report_verdict(runs),
        suppressions=listed,
        notes=(*report.notes, *notes),
    )


def _apply_to_run(run: RunReport, valid: Sequence[Suppression]) -> RunReport:
    findings = tuple(_marked(run.run, finding, valid) for finding in run.findings)
    if findings == run.findings:
        return run
    verdict = run_verdict(findings, run.problems, run.points)
    return replace(run, findings=findings, verdict=verdict)


def _marked(run: str, finding: Finding, valid: Sequence[Suppression]) -> Finding:
    if finding.status is not Status.FAILED:
        return finding
    found = next((s for s in valid if s.matches(run, finding)), None)
    if found is None:
        return finding
    return replace(finding, suppressed=f"{found.reason} ({found.owner}, until {found.expires})")


def _listed(s: Suppression, report: HealthReport, today: datetime.date) -> dict[str, Any]:
    hits = sum(
        finding.status is Status.FAILED and s.matches(run.run, finding)
        for run in report.runs
        for finding in run.findings
    )
    state = "expired" if s.expires < today else "used" if hits else "unused"
    return {
        "fingerprint": s.fingerprint,
        "rule": s.rule,
        "run": "" if s.fingerprint else s.run,
        "reason": s.reason,
        "owner": s.owner,
        "expires": s.expires.isoformat(),
        "state": state,
        "findings": hits,
    }


def _note(entry: Mapping[str, Any]) -> str:
    what = entry["fingerprint"] or entry["rule"]
    if entry["state"] == "expired":
        return (
            f"The suppression of {what} expired on {entry['expires']} ({entry['owner']}): "
            "renew it with a reason, or repair what it hides."
        )
    if entry["state"] == "unused":
        return f"The suppression of {what} ({entry['owner']}) matches nothing any more: remove it."
    count = f"{entry['findings']} finding{'s' if entry['findings'] != 1 else ''}"
    words = f"{what} ({count}), {entry['reason']} ({entry['owner']}, until {entry['expires']})"
    return f"Accepted: {words}."
