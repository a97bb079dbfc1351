"""Rule cases: curves in short notation and what the rules must say about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from lrdiag.findings import Finding, Severity, Status
from lrdiag.rulefile.documents import Document, read_document
from lrdiag.rulefile.evaluate import evaluate_rule, unmatched_facts
from lrdiag.rulefile.mistakes import InvalidRuleFileError, Mistake, did_you_mean
from lrdiag.rulefile.model_errors import model_mistakes
from lrdiag.rulefile.schema import Text, Words
from lrdiag.rulefile.series_notation import parse_series
from lrdiag.rulefile.values import Rule
from lrdiag.runs import Run, Series
from lrdiag.view import RunView

_STRICT = ConfigDict(extra="forbid", strict=True)
Whole = Annotated[int, Field(ge=0, le=10**9)]


class FiringModel(BaseModel):
    """A finding that must be there."""

    model_config = _STRICT

    rule: str = Field(description="rule id")
    severity: Literal["note", "warning", "error"] | None = Field(
        default=None, description="its severity"
    )
    step: Whole | Annotated[list[Whole], Field(min_length=2, max_length=2)] | None = Field(
        default=None, description="the step it starts at, or [earliest, latest]"
    )
    drop: Annotated[int, Field(ge=1)] | None = Field(default=None, description="which drop")


class CaseModel(BaseModel):
    """One case."""

    model_config = _STRICT

    name: Annotated[str, Field(min_length=1, max_length=200)] = Field(description="what it shows")
    series: Annotated[dict[str, str | int | float], Field(min_length=1, max_length=100)] = Field(
        description="logged name: curve in series notation"
    )
    first_step: Whole = Field(default=0, description="step of the first row")
    steps_per_row: Annotated[int, Field(ge=1, le=10**6)] = Field(
        default=1, description="steps between rows"
    )
    restarts: list[Whole] = Field(default=[], description="steps from which a resumed run wrote")
    params: dict[str, Any] = Field(default={}, description="hyper-parameters beside the log")
    settings: dict[str, Any] = Field(
        default={}, description="as in lrdiag.yml: schedule, task, roles, epochs, steps_per_epoch"
    )
    fires: list[str | FiringModel] = Field(default=[], description="findings that must be there")
    silent: Words = Field(default=[], description="rules that must be judged and not fire")
    not_judged: Words = Field(default=[], description="rules that must say they cannot tell")
    not_applicable: Words = Field(default=[], description="rules whose roles are absent")


class CaseFileModel(BaseModel):
    """A file of cases."""

    model_config = _STRICT

    version: Literal[1] = Field(description="version of the syntax")
    about: Text = Field(default="", description="what the file is for")
    cases: Annotated[list[CaseModel], Field(max_length=2_000)] = Field(description="the cases")
    unmutated: dict[str, dict[str, str]] = Field(
        default={}, description="rule: {parameter: why shifting it may go unnoticed}"
    )


@dataclass(frozen=True, slots=True)
class Firing:
    """A finding that must be there; None: any."""

    rule: str
    severity: Severity | None = None
    steps: tuple[int, int] | None = None
    drop: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One case, ready to run. `file`, `line`: where it stands."""

    name: str
    run: Run
    settings: Mapping[str, Any]
    fires: tuple[Firing, ...]
    silent: tuple[str, ...]
    not_judged: tuple[str, ...]
    not_applicable: tuple[str, ...]
    file: str
    line: int

    @property
    def rules(self) -> tuple[str, ...]:
        """Every rule the case says something about."""
        named = [f.rule for f in self.fires]
        return tuple(dict.fromkeys([*named, *self.silent, *self.not_judged, *self.not_applicable]))


@dataclass(frozen=True, slots=True)
class CaseFile:
    """The cases of a file and the thresholds it excuses from mutation."""

    cases: tuple[Case, ...]
    unmutated: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def load_cases(paths: Sequence[Path], known: Sequence[str]) -> CaseFile:
    """The cases of files.

    Args:
        paths: case files.
        known: ids of the rules under test.

    Raises:
        InvalidRuleFileError: with all mistakes of all files.
    """
    cases: list[Case] = []
    unmutated: dict[str, Mapping[str, str]] = {}
    mistakes: list[Mistake] = []
    for path in paths:
        try:
            document = read_document(path)
        except InvalidRuleFileError as error:
            mistakes.extend(error.mistakes)
            continue
        found = list(_file_mistakes(document, known))
        mistakes.extend(found)
        if not found and document.root is not None:
            model = CaseFileModel.model_validate(document.root.plain())
            cases.extend(build_case(c, document, i) for i, c in enumerate(model.cases))
            unmutated.update(model.unmutated)
    if mistakes:
        raise InvalidRuleFileError(mistakes, "case file")
    return CaseFile(tuple(cases), unmutated)


def _file_mistakes(document: Document, known: Sequence[str]) -> Iterator[Mistake]:
    data = document.root.plain() if document.root else None
    if not isinstance(data, dict):
        yield document.mistake((1, 1), "expected a mapping with the key cases")
        return
    yield from model_mistakes(document, CaseFileModel, data, ())
    cases = data.get("cases")
    for index, case in enumerate(cases if isinstance(cases, list) else []):
        if isinstance(case, dict):
            yield from _case_mistakes(document, case, ("cases", index), known)


