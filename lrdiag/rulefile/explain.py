"""What a rule checks, why it matters, how it decides, how to fix it; for the terminal and docs."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from lrdiag.findings import Finding, Status
from lrdiag.rulefile.build import EXPR_KIND
from lrdiag.rulefile.lint import parameter_texts
from lrdiag.rulefile.values import Rule
from lrdiag.schedule.mistakes import MISTAKES

# A remedy that is wholly the check's own.
_TOLD_BY_CHECK = "{fix}"


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its paragraphs; `code`: the paragraphs are to be shown as they are."""

    title: str
    paragraphs: tuple[str, ...]
    code: bool = False


def explain_rule(rule: Rule, example: str = "") -> list[Section]:
    """All that is known about a rule.

    Args:
        rule: the rule.
        example: a case that fires, as text (see `example_of`).
    """
    sections = [
        Section("What it checks", (_sentence(rule.summary), _where(rule))),
        Section("Why it matters", (rule.why,)),
        Section("How it decides", tuple(_decides(rule))),
        Section("Parameters", tuple(_parameters(rule))),
        Section("How to fix it", tuple(_fixes(rule))),
        Section("An example that fires", (example,) if example else (), code=True),
        Section("Read more", (rule.link,)),
    ]
    return [s for s in sections if any(p.strip() for p in s.paragraphs)]


def _fixes(rule: Rule) -> Iterator[str]:
    """The rule's remedy; of a schedule that disagrees, each mistake with what to change."""
    mistakes = {
        kind: m for kind, m in MISTAKES.items() if m.rule == getattr(rule.check, "rule", "")
    }
    if not mistakes or rule.remedy != _TOLD_BY_CHECK:
        yield _named(rule.remedy)
        return
    for kind, mistake in mistakes.items():
        change = re.sub(r":\n.*", ".", mistake.remedy, flags=re.DOTALL)
        known = f" Known from: {', '.join(mistake.references)}." if mistake.references else ""
        yield f"{kind.replace('_', ' ').capitalize()}. {mistake.text} {change}{known}"


def _named(template: str) -> str:
    """A template with its placeholders as words: `{best_epoch:.0f}` becomes `‹best epoch›`."""
    return re.sub(r"\{(\w+)[^{}]*\}", lambda m: f"‹{m.group(1).replace('_', ' ')}›", template)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _where(rule: Rule) -> str:
    parts = [f"Severity: {rule.severity.value}.", f"Check: `{rule.check.kind}`."]
    if rule.scope != "run":
        parts.append(f"Scope: {rule.scope}.")
    if rule.hold_epochs:
        parts.append(f"It must hold for {rule.hold_epochs:g} epochs.")
    if rule.min_confidence:
        parts.append(f"Below a confidence of {rule.min_confidence:g} it does not judge.")
    applies = ", ".join((*rule.roles, *rule.tags, *rule.tasks))
    if applies:
        parts.append(f"Applies to: {applies}.")
    needs = [r if isinstance(r, str) else " or ".join(r) for r in rule.check.requires]
    if needs:
        parts.append(f"Needs: {', '.join(needs)}.")
    return " ".join(parts)


def _decides(rule: Rule) -> Iterator[str]:
    module = sys.modules.get(type(rule.check).__module__)
    if rule.check.kind == EXPR_KIND:
        yield f"The rule fires where this is true: `{getattr(rule.check, 'when', '')}`"
        yield "Missing numbers, NaN and division by zero leave it undecided: then it is not judged."
        return
    yield from _paragraphs(inspect.getdoc(module) or "")
    yield from _paragraphs(
        re.split(r"\n\s*Attributes:\s*\n", inspect.getdoc(type(rule.check)) or "")[0]
    )
    evaluate = inspect.getdoc(type(rule.check).evaluate) or ""
    yield from (p for p in _paragraphs(evaluate) if not p.startswith("Judge the run"))


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", text):
        if paragraph.strip():
            yield " ".join(paragraph.split())


def _parameters(rule: Rule) -> Iterator[str]:
    texts = parameter_texts(type(rule.check))
    for member in fields(rule.check):  # type: ignore[arg-type]
        if rule.check.kind == EXPR_KIND:
            continue
        value = getattr(rule.check, member.name)
        yield f"`{member.name}` = {value!r}: {texts.get(member.name, '')}".rstrip(": ")


