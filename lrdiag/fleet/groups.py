"""Runs that differ only by their seed, found from their parameters or their names."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

from lrdiag.errors import ConfigError
from lrdiag.findings import HealthReport, RunReport
from lrdiag.fleet.settings import flat_settings, is_seed, matters
from lrdiag.user_patterns import compiled

SEED_IN_NAME = re.compile(r"(?<![a-z])(seed|rng|repeat|replicate|rep)s?[ _.=-]?(\d+)(?!\d)", re.I)
"""`resnet_seed3`, `seed=3`, `rep-02`: how people name repeated runs."""

MIN_SHARED = 2
"""Settings two runs must share, apart from the seed, before parameters alone group them."""


SHOWN_SETTINGS = 4
"""Settings named behind the name of a group that others share."""


@dataclass(frozen=True, slots=True)
class Group:
    """Runs that should differ by chance only.

    `by` says how they were found: "seed parameter", "name" or what `--group-by` was.
    """

    name: str
    by: str
    runs: tuple[RunReport, ...]


def find_groups(runs: Sequence[RunReport], by: str = "") -> tuple[Group, ...]:
    """Groups of at least two runs, in the order of their first run.

    Args:
        runs: the runs.
        by: names of parameters, separated by commas, whose values make a group, or a regular
            expression with a group `( )` on the run's name; "" looks for seeds.

    Raises:
        ConfigError: no run has such a parameter, or the expression is not valid.
    """
    key = _key_for(by, runs) if by else _automatic_key
    buckets: dict[Hashable, list[RunReport]] = {}
    for run in runs:
        found = key(run)
        if found is not None:
            buckets.setdefault(found, []).append(run)
    how = f"--group-by {by}" if by else ""
    groups = [_group(members, how) for members in buckets.values() if len(members) > 1]
    return _told_apart(groups)


def with_group_names(report: HealthReport, groups: Sequence[Group]) -> tuple[RunReport, ...]:
    """The runs of the report with `group` set."""
    names = {id(run): group.name for group in groups for run in group.runs}
    return tuple(
        replace(run, group=names[id(run)]) if id(run) in names else run for run in report.runs
    )


def _group(members: Sequence[RunReport], how: str) -> Group:
    name = _common_name([run.run for run in members])
    found = "seed parameter" if _seeds(members[0]) else "name"
    return Group(name, how or found, tuple(members))


def _told_apart(groups: Sequence[Group]) -> tuple[Group, ...]:
    """Groups of one name with the settings by which they differ behind it, or a number."""
    alike: dict[str, list[Group]] = {}
    for group in groups:
        alike.setdefault(group.name, []).append(group)
    return tuple(
        group if len(alike[group.name]) == 1 else _with_suffix(group, alike[group.name])
        for group in groups
    )


def _with_suffix(group: Group, alike: Sequence[Group]) -> Group:
    every = [_shared_settings(other) for other in alike]
    own = _shared_settings(group)
    differing = [n for n in own if len({repr(found.get(n)) for found in every}) > 1]
    shown = differing[:SHOWN_SETTINGS]
    told = ", ".join(f"{name} {own[name]}" for name in shown)
    if sum(all(o.get(n) == own[n] for n in shown) for o in every) > 1:
        number = next(at for at, other in enumerate(alike, 1) if other is group)
        told = f"{told}, no. {number}" if told else f"no. {number}"
    return replace(group, name=f"{group.name} ({told})")


def _shared_settings(group: Group) -> dict[str, object]:
    """Settings, apart from seeds, that all runs of a group have in common."""
    first, *others = (flat_settings(run.params) for run in group.runs)
    return {
        name: value
        for name, value in first.items()
        if matters(name) and all(o.get(name) == value for o in others)
    }


def _common_name(names: Sequence[str]) -> str:
    """What the names share, with `*` for what differs; the first name when nothing is shared."""
    masked = {SEED_IN_NAME.sub(r"\1*", name) for name in names}
    if len(masked) == 1:
        return masked.pop()
    start = _shared_start(names)
    end = _shared_start([name[len(start) :][::-1] for name in names])[::-1]
    return f"{start}*{end}" if start or end else f"{names[0]} and {len(names) - 1} more"


def _shared_start(texts: Sequence[str]) -> str:
    low, high = min(texts), max(texts)
    length = next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), len(low))
    return low[:length]


def _seeds(run: RunReport) -> dict[str, object]:
    return {name: value for name, value in flat_settings(run.params).items() if is_seed(name)}


def _automatic_key(run: RunReport) -> Hashable | None:
    """Equal for runs with equal settings that a seed tells apart; None for runs without one."""
    shared = {n: v for n, v in flat_settings(run.params).items() if matters(n)}
    settings = tuple(sorted((name, repr(value)) for name, value in shared.items()))
    roles = tuple(sorted(run.roles))
    if SEED_IN_NAME.search(run.run):
        return ("name", SEED_IN_NAME.sub(r"\1*", run.run), settings, roles)
    if _seeds(run) and len(shared) >= MIN_SHARED:
        return ("seed", settings, roles)
    return None


def _key_for(by: str, runs: Sequence[RunReport]) -> Callable[[RunReport], Hashable | None]:
    return _key_by_pattern(by) if "(" in by else _key_by_parameters(by, runs)


def _key_by_pattern(by: str) -> Callable[[RunReport], Hashable | None]:
    try:
        pattern = compiled(by)
    except ValueError as error:
        raise ConfigError(f"--group-by {by!r}: {error}.", "Correct the expression.") from None

    def key(run: RunReport) -> Hashable | None:
        """What the expression's groups matched; None where it does not match."""
        match = pattern.search(run.run)
        return match.groups() if match else None

    return key


def _key_by_parameters(
    by: str, runs: Sequence[RunReport]
) -> Callable[[RunReport], Hashable | None]:
    names = [name.strip() for name in by.split(",") if name.strip()]
    known = {name for run in runs for name in flat_settings(run.params)}
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise ConfigError(
            f"--group-by {by!r}: no run has a parameter {', '.join(unknown) or repr(by)}.",
            f"Known are {', '.join(sorted(known)[:12]) or 'none'}; or give an expression on the"
            " run's name, such as '(.*)/seed.*'.",
        )

    def key(run: RunReport) -> Hashable | None:
        """The values of the parameters named."""
        found = flat_settings(run.params)
        return tuple(repr(found.get(name)) for name in names)

    return key
