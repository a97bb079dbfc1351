"""`lrdiag rules`: list, check, test, explain and backtest rules."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lrdiag.cli.output import say, visible
from lrdiag.cli.rule_tests import backtest, test

if TYPE_CHECKING:
    from lrdiag.rulefile.values import Rule, RuleSet

_FILES = click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE|DIR]...")
_NO_DEFAULT = click.option(
    "--no-default", is_flag=True, help="Without the shipped default pack below the files."
)


@click.group("rules")
def command() -> None:
    """List, check, test and explain rules."""


@command.command("check")
@_FILES
@_NO_DEFAULT
@click.option(
    "--logs", type=click.Path(path_type=Path), multiple=True, metavar="PATH",
    help="Also name selectors that match nothing in these logs.",
)  # fmt: skip
def check(*, files: tuple[Path, ...], no_default: bool, logs: tuple[Path, ...]) -> None:
    """Check rule files: every mistake at once, with its place.

    FILE is a rule file or a folder of them (default: those of the configuration, or the shipped
    packs). Exit code 2 when there are mistakes.
    """
    from lrdiag.rulefile.verify import check_files, logged_names

    tags, roles = logged_names(logs) if logs else (None, set())
    paths = files or _configured_files()
    rules, mistakes = check_files(paths, default=not no_default, tags=tags, roles=roles)
    for mistake in mistakes[:_SHOWN]:
        click.echo(visible(mistake.render()), err=True)
    errors = sum(m.severity == "error" for m in mistakes)
    if errors:
        left = f" ({len(mistakes) - _SHOWN} not shown)" if len(mistakes) > _SHOWN else ""
        say(f"lrdiag: {errors} mistake{'s' if errors != 1 else ''} in the rule files{left}.")
        sys.exit(2)
    click.echo(f"{len(rules)} rules in {len({r.file for r in rules})} files are valid.")


_SHOWN = 50


def _configured_files() -> tuple[Path, ...]:
    from lrdiag.config import load_config
    from lrdiag.rulefile.location import shipped_packs

    return load_config().rules or tuple(shipped_packs().values())


def _rules(files: tuple[Path, ...], no_default: bool) -> RuleSet:
    from lrdiag.config import load_config
    from lrdiag.rulefile.load import load_rules

    config = load_config()
    return load_rules((*config.rules, *files), default=config.default_rules and not no_default)


@command.command("list")
@_FILES
@_NO_DEFAULT
@click.option("--kinds", is_flag=True, help="List the check kinds instead.")
@click.option("--roles", is_flag=True, help="List the roles and the values of conditions instead.")
def list_rules(*, files: tuple[Path, ...], no_default: bool, kinds: bool, roles: bool) -> None:
    """List the rules in force: id, severity, summary."""
    if kinds:
        from lrdiag.checks.registry import check_kinds

        lines = [(name, _first_line(kind)) for name, kind in check_kinds().items()]
    elif roles:
        from lrdiag.rulefile.vocabulary import rule_vocabulary

        lines = [(role, ", ".join(v)) for role, v in rule_vocabulary().subjects.items()]
    else:
        found = _rules(files, no_default).rules
        lines = [(rule.id, f"{rule.severity.value:<8} {rule.summary}") for rule in found]
    width = max((len(name) for name, _ in lines), default=0)
    for name, text in lines:
        click.echo(visible(f"{name:<{width}}  {text}"))


def _first_line(kind: type) -> str:
    return (kind.__doc__ or "").strip().split("\n")[0]


@command.command("explain")
@click.argument("rule_id", metavar="RULE")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--rules", "files", multiple=True, type=click.Path(path_type=Path), metavar="FILE|DIR",
    help="Rule files besides the configured ones.",
)  # fmt: skip
@_NO_DEFAULT
def explain(
    *, rule_id: str, paths: tuple[str, ...], files: tuple[Path, ...], no_default: bool
) -> None:
    """Explain a rule; with PATH: why it did or did not fire on those runs."""
    from lrdiag.errors import ConfigError
    from lrdiag.rulefile.mistakes import did_you_mean

    rules = {rule.id: rule for rule in _rules(files, no_default).rules}
    rule = rules.get(rule_id)
    if rule is None:
        hint = did_you_mean(rule_id, rules) or "See `lrdiag rules list`."
        raise ConfigError(f"There is no rule {rule_id!r}.", hint[:1].upper() + hint[1:])
    if paths:
        _explain_on_runs(rule, paths)
        return
    from lrdiag.rulefile import explain as explaining
    from lrdiag.rulefile.case_files import case_files_of
    from lrdiag.rulefile.location import file_of

    cases = case_files_of(file_of(rule.file))
    example = explaining.example_of(rule, cases, list(rules))
    click.echo(
        visible(explaining.as_terminal(rule, explaining.explain_rule(rule, example))), nl=False
    )


def _explain_on_runs(rule: Rule, paths: tuple[str, ...]) -> None:
    from lrdiag.config import load_config
    from lrdiag.diagnose import analyze_paths
    from lrdiag.rulefile.explain import trace
    from lrdiag.rulefile.values import RuleSet

    report = analyze_paths(paths, load_config(), rules=RuleSet((rule,)))
    for run in report.runs:
        click.echo(visible(trace(rule, run.run, run.findings)), nl=False)
        if not run.findings:
            click.echo("  the log could not be read")
    if not report.runs:
        say("lrdiag: no run was found.")
        sys.exit(3)


command.add_command(test)
command.add_command(backtest)
