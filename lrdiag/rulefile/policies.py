"""Gate policies from YAML, with every mistake at once and its place."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from lrdiag.findings import Severity
from lrdiag.gate.policy import ALLOWABLE, BaselinePolicy, Condition, Policy
from lrdiag.roles.resolution import ROLE_NAMES
from lrdiag.rulefile.documents import Document, read_document
from lrdiag.rulefile.expressions import parse_condition
from lrdiag.rulefile.lint import condition_mistakes
from lrdiag.rulefile.location import rules_folder
from lrdiag.rulefile.mistakes import InvalidPolicyError, Mistake, did_you_mean
from lrdiag.rulefile.model_errors import model_mistakes
from lrdiag.rulefile.schema import Finite, Text, Words
from lrdiag.rulefile.vocabulary import policy_vocabulary

_STRICT = ConfigDict(extra="forbid", strict=True)
Whole = Annotated[int, Field(ge=0, le=10**9)]


class ConditionModel(BaseModel):
    """A condition with words of its own."""

    model_config = _STRICT

    when: Annotated[str, Field(min_length=1, max_length=2_000)] = Field(description="must hold")
    message: Text = Field(default="", description="what it means when it does not hold")
    covers: Words = Field(
        default=[], description="rules that say the same: told on this line when it does not hold"
    )


class RequireModel(BaseModel):
    """What must be there."""

    model_config = _STRICT

    roles: Words = Field(default=[], description="roles that must have been logged")
    rules: Words = Field(default=[], description="rules that must have been judged")
    min_points: Whole = Field(default=0, description="points every required role must have")


class BaselineModel(BaseModel):
    """How to compare with the report of the model in production."""

    model_config = _STRICT

    required: bool = Field(default=False, description="undecided without --baseline")
    metrics: dict[str, Annotated[Finite, Field(ge=0)]] = Field(
        default={}, description="role: margin by which its last value may be worse"
    )
    noise: Annotated[Finite, Field(ge=0, le=10)] = Field(
        default=2.0, description="standard deviations of the difference added to the margin"
    )


class PolicyModel(BaseModel):
    """A gate policy."""

    model_config = _STRICT

    version: Literal[1] = Field(description="version of the syntax")
    name: Annotated[str, Field(max_length=80)] = Field(default="", description="name of the policy")
    packs: Words = Field(default=[], description="shipped rule packs the policy needs")
    fail_on: Literal["note", "warning", "error", "never"] = Field(
        default="error", description="severity from which a failed finding fails the gate"
    )
    judge_by: Words = Field(default=[], description="the only rules that count (default: all)")
    require: RequireModel = Field(default=RequireModel(), description="what must be there")
    conditions: list[str | ConditionModel] = Field(
        default=[], description="must hold for every run"
    )
    baseline: BaselineModel = Field(default=BaselineModel(), description="comparison")
    allow: Words = Field(default=[], description="what may stay undecided, by name")


def shipped_policies() -> dict[str, Path]:
    """Name of a shipped policy to its file."""
    return {p.stem: p for p in sorted((rules_folder() / "policies").glob("*.yml"))}


def load_policy(source: Path | str, rules: Collection[str] | None = None) -> Policy:
    """A policy from a file, or a shipped one by name.

    Args:
        source: a file, or the name of a shipped policy.
        rules: ids of the rules in force, to check those that are named (None: not checked).

    Raises:
        InvalidPolicyError: with all mistakes.
    """
    path = shipped_policies().get(str(source), Path(source))
    if not path.is_file():
        known = did_you_mean(str(source), shipped_policies())
        raise InvalidPolicyError([Mistake(str(source), 0, 0, "no such policy file or name", known)])
    document = read_document(path)
    mistakes = list(policy_mistakes(document, rules))
    if mistakes:
        raise InvalidPolicyError(mistakes)
    data = document.root.plain() if document.root else {}
    return _policy(PolicyModel.model_validate(data), document.file)


def policy_mistakes(document: Document, rules: Collection[str] | None = None) -> Iterator[Mistake]:
    """All mistakes in a policy file."""
    data = document.root.plain() if document.root else None
    if not isinstance(data, dict):
        yield document.mistake((1, 1), "expected a mapping", "see docs/gate.md")
        return
    yield from model_mistakes(document, PolicyModel, data, ())
    yield from _condition_mistakes(document, data)
    yield from _name_mistakes(document, data, rules)


def _condition_mistakes(document: Document, data: Mapping[str, Any]) -> Iterator[Mistake]:
    conditions = data.get("conditions")
    for index, entry in enumerate(conditions if isinstance(conditions, list) else []):
        path: tuple[str | int, ...] = ("conditions", index)
        text = entry
        if isinstance(entry, Mapping):
            path, text = (*path, "when"), entry.get("when")
        if isinstance(text, str):
            yield from condition_mistakes(document, path, text, policy_vocabulary(), floor=True)


def _name_mistakes(
    document: Document, data: Mapping[str, Any], rules: Collection[str] | None
) -> Iterator[Mistake]:
    require = data.get("require")
    baseline = data.get("baseline")
    groups: list[tuple[tuple[str | int, ...], Any, str, Collection[str] | None, str]] = [
        (("require", "roles"), require, "roles", ROLE_NAMES, "role"),
        (("require", "rules"), require, "rules", rules, "rule"),
        (("judge_by",), data, "judge_by", rules, "rule"),
        (("baseline", "metrics"), baseline, "metrics", ROLE_NAMES, "role"),
    ]
    conditions = data.get("conditions")
    groups += [
        (("conditions", index, "covers"), entry, "covers", rules, "rule")
        for index, entry in enumerate(conditions if isinstance(conditions, list) else [])
    ]
    for path, holder, key, known, what in groups:
        names = holder.get(key) if isinstance(holder, Mapping) else None
        if known is None or not isinstance(names, list | dict):
            continue
        for index, name in enumerate(names):
            if isinstance(name, str) and name.partition("/")[0] not in known:
                place = document.place_of(
                    (*path, name if isinstance(names, dict) else index), key=True
                )
                hint = did_you_mean(name, known)
                yield document.mistake(place, f"unknown {what} {name!r}", hint, length=len(name))
    yield from _allow_mistakes(document, data)


def _allow_mistakes(document: Document, data: Mapping[str, Any]) -> Iterator[Mistake]:
    allow = data.get("allow")
    for index, name in enumerate(allow if isinstance(allow, list) else []):
        base = str(name).partition(":")[0]
        place = document.place_of(("allow", index))
        if base not in ALLOWABLE:
            hint = did_you_mean(base, ALLOWABLE)
            yield document.mistake(
                place, f"nothing is called {name!r} here", hint, length=len(str(name))
            )
        elif "(" in ALLOWABLE[base] and ":" not in str(name):
            message = f"{name!r} is too wide: say which, {ALLOWABLE[base]}"
            yield document.mistake(place, message, length=len(str(name)))
        elif fnmatchcase(str(name), "*[*?]*"):
            yield document.mistake(
                place, f"{name!r}: patterns are not allowed, name the very thing"
            )


def _policy(model: PolicyModel, file: str) -> Policy:
    return Policy(
        name=model.name,
        fail_on=None if model.fail_on == "never" else Severity(model.fail_on),
        roles=tuple(model.require.roles),
        rules=tuple(model.require.rules),
        min_points=model.require.min_points,
        judge_by=tuple(model.judge_by),
        conditions=tuple(_condition(c) for c in model.conditions),
        baseline=BaselinePolicy(
            model.baseline.required, dict(model.baseline.metrics), model.baseline.noise
        ),
        allow=tuple(model.allow),
        packs=tuple(model.packs),
        file=file,
    )


def _condition(entry: str | ConditionModel) -> Condition:
    model = ConditionModel(when=entry) if isinstance(entry, str) else entry
    condition = parse_condition(model.when, policy_vocabulary())
    return Condition(condition, model.message, tuple(model.covers))