def example_of(rule: Rule, case_files: Sequence[Path], rule_ids: Sequence[str]) -> str:
    """The first case in which only this rule or at least this rule fires, as text."""
    from lrdiag.rulefile.cases import load_cases, view_of_case
    from lrdiag.rulefile.documents import read_document
    from lrdiag.rulefile.evaluate import evaluate_rule

    cases = load_cases(list(case_files), list(rule_ids)).cases
    firing = [case for case in cases if any(f.rule == rule.id for f in case.fires)]
    if not firing:
        return ""
    # The fullest log shows most; among those the one that is about the least else.
    case = min(firing, key=lambda c: (-len(c.run.series), len(c.rules)))
    path = next(p for p in case_files if case.file.endswith(p.name))
    data = read_document(path).root
    entry = data.plain()["cases"][cases_before(cases, case)] if data else {}
    lines = [f"# {case.name}", "series:"]
    lines += [f"  {tag}: {curve}" for tag, curve in entry.get("series", {}).items()]
    for key in ("first_step", "steps_per_row", "restarts", "settings", "params"):
        lines += [f"{key}: {entry[key]}"] if entry.get(key) else []
    findings = evaluate_rule(rule, view_of_case(case))
    failed = next((f for f in findings if f.status is Status.FAILED), None)
    if failed is not None:
        lines += ["", f"{rule.severity.value}: {failed.message}", f"  {failed.remedy}".rstrip()]
    return "\n".join(line for line in lines)


def cases_before(cases: Sequence[object], case: object) -> int:
    """Index of a case among those of its own file."""
    same = [c for c in cases if getattr(c, "file", "") == getattr(case, "file", "")]
    return next(i for i, c in enumerate(same) if c is case)


def as_terminal(rule: Rule, sections: Sequence[Section], width: int = 80) -> str:
    """The explanation as plain text."""
    import textwrap

    lines = [f"{rule.id}  ({rule.file}:{rule.line})"]
    for section in sections:
        lines += ["", section.title]
        for paragraph in section.paragraphs:
            if section.code:
                lines += [f"    {line}" for line in paragraph.split("\n")]
            elif paragraph.strip():
                text = paragraph.replace("`", "")
                hanging = "      " if section.title == "Parameters" else "  "
                wrapped = textwrap.wrap(
                    text, width, initial_indent="  ", subsequent_indent=hanging,
                    break_on_hyphens=False, break_long_words=False,
                )  # fmt: skip
                lines += wrapped
    return "\n".join(lines) + "\n"


def as_markdown(rule: Rule, sections: Sequence[Section]) -> str:
    """The explanation as the rule's page in the documentation."""
    lines = [f"# {rule.id}", ""]
    for section in sections:
        lines += [f"## {section.title}", ""]
        for paragraph in (p for p in section.paragraphs if p.strip()):
            if section.code:
                lines += ["```yaml", paragraph, "```", ""]
            elif section.title == "Parameters":
                lines += [f"- {paragraph}"]
            elif section.title == "Read more":
                lines += [f"<{paragraph}>", ""]
            else:
                lines += [paragraph, ""]
        if section.title == "Parameters":
            lines += [""]
    note = "*This page is generated from the rule and its check; see `lrdiag rules explain`.*"
    return "\n".join([*lines, note, ""])


def trace(rule: Rule, run: str, findings: Sequence[Finding]) -> str:
    """Why a rule did or did not fire on a run: one block a finding."""
    lines = [f"{run}: {rule.id}"]
    for finding in findings:
        lines.extend(f"  {line}" for line in _trace_lines(finding))
    return "\n".join(lines) + "\n"


def _trace_lines(finding: Finding) -> Iterator[str]:
    place = f" (drop {finding.drop})" if finding.drop else ""
    yield f"{finding.status.value.replace('_', ' ')}{place}"
    if finding.reason:
        yield f"  why: {finding.reason}"
    if finding.message:
        yield f"  message: {finding.message}"
    if finding.observed is not None:
        interval = finding.interval
        shown = f" (95 % {interval[0]:.4g} to {interval[1]:.4g})" if interval else ""
        yield f"  observed: {finding.observed:.6g}{shown} {finding.unit}".rstrip()
    if finding.threshold is not None:
        yield f"  threshold: {finding.threshold:.6g}"
    if finding.first_step is not None:
        epochs = finding.first_epoch
        shown = f" (epoch {epochs:g} to {finding.last_epoch:g})" if _both(finding) else ""
        yield f"  steps: {finding.first_step} to {finding.last_step}{shown}"
    for name in ("points", "confidence", "p_value"):
        value = getattr(finding, name)
        if value is not None:
            yield f"  {name.replace('_', ' ')}: {value:.4g}"
    if finding.tags:
        yield f"  tags: {', '.join(finding.tags)}"
    yield from (f"  evidence: {text}" for text in finding.evidence)
    if finding.suppressed:
        yield f"  suppressed: {finding.suppressed}"
    if finding.status is Status.FAILED:
        yield f"  fingerprint: {finding.fingerprint}"


def _both(finding: Finding) -> bool:
    return finding.first_epoch is not None and finding.last_epoch is not None
