"""A rule and a set of rules, after loading."""

from __future__ import annotations

from dataclasses import dataclass

from lrdiag.checks.interface import Check
from lrdiag.findings import Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """A check with parameters, severity, scope and words.

    Attributes:
        id: kebab-case, unique. check: the check with its parameters set.
        message, remedy: templates with `{name}` / `{name:.1%}` placeholders over
            `Evidence.facts` and the Evidence's own fields; no attribute or index access.
        scope: "run", "segment", "after_drop" or "after_drop(N)".
        hold_epochs: the YAML key `for`: how many epochs the condition must hold.
        min_confidence: failed findings below it are not judged.
        roles, tags, tasks: what the rule applies to (empty: everything).
        file, line: where the rule stands.
    """

    id: str
    check: Check
    severity: Severity
    summary: str
    message: str = ""
    remedy: str = ""
    why: str = ""
    link: str = ""
    scope: str = "run"
    hold_epochs: float = 0.0
    min_confidence: float = 0.0
    roles: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules in the order of their files. `files`: where they came from. `digest`: content hash."""

    rules: tuple[Rule, ...]
    files: tuple[str, ...] = ()
    digest: str = ""