def _case_mistakes(
    document: Document, case: Mapping[str, Any], path: tuple[str | int, ...], known: Sequence[str]
) -> Iterator[Mistake]:
    series = case.get("series")
    for tag, text in (series if isinstance(series, dict) else {}).items():
        try:
            parse_series(str(text))
        except ValueError as error:
            yield document.mistake(document.place_of((*path, "series", tag)), str(error))
    named = 0
    for key in ("fires", "silent", "not_judged", "not_applicable"):
        entries = case.get(key)
        for at, entry in enumerate(entries if isinstance(entries, list) else []):
            rule = entry.get("rule") if isinstance(entry, dict) else entry
            named += 1
            if isinstance(rule, str) and rule not in known:
                place = document.place_of((*path, key, at))
                hint = did_you_mean(rule, known)
                yield document.mistake(place, f"unknown rule {rule!r}", hint, length=len(rule))
    if not named:
        hint = "add fires, silent or not_judged"
        yield document.mistake(document.place_of(path), "the case expects nothing", hint)


def build_case(model: CaseModel, document: Document, index: int) -> Case:
    """A case from its checked data, at an index of its file."""
    return Case(
        name=model.name,
        run=_run(model),
        settings=model.settings,
        fires=tuple(_firing(f) for f in model.fires),
        silent=tuple(model.silent),
        not_judged=tuple(model.not_judged),
        not_applicable=tuple(model.not_applicable),
        file=document.file,
        line=document.place_of(("cases", index))[0],
    )


def _firing(model: str | FiringModel) -> Firing:
    if isinstance(model, str):
        return Firing(model)
    step = model.step
    steps = (step, step) if isinstance(step, int) else (step[0], step[1]) if step else None
    return Firing(
        model.rule, Severity(model.severity) if model.severity else None, steps, model.drop
    )


def _run(model: CaseModel) -> Run:
    series = {tag: _series(tag, str(text), model) for tag, text in model.series.items()}
    origin = "params of the case" if model.params else ""
    return Run(name=model.name, series=series, params=model.params, params_origin=origin)


def _series(tag: str, text: str, model: CaseModel) -> Series:
    value, logged = parse_series(text, tag)
    step = model.first_step + np.arange(len(value), dtype=np.int64) * model.steps_per_row
    kept = step[logged]
    wall = np.full(len(kept), np.nan)
    return Series(tag, kept, wall, value[logged], restarts=tuple(model.restarts))


def view_of_case(case: Case) -> RunView:
    """The run of a case as the checks see it.

    Raises:
        ConfigError, ScheduleError: the case's settings are not valid.
    """
    from lrdiag.config import config_from
    from lrdiag.diagnose import view_of

    view, _, _ = view_of(case.run, config_from(case.settings, Path(case.file)))
    return view


def judge_case(case: Case, rules: Mapping[str, Rule], view: RunView) -> list[str]:
    """What a case's rules say otherwise than expected; empty when all is as expected."""
    found = {rule: evaluate_rule(rules[rule], replace(view, cache={})) for rule in case.rules}
    wrong = [text for firing in case.fires if (text := _unfired(firing, found[firing.rule]))]
    for rule in case.fires:
        wrong.extend(_unfilled(rules[rule.rule], found[rule.rule]))
    expected = (
        (case.silent, Status.PASSED, "to be judged and not to fire"),
        (case.not_judged, Status.NOT_JUDGED, "not to be judged"),
        (case.not_applicable, Status.NOT_APPLICABLE, "not to be applicable"),
    )
    for names, status, words in expected:
        wrong.extend(t for name in names if (t := _otherwise(name, found[name], status, words)))
    return wrong


def _unfired(firing: Firing, found: Sequence[Finding]) -> str:
    failed = [f for f in found if f.status is Status.FAILED]
    if any(_fits(firing, f) for f in failed):
        return ""
    wanted = [f"severity {firing.severity.value}"] if firing.severity else []
    wanted += [f"drop {firing.drop}"] if firing.drop else []
    wanted += [f"starting at step {firing.steps[0]} to {firing.steps[1]}"] if firing.steps else []
    details = f" ({', '.join(wanted)})" if wanted else ""
    return f"{firing.rule}: expected to fire{details}, {_said(failed or found)}"


def _fits(firing: Firing, finding: Finding) -> bool:
    if firing.severity is not None and finding.severity is not firing.severity:
        return False
    if firing.drop is not None and finding.drop != firing.drop:
        return False
    if firing.steps is None:
        return True
    first = finding.first_step
    return first is not None and firing.steps[0] <= first <= firing.steps[1]


def _otherwise(rule: str, found: Sequence[Finding], status: Status, words: str) -> str:
    right = any(f.status is status for f in found)
    wrong = any(f.status in (Status.FAILED, Status.ERROR) for f in found)
    return "" if right and not wrong else f"{rule}: expected {words}, {_said(found)}"


def _said(found: Sequence[Finding]) -> str:
    finding = max(found, key=lambda f: f.status is Status.FAILED)
    where = f" from step {finding.first_step}" if finding.first_step is not None else ""
    drop = f" at drop {finding.drop}" if finding.drop else ""
    number = "" if finding.observed is None else f", observed {finding.observed:.4g}"
    reason = f": {finding.reason}" if finding.reason else ""
    severity = f" ({finding.severity.value})" if finding.status is Status.FAILED else ""
    return f"found {finding.status.value}{severity}{where}{drop}{number}{reason}"


def _unfilled(rule: Rule, found: Sequence[Finding]) -> Iterator[str]:
    for finding in found:
        if finding.status is Status.FAILED:
            for name, text in unmatched_facts(rule, finding).items():
                yield f"{rule.id}: a placeholder of its {name} found no fact: {text}"
                return
