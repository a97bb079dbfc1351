"""A rule from its plain data: the one way, for shipped and for users' rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from lrdiag.checks.interface import Check
from lrdiag.checks.registry import check_kinds
from lrdiag.findings import Severity
from lrdiag.rulefile.values import Rule

EXPR_KIND = "expr"
_RULE_ID = re.compile(r"""^\s*-\s+id:\s*["']?([A-Za-z0-9_.-]+)["']?\s*(?:#.*)?$""")


def kind_of(data: Mapping[str, Any]) -> str:
    """The check kind of a rule; `when:` alone makes it an `expr` rule."""
    kind = data.get("check", EXPR_KIND if "when" in data else "")
    return kind if isinstance(kind, str) else ""


def parameters_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a rule's check, `when:` among them."""
    given = data.get("parameters") or {}
    parameters = dict(given) if isinstance(given, Mapping) else {}
    if "when" in data:
        parameters["when"] = data["when"]
    return parameters


def build_rule(data: Mapping[str, Any], file: str, line: int) -> Rule:
    """A rule from valid plain data.

    Raises:
        KeyError, TypeError, ValueError: the data are not valid after all.
    """
    applies = data.get("applies_to") or {}
    return Rule(
        id=data["id"],
        check=build_check(check_kinds()[kind_of(data)], parameters_of(data)),
        severity=Severity(data["severity"]),
        summary=_words(data.get("summary")) or data["id"].replace("-", " "),
        message=_words(data.get("message")),
        remedy=_words(data.get("remedy")),
        why=_words(data.get("why")),
        link=data.get("link", ""),
        scope=data.get("scope", "run"),
        hold_epochs=float(data.get("for", 0.0)),
        min_confidence=float(data.get("min_confidence", 0.0)),
        roles=tuple(applies.get("roles", ())),
        tags=tuple(applies.get("tags", ())),
        tasks=tuple(applies.get("tasks", ())),
        file=file,
        line=line,
    )


def build_check(kind: type[Check], parameters: Mapping[str, Any]) -> Check:
    """A check with its parameters; lists become tuples, whole numbers floats where declared."""
    # The annotations are texts (PEP 563); a resolved type costs an import of `typing` machinery.
    declared = {f.name: str(f.type) for f in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: _fitting(v, declared.get(name, "")) for name, v in parameters.items()})


def _fitting(value: Any, declared: str) -> Any:
    if isinstance(value, list):
        return tuple(_fitting(v, declared.replace("tuple[", "", 1)) for v in value)
    if isinstance(value, int) and not isinstance(value, bool) and declared.startswith("float"):
        return float(value)
    return value


def _words(text: Any) -> str:
    # Folded YAML texts end in a newline, which no report wants.
    return " ".join(text.split()) if isinstance(text, str) else ""


def rule_lines(text: str) -> dict[str, int]:
    """Rule id to the 1-based line it starts at, by the look of the text (no YAML parser)."""
    found = (_RULE_ID.match(line) for line in text.split("\n"))
    return {m.group(1): number for number, m in enumerate(found, 1) if m}
