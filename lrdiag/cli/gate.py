"""`lrdiag gate`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lrdiag.cli.options import config_from_options, config_options, paths_argument
from lrdiag.cli.output import say, visible
from lrdiag.cli.outputs import output_options, write_reports

if TYPE_CHECKING:
    from lrdiag.config import Config
    from lrdiag.gate.decision import Decision
    from lrdiag.gate.policy import Policy
    from lrdiag.rulefile.values import RuleSet

_READABLE = ("terminal", "term", "github")  # may share stdout with the decision
_WORDS = ("passed", "failed", "error", "undecided")


@click.command("gate")
@paths_argument
@click.option(
    "--policy",
    metavar="FILE|NAME",
    help="What is demanded: a policy file, or a shipped one (minimal, imbalanced, strict).",
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="JSON report of the model in production, which the runs must not fall behind.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["note", "warning", "error", "never"]),
    default=None,
    help="Severity that fails the gate (default: the policy's, else error).",
)
@output_options
@config_options
def command(
    *,
    paths: tuple[str, ...],
    policy: str | None,
    baseline: Path | None,
    fail_on: str | None,
    formats: tuple[str, ...],
    outputs: tuple[Path, ...],
    **options: Any,
) -> None:
    """Decide whether runs may be deployed; fails closed.

    Exit codes: 0 passed, 1 failed, 2 usage, configuration or internal error, 3 undecided: a
    required metric is missing or not finite, a log is damaged, nothing could be judged. What
    is undecided blocks unless the policy allows that very thing by name.
    """
    from lrdiag.diagnose import analyze_paths
    from lrdiag.gate.baseline import read_baseline
    from lrdiag.gate.decision import decide

    config = config_from_options(**options)
    demanded, rules = _policy_and_rules(policy, config)
    if fail_on:
        demanded = replace(demanded, fail_on=_severity(fail_on))
    former = read_baseline(baseline) if baseline else None
    report = analyze_paths(paths, config, rules=rules)
    decision = decide(report, demanded, former)
    if formats or outputs:
        write_reports(report, formats, outputs, verbose=False)
    printed = formats[len(outputs) :]
    _tell(decision, to_stderr=any(name not in _READABLE for name in printed))
    sys.exit(decision.exit_code)


def _severity(text: str) -> Any:
    from lrdiag.findings import Severity

    return None if text == "never" else Severity(text)


def _policy_and_rules(name: str | None, config: Config) -> tuple[Policy, RuleSet]:
    from lrdiag.gate.policy import Policy
    from lrdiag.rulefile.load import load_rules
    from lrdiag.rulefile.location import shipped_packs

    source = name or (str(config.policy) if config.policy else None)
    if source is None:
        return Policy(), load_rules(config.rules, default=config.default_rules)
    from lrdiag.rulefile.policies import load_policy

    demanded = load_policy(source)
    packs = tuple(shipped_packs()[p] for p in demanded.packs)
    rules = load_rules((*config.rules, *packs), default=config.default_rules)
    known = {rule.id for rule in rules.rules}
    return load_policy(source, known), rules


def _tell(decision: Decision, *, to_stderr: bool) -> None:
    """The decision on one line, each reason on one line below it."""
    runs = f"{decision.runs} run{'s' if decision.runs != 1 else ''}"
    lines = [f"gate: {_WORDS[decision.exit_code]} ({runs})"]
    lines += [f"  {_WORDS[reason.outcome]}: {reason}" for reason in decision.reasons]
    lines += [f"  allowed by the policy ({reason.name}): {reason}" for reason in decision.allowed]
    lines += [f"  note: {note}" for note in decision.notes]
    for line in lines:
        text = visible(" ".join(line.split("\n")))
        if to_stderr:
            say(text)
        else:
            click.echo(text)
