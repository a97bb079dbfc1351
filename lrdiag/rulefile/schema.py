"""The schema of a rule file (pydantic); imported only where a user's file is read.

It also gives the JSON Schema that editors use (`rules/schema.json`).
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from lrdiag.checks.interface import Check
from lrdiag.checks.registry import check_kinds
from lrdiag.rulefile.build import kind_of, parameters_of
from lrdiag.rulefile.documents import Document
from lrdiag.rulefile.mistakes import Mistake, did_you_mean
from lrdiag.rulefile.model_errors import kind_word, model_mistakes

Text = Annotated[str, Field(max_length=4_000)]
Words = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=200)]
Severity = Literal["note", "warning", "error"]
RuleId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=80)]
Finite = Annotated[float, Field(allow_inf_nan=False)]

_STRICT = ConfigDict(extra="forbid", strict=True)


class AppliesTo(BaseModel):
    """What a rule applies to; empty lists mean everything."""

    model_config = _STRICT

    roles: Words = Field(default=[], description="roles, `*` allowed: val_loss, val_recall, val_*")
    tags: Words = Field(
        default=[], description="logged names, `*` allowed, or /regular expression/ (RE2)"
    )
    tasks: Words = Field(
        default=[], description="kinds of task, as set in lrdiag.yml under task.kind"
    )


class _Common(BaseModel):
    """What rules of both kinds may say."""

    model_config = _STRICT

    parameters: dict[str, Any] = Field(default={}, description="the check's parameters")
    summary: Text = Field(default="", description="what the rule finds, one line")
    message: Text = Field(default="", description="what was found, with {placeholders}")
    remedy: Text = Field(default="", description="what to do, with {placeholders}")
    why: Text = Field(default="", description="why it matters")
    link: Annotated[str, Field(pattern=r"^(https?://\S+|)$", max_length=500)] = Field(
        default="", description="where to read more"
    )
    scope: Annotated[
        str, Field(pattern=r"^(run|segment|after_drop|after_drop\([1-9][0-9]{0,2}\))$")
    ] = Field(default="run", description="run, segment, after_drop or after_drop(N)")
    hold: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)] = Field(
        default=0.0, alias="for", description="epochs the condition must hold"
    )
    min_confidence: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = Field(
        default=0.0, description="failed findings below this confidence are not judged"
    )
    applies_to: AppliesTo = Field(default=AppliesTo(), description="what it applies to")
    when: Annotated[str, Field(min_length=1, max_length=2_000)] = Field(
        default="", description="the condition of an `expr` rule: the rule fires where it is true"
    )


class RuleModel(_Common):
    """One rule."""

    id: RuleId = Field(description="unique name")
    check: str = Field(default="expr", description="check kind", max_length=80)
    severity: Severity = Field(description="error makes a run unfit to deploy")


class OverrideModel(_Common):
    """Fields of another pack's rule to change; `parameters` are merged."""

    severity: Severity = Field(default="warning", description="new severity")


class RuleFileModel(BaseModel):
    """A rule file."""

    model_config = _STRICT

    version: Literal[1] = Field(description="version of the syntax")
    name: Annotated[str, Field(max_length=80)] = Field(default="", description="name of the pack")
    extends: str | Words = Field(default=[], description="packs to build on: `default` or a file")
    disable: Words = Field(default=[], description="ids of rules to leave out")
    override: dict[str, OverrideModel] = Field(default={}, description="rule id to changed fields")
    rules: Annotated[list[RuleModel], Field(max_length=1_000)] = Field(
        default=[], description="the rules"
    )


def schema_mistakes(document: Document) -> list[Mistake]:
    """All mistakes of shape, type and name in a rule file."""
    if document.root is None:
        return [document.mistake((1, 1), "empty rule file", "write `version: 1` and `rules:`")]
    data = document.root.plain()
    if not isinstance(data, dict):
        return [
            document.mistake(
                (1, 1), f"expected a mapping with the key rules, found {kind_word(data)}"
            )
        ]
    found = list(model_mistakes(document, RuleFileModel, data, ()))
    for path, rule in _rules_in(data):
        found.extend(_check_mistakes(document, rule, path))
    if not data.get("rules") and not any(data.get(k) for k in ("extends", "override", "disable")):
        found.append(
            document.mistake((1, 1), "the file has no rules", "add at least one under `rules:`")
        )
    return found


def _rules_in(data: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], Mapping[str, Any]]]:
    rules = data.get("rules")
    for index, rule in enumerate(rules if isinstance(rules, list) else []):
        if isinstance(rule, dict):
            yield ("rules", index), rule


def _check_mistakes(
    document: Document, rule: Mapping[str, Any], path: tuple[str | int, ...]
) -> Iterator[Mistake]:
    kinds = check_kinds()
    kind = kind_of(rule)
    if not kind:
        if "check" not in rule:
            yield document.mistake(
                document.place_of(path), "missing key 'check' (or 'when')", "name a check kind"
            )
        return
    if kind not in kinds:
        place = document.place_of((*path, "check"))
        yield document.mistake(
            place, f"unknown check kind {kind!r}", did_you_mean(kind, kinds), length=len(kind)
        )
        return
    if isinstance(rule.get("parameters", {}), dict):
        yield from parameter_mistakes(document, kinds[kind], rule, path)


def parameter_mistakes(
    document: Document, kind: type[Check], rule: Mapping[str, Any], path: tuple[str | int, ...]
) -> Iterator[Mistake]:
    """Mistakes in the parameters of one rule's check."""
    model = parameter_model(kind)
    given = parameters_of(rule)
    if "when" not in model.model_fields:
        given.pop("when", None)
    base = (*path, "parameters")
    for mistake in model_mistakes(document, model, given, base):
        # A condition at the rule's own level is checked there.
        if "when" not in rule or not mistake.message.startswith("when:"):
            yield mistake
    if "when" in rule and "when" not in model.model_fields:
        place = document.place_of((*path, "when"), key=True)
        yield document.mistake(
            place, f"'when' belongs to the check kind 'expr', not {kind.kind!r}", length=4
        )


@lru_cache(maxsize=256)
def parameter_model(kind: type[Check]) -> type[BaseModel]:
    """The pydantic model of a check's parameters, made from its dataclass fields."""
    hints = typing.get_type_hints(kind)
    members: dict[str, Any] = {}
    for field in fields(kind):  # type: ignore[arg-type]
        default = (
            ...
            if field.default is MISSING and field.default_factory is MISSING
            else _default(field)
        )
        members[field.name] = (_annotation(hints[field.name]), Field(default))
    name = (
        "".join(part.capitalize() for part in kind.kind.replace("-", "_").split("_")) + "Parameters"
    )
    return create_model(name, __config__=_STRICT, **members)


def _default(field: Any) -> Any:
    value = field.default if field.default is not MISSING else field.default_factory()
    return list(value) if isinstance(value, tuple) else value


def _annotation(hint: Any) -> Any:
    origin = typing.get_origin(hint)
    arguments = typing.get_args(hint)
    if hint is float:
        return Finite
    if origin is tuple:
        return list[_annotation(arguments[0])]  # type: ignore[misc]
    if origin in (typing.Union, types.UnionType):
        return typing.Union[tuple(_annotation(a) for a in arguments)]  # noqa: UP007
    return hint
