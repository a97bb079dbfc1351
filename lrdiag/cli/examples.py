"""What every `--help` ends with: examples that run as they stand, and the exit codes.

They are in one place so that a test can run them all, and so that no command goes without.
"""

from __future__ import annotations

import click

EXAMPLES: dict[str, tuple[str, ...]] = {
    "analyze": (
        "lrdiag analyze logs/",
        "lrdiag analyze logs/ --format markdown --output report.md",
        "lrdiag analyze log.csv --milestones 30,60 --gamma 0.1",
    ),
    "gate": (
        "lrdiag gate logs/ --policy imbalanced",
        "lrdiag gate logs/ --policy gate.yml --baseline production.json",
    ),
    "schedule": (
        "lrdiag schedule logs/",
        "lrdiag schedule preview --milestones 30,60 --epochs 90",
    ),
    "schedule show": ("lrdiag schedule logs/", "lrdiag schedule logs/ --format json"),
    "schedule preview": (
        "lrdiag schedule preview --milestones 30,60 --epochs 90 --steps-per-epoch 391",
        "lrdiag schedule preview --step-size 30 --gamma 0.5 --epochs 90 --format svg -o rates.svg",
    ),
    "rules": ("lrdiag rules list", "lrdiag rules explain overfitting logs/"),
    "rules list": ("lrdiag rules list", "lrdiag rules list --kinds"),
    "rules check": ("lrdiag rules check our-rules.yml --logs logs/",),
    "rules test": ("lrdiag rules test our-rules.yml",),
    "rules explain": (
        "lrdiag rules explain overfitting",
        "lrdiag rules explain overfitting logs/",
    ),
    "rules backtest": ("lrdiag rules backtest --old default --new our-rules.yml logs/",),
    "compare": (
        "lrdiag compare baseline/ candidate/",
        "lrdiag compare baseline/ candidate/ --fail-on-worse --format markdown",
    ),
    "sweep": (
        "lrdiag sweep logs/ --metric val_loss",
        "lrdiag sweep logs/ --format csv --output sweep.csv",
    ),
    "watch": ("lrdiag watch logs/ --until-unhealthy --idle 3600",),
    "export": (
        "lrdiag export logs/ --output series.json",
        "lrdiag export logs/ --format parquet --output series.parquet",
    ),
    "init": ("lrdiag init logs/",),
    "accept": ('lrdiag accept 0f3a5c7e9b1d2f40 --reason "kept the best checkpoint" --owner ada',),
    "cache": ("lrdiag cache show", "lrdiag cache clear"),
    "cache show": ("lrdiag cache show",),
    "cache clear": ("lrdiag cache clear",),
}
"""Path of a command to its examples."""

_CODES = {
    "analyze": "0 judged, 1 a finding of --fail-on or worse, 2 usage or configuration error, "
    "3 nothing to read or judge.",
    "compare": "0 compared, 1 worse with --fail-on-worse, 2 usage or configuration error, "
    "3 nothing to read.",
    "watch": "0 ended, 1 unhealthy with --until-unhealthy, 2 usage or configuration error, "
    "3 nothing was ever found, 130 interrupted.",
    "rules": "0 fine, 1 failed cases or changed verdicts, 2 usage error or mistakes in a file, "
    "3 nothing to test.",
    "rules check": "0 valid, 2 mistakes or usage error.",
    "sweep": "0 ranked, 2 usage or configuration error, 3 nothing to read.",
    "schedule": "0 shown, 2 usage or configuration error, 3 nothing to read.",
    "schedule show": "0 shown, 2 usage or configuration error, 3 nothing to read.",
    "export": "0 written, 2 usage error, 3 nothing to read.",
}
_DONE = "0 done, 2 usage or configuration error."


def with_examples(command: click.Command, path: str) -> click.Command:
    """The command, and those below it, with examples and exit codes at the end of its help."""
    if command.epilog is None:
        command.epilog = _epilog(command, path)
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            with_examples(inner, f"{path} {name}")
    return command


def _epilog(command: click.Command, path: str) -> str:
    examples = EXAMPLES.get(path, ())
    parts = []
    if examples:
        # \b keeps click from wrapping lines that are to be copied.
        parts.append("\b\n" + "\n".join(["Examples:", *(f"  {line}" for line in examples)]))
    if "xit codes" not in (command.help or ""):
        parts.append("Exit codes: " + _CODES.get(path, _DONE))
    return "\n\n".join(parts)
