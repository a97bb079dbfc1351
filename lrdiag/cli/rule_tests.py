"""`lrdiag rules test` and `lrdiag rules backtest`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lrdiag.cli.output import say, visible

if TYPE_CHECKING:
    from lrdiag.rulefile.backtest import BacktestedRun
    from lrdiag.rulefile.case_files import TestedRules
    from lrdiag.rulefile.values import RuleSet


@click.command("test")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE|DIR]...")
@click.option(
    "--cases",
    "case_paths",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Case files (default: x.cases.yml beside x.yml, cases/x.yml, cases/x-*.yml).",
)
@click.option("--no-default", is_flag=True, help="Without the shipped default pack below.")
@click.option("--no-mutation", is_flag=True, help="Do not shift thresholds.")
@click.option("--strict", is_flag=True, help="Fail on gaps in coverage and unnoticed thresholds.")
def test(
    *,
    files: tuple[Path, ...],
    case_paths: tuple[Path, ...],
    no_default: bool,
    no_mutation: bool,
    strict: bool,
) -> None:
    """Run rule cases; name outcomes no case shows and thresholds whose shift no case notices.

    Exit codes: 0 all cases pass, 1 a case fails (with --strict: or there are gaps), 2 a file is
    invalid, 3 there are no cases.
    """
    from lrdiag.rulefile.case_files import run_cases

    result = run_cases(files, case_paths, default=not no_default, mutate=not no_mutation)
    for line in _lines(result):
        click.echo(visible(line))
    if not result.cases:
        say("lrdiag: there are no cases: write some beside the rules, see docs/rule_files.md.")
        sys.exit(3)
    gaps = bool(result.gaps or result.survivors)
    sys.exit(1 if result.wrong or (strict and gaps) else 0)


def _lines(result: TestedRules) -> Iterator[str]:
    failing = {case.name for case, _ in result.wrong}
    for case, text in result.wrong:
        yield f"{case.file}:{case.line}: {case.name}: {text}"
    for gap in result.gaps:
        yield f"no case shows that {gap.rule} {_words(gap.missing)}"
    for s in result.survivors:
        tried = " or ".join(f"{v:g}" for v in s.shifted)
        yield f"no case of {s.rule} notices {s.parameter} = {s.value:g} becoming {tried}"
    passed = len(result.cases) - len(failing)
    covered = len(result.rules) - len(result.gaps)
    yield (
        f"{passed} of {len(result.cases)} cases pass; {covered} of {len(result.rules)} rules are "
        f"covered; {len(result.survivors)} thresholds go unnoticed."
    )


def _words(missing: tuple[str, ...]) -> str:
    words = {"fires": "fires", "silent": "stays silent", "not judged": "does not judge"}
    return ", ".join(words[m] for m in missing)


@click.command("backtest")
@click.option("--old", required=True, metavar="FILE|PACK", help="The rules as they were.")
@click.option("--new", required=True, metavar="FILE|PACK", help="The rules as they would be.")
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH..."
)
@click.option("--all", "show_all", is_flag=True, help="Show runs that do not change too.")
def backtest(*, old: str, new: str, paths: tuple[Path, ...], show_all: bool) -> None:
    """Say which past runs change verdict when the rules change.

    Rule files are taken as they stand: let them say `extends: default` to build on it. Exit
    codes: 0 nothing changes, 1 something changes, 2 errors, 3 no run was found.
    """
    from lrdiag.config import load_config
    from lrdiag.rulefile import backtest as backtesting

    runs = list(backtesting.backtest(_rules(old), _rules(new), paths, load_config()))
    for run in runs:
        if run.changed or show_all:
            click.echo(visible(_run_line(run)))
    for rule, (before, after) in backtesting.fire_rates(runs).items():
        if before != after or show_all:
            click.echo(visible(f"{rule}: fires on {before} → {after} of {len(runs)} runs"))
    changed = sum(run.changed for run in runs)
    verdicts = sum(run.old is not run.new for run in runs)
    click.echo(f"{verdicts} of {len(runs)} runs change verdict, {changed} change findings.")
    sys.exit(3 if not runs else 1 if changed else 0)


def _rules(name: str) -> RuleSet:
    from lrdiag.rulefile.load import load_rules
    from lrdiag.rulefile.location import shipped_packs

    return load_rules([shipped_packs().get(name, Path(name))], default=False)


def _run_line(run: BacktestedRun) -> str:
    gained = [f"+{rule}" for rule in sorted(run.new_fires - run.old_fires)]
    lost = [f"-{rule}" for rule in sorted(run.old_fires - run.new_fires)]
    verdict = f"{run.old.value} → {run.new.value}" if run.old is not run.new else run.old.value
    return f"{run.run}: {verdict}  {' '.join((*gained, *lost))}".rstrip()
