"""Where the cases of a rule file lie, and running them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lrdiag.errors import LrdiagError
from lrdiag.rulefile.cases import Case, CaseFile, judge_case, load_cases, view_of_case
from lrdiag.rulefile.coverage import Gap, Survivor, survivors, uncovered
from lrdiag.rulefile.load import DEFAULT_PACK, load_rules, rule_files
from lrdiag.rulefile.location import resolved, shipped_packs, shown
from lrdiag.rulefile.values import Rule
from lrdiag.view import RunView


@dataclass(frozen=True, slots=True)
class TestedRules:
    """The result of `lrdiag rules test`. `wrong`: what a case says otherwise than expected."""

    cases: tuple[Case, ...]
    rules: tuple[Rule, ...]
    wrong: tuple[tuple[Case, str], ...] = ()
    gaps: tuple[Gap, ...] = ()
    survivors: tuple[Survivor, ...] = ()
    unmutated: tuple[tuple[str, str, str], ...] = field(default=())


def case_files_of(rule_file: Path) -> list[Path]:
    """The case files of `x.yml`: `x.cases.yml` beside it, `cases/x.yml`, `cases/x-*.yml`."""
    folder, stem = rule_file.parent, rule_file.stem
    beside = [folder / f"{stem}.cases.yml", folder / "cases" / f"{stem}.yml"]
    further = sorted((folder / "cases").glob(f"{stem}-*.yml"))
    return [path for path in (*beside, *further) if path.is_file()]


def run_cases(
    files: Sequence[Path],
    case_paths: Sequence[Path] = (),
    *,
    default: bool = True,
    mutate: bool = True,
) -> TestedRules:
    """Run the cases of rule files and look for gaps in them.

    Args:
        files: rule files or folders (none: the shipped default pack).
        case_paths: case files (none: those that lie beside the rule files).
        default: whether the default pack is below the files.
        mutate: also shift every threshold, once all cases pass.

    Raises:
        InvalidRuleFileError: a rule or case file holds mistakes.
    """
    pack = shipped_packs()[DEFAULT_PACK]
    paths = rule_files(files) or [pack]
    own = [path for path in paths if resolved(path) != resolved(pack)]
    base = default or len(own) < len(paths)
    rules = {rule.id: rule for rule in load_rules(own, default=base).rules}
    found = list(case_paths) or [case for path in paths for case in case_files_of(path)]
    file = load_cases(found, list(rules))
    names = {shown(path) for path in paths}
    tested = {i: rule for i, rule in rules.items() if rule.file in names}
    return _judged(file, rules, tested, mutate)


def _judged(
    file: CaseFile, rules: dict[str, Rule], tested: dict[str, Rule], mutate: bool
) -> TestedRules:
    views: dict[int, RunView] = {}
    wrong: list[tuple[Case, str]] = []
    for index, case in enumerate(file.cases):
        try:
            views[index] = view_of_case(case)
        except LrdiagError as error:
            wrong.append((case, str(error)))
            continue
        wrong.extend((case, text) for text in judge_case(case, rules, views[index]))
    alive = survivors(file, tested, views) if mutate and not wrong else []
    return TestedRules(
        file.cases,
        tuple(tested.values()),
        tuple(wrong),
        tuple(uncovered(file.cases, list(tested.values()))),
        tuple(alive),
        tuple((r, p, why) for r, given in file.unmutated.items() for p, why in given.items()),
    )
