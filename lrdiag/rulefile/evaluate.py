"""One rule on one run: findings, never an exception.

Order of decisions: applies to this run? roles there? judge; scope; how long it held; confidence.
Whatever cannot be decided is "not judged" with its reason.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

from lrdiag.checks.interface import Evidence
from lrdiag.findings import Finding, Status
from lrdiag.rulefile.scope import applicable_view, held_long_enough, in_scope
from lrdiag.rulefile.templates import fill
from lrdiag.rulefile.values import Rule
from lrdiag.view import RunView

_COPIED = (
    "observed", "threshold", "unit", "confidence", "interval", "p_value", "points",
    "first_step", "last_step", "drop",
)  # fmt: skip


def evaluate_rule(rule: Rule, view: RunView) -> list[Finding]:
    """The findings of a rule on a run; at least one.

    A role that the check requires and the run lacks gives `not_applicable`; a check that raises
    gives status `error` with the exception as its reason.
    """
    visible = applicable_view(rule, view)
    if isinstance(visible, str):
        return [_finding(rule, view, Evidence(Status.NOT_APPLICABLE, reason=visible))]
    missing = _missing_roles(rule, visible)
    if missing:
        reason = f"The run has no {missing}, which this rule needs."
        return [_finding(rule, view, Evidence(Status.NOT_APPLICABLE, reason=reason))]
    try:
        judged = [held_long_enough(rule, visible, e) for e in in_scope(rule, visible)]
    except Exception as error:  # noqa: BLE001, RUF100 - a broken check must not end the report
        reason = f"The check {rule.check.kind} broke: {type(error).__name__}: {error}"
        judged = [Evidence(Status.ERROR, reason=reason)]
    if not judged:
        reason = f"Nothing on this run lies in the scope {rule.scope!r} of the rule."
        judged = [Evidence(Status.NOT_APPLICABLE, reason=reason)]
    findings = [_finding(rule, view, _confident(rule, e)) for e in judged]
    return list(_with_fingerprints(view, findings))


def _missing_roles(rule: Rule, view: RunView) -> str:
    for role in rule.check.requires:
        choice = (role,) if isinstance(role, str) else role
        if not any(r in view.curves for r in choice):
            return " or ".join(choice)
    return ""


def _confident(rule: Rule, evidence: Evidence) -> Evidence:
    confidence = evidence.confidence
    if evidence.status is not Status.FAILED or not rule.min_confidence:
        return evidence
    if confidence is not None and confidence >= rule.min_confidence:
        return evidence
    shown = "unknown" if confidence is None else f"{confidence:.2f}"
    reason = f"Confidence {shown} is below the rule's floor of {rule.min_confidence:.2f}."
    return replace(evidence, status=Status.NOT_JUDGED, reason=reason)


def _finding(rule: Rule, view: RunView, evidence: Evidence) -> Finding:
    facts = _facts(rule, view, evidence)
    failed = evidence.status is Status.FAILED
    source_file, source_line = _source(view, evidence)
    message = fill(rule.message or rule.summary, facts) if failed else ""
    return Finding(
        rule=rule.id,
        status=evidence.status,
        severity=rule.severity,
        message=message or (rule.summary if failed else ""),
        remedy=fill(rule.remedy, facts) if failed else "",
        reason=evidence.reason,
        tags=evidence.tags,
        check=rule.check.kind,
        summary=rule.summary,
        link=rule.link,
        evidence=evidence.details,
        suggested=evidence.suggested,
        rule_file=rule.file,
        rule_line=rule.line or None,
        source_file=source_file,
        source_line=source_line,
        first_epoch=_epoch(view, evidence.first_step),
        last_epoch=_epoch(view, evidence.last_step),
        **{name: getattr(evidence, name) for name in _COPIED},
    )


def _facts(rule: Rule, view: RunView, evidence: Evidence) -> dict[str, Any]:
    parameters = {f.name: getattr(rule.check, f.name) for f in fields(rule.check)}  # type: ignore[arg-type]
    own = {name: getattr(evidence, name) for name in _COPIED}
    first, last = _epoch(view, evidence.first_step), _epoch(view, evidence.last_step)
    words = {"rule": rule.id, "severity": rule.severity.value, "run": view.run.name}
    tag = {"tag": evidence.tags[0]} if evidence.tags else {}
    epochs = {"first_epoch": first, "last_epoch": last}
    return {**parameters, **words, **tag, **own, **epochs, **_shown(view, evidence.facts)}


def _shown(view: RunView, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts named `…_epoch` as people count epochs: whole, the epoch a value belongs to."""
    return {
        name: view.axis.shown(value)
        if name.endswith("epoch") and isinstance(value, float) and view.axis.known
        else value
        for name, value in facts.items()
    }


def _epoch(view: RunView, step: int | None) -> float | None:
    return None if step is None else view.axis.shown_epoch(step)


def _source(view: RunView, evidence: Evidence) -> tuple[str, int | None]:
    """The log file a finding is about, and the line where its first step stands, if known."""
    sources = view.run.sources
    path = sources[0].path if len(sources) == 1 else ""
    for tag in evidence.tags:
        series = view.run.series.get(tag)
        if series is None or series.line is None or not len(series.line):
            continue
        texts = [s.path for s in sources if "tensorboard" not in s.format]
        at = 0
        if evidence.first_step is not None:
            at = min(int((series.step < evidence.first_step).sum()), len(series.line) - 1)
        return (texts[0] if texts else path), int(series.line[at])
    return path or (sources[0].path if sources else ""), None


def _with_fingerprints(view: RunView, findings: list[Finding]) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for finding in findings:
        # No value and no step is in it: the same trouble after a retraining keeps its name.
        key = "\n".join([finding.rule, view.run.name, str(finding.drop or ""), *finding.tags])
        seen[key] = seen.get(key, 0) + 1
        digest = hashlib.sha256(f"{key}\n{seen[key]}".encode("utf-8", "surrogatepass")).hexdigest()
        yield replace(finding, fingerprint=digest[:16])


def unmatched_facts(rule: Rule, finding: Finding) -> Mapping[str, str]:
    """Texts of a failed finding in which a placeholder found no fact: field name to text."""
    texts = {"message": (rule.message, finding.message), "remedy": (rule.remedy, finding.remedy)}
    return {k: made for k, (raw, made) in texts.items() if made.count("?") > raw.count("?")}
