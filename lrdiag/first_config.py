"""A first `lrdiag.yml` and gate policy, written from what a log shows."""

from __future__ import annotations

import json
from collections.abc import Iterator

from lrdiag.findings import RunReport, ScheduleSummary

POLICY_NAME = "gate.yml"
# Fewer than these say little about a trend; a policy may ask for more.
MIN_POINTS = 10
_QUALITY = ("val_recall", "val_f1", "val_auc", "val_accuracy")
_SETTINGS = ("milestones", "step_size", "gamma", "base_lr")


def config_text(run: RunReport, path: str) -> str:
    """`lrdiag.yml` for runs like this one, with comments that say what to correct."""
    return "\n".join([*_head(run, path), *_roles(run), *_schedule(run.schedule), *_rest()]) + "\n"


def _head(run: RunReport, path: str) -> Iterator[str]:
    yield f"# Written by `lrdiag init` from the run {json.dumps(run.run)} in {json.dumps(path)}."
    yield "# It states what the log shows; correct it to what you meant."


def _roles(run: RunReport) -> Iterator[str]:
    yield ""
    yield "# Which logged name is what (`lrdiag rules list --roles` lists the roles)."
    named = {r: tag for r, tag in run.roles.items() if "[" not in r}
    if not named:
        yield "# No name was recognised; write for example `val_loss: eval/nll` here."
        yield "roles: {}"
        return
    yield "roles:"
    for role, tag in named.items():
        yield f"  {_key(role)}: {json.dumps(tag)}"
    for note in run.role_notes:
        yield f"  # {' '.join(note.split())}"


def _key(text: str) -> str:
    return text if text.replace("_", "").isalnum() and text.isascii() else json.dumps(text)


def _schedule(schedule: ScheduleSummary | None) -> Iterator[str]:
    yield ""
    if schedule is None or schedule.family == "unknown":
        yield "# No learning-rate schedule was recognised. State it like this:"
        yield "# schedule: {milestones: [30, 60], gamma: 0.1, base_lr: 0.1}"
        return
    shown = schedule.configured or schedule.parameters
    settings = {k: shown[k] for k in _SETTINGS if shown.get(k) not in (None, (), [])}
    yield f"# The schedule the log shows: {schedule.family}. lrdiag compares every run with it."
    if not {"milestones", "step_size"} & settings.keys():
        yield f"# {json.dumps({k: _plain(v) for k, v in shown.items()})}"
        return
    yield "schedule:"
    for key, value in settings.items():
        yield f"  {key}: {json.dumps(_plain(value))}"


def _plain(value: object) -> object:
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    return value if isinstance(value, int | float | str | bool) or value is None else str(value)


def _rest() -> Iterator[str]:
    yield ""
    yield "# `lrdiag analyze` exits with 1 from this severity on."
    yield "fail_on: error"
    yield ""
    yield "# What `lrdiag gate` demands."
    yield f"policy: {POLICY_NAME}"


def policy_text(run: RunReport) -> str:
    """A gate policy that asks for what this run logged."""
    roles = [r for r in ("val_loss", *_QUALITY) if r in run.metrics]
    lines = ["# What `lrdiag gate` demands of a run before it may be deployed (docs/gate.md)."]
    lines += ["version: 1", "name: first", "fail_on: error", "require:"]
    lines += [f"  roles: [{', '.join(roles)}]", f"  min_points: {MIN_POINTS}"]
    quality = next((r for r in _QUALITY if r in run.metrics), None)
    if quality is not None:
        lines += ["# A floor for what the model must reach; set it to what the product needs."]
        lines += ["# conditions:", f"#   - {quality}.last >= 0.80"]
    lines += ["# Compare with the model in production: lrdiag gate PATH --baseline report.json"]
    lines += ["# baseline: {required: true}"]
    return "\n".join(lines) + "\n"
