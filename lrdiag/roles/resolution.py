"""Tag to role: which logged name is the validation loss, and in which unit.

Roles are resolved by `rules/roles.yml`; what the user says wins. Whatever was ambiguous,
converted or guessed is said in `Roles.notes`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from lrdiag.errors import RoleError
from lrdiag.roles.patterns import MetricPattern, Phrase, RolePatterns, load_role_patterns
from lrdiag.roles.tag_words import find_words, tag_words, without
from lrdiag.runs import Run, Series

KNOWN_METRICS = (
    "loss",
    "accuracy",
    "precision",
    "recall",
    "recall_weighted",
    "f1",
    "auc",
    "map",
    "true_positives",
    "false_positives",
    "false_negatives",
    "true_negatives",
)
ROLE_NAMES = frozenset(
    [f"{split}_{metric}" for split in ("train", "val") for metric in KNOWN_METRICS]
    + ["train_loss_step", "lr", "epoch", "grad_norm"]
)
# Metrics that a script without a validation prefix usually computes on validation data
# (Ultralytics' `metrics/recall`), unless a validation twin of the name exists.
_VALIDATION_BY_HABIT = frozenset(["precision", "recall", "recall_weighted", "f1", "auc", "map"])


@dataclass(frozen=True, slots=True)
class Assignment:
    """A tag's role. `alternatives`: other tags that fit it equally well."""

    role: str
    tag: str
    unit: str
    higher_is_better: bool
    conversion: str = ""
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Roles:
    """Role name to Assignment; `lr_groups`: tags of the param groups' rates in order."""

    assignments: Mapping[str, Assignment] = field(default_factory=dict)
    lr_groups: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def tags(self) -> dict[str, str]:
        """Role name to tag, with `lr` for the first group; `lr[1]` … for further ones."""
        named = {role: a.tag for role, a in self.assignments.items()}
        for index, tag in enumerate(self.lr_groups):
            named["lr" if index == 0 else f"lr[{index}]"] = tag
        return named


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A tag that fits a role, and how well (the lowest `penalty` fits best)."""

    tag: str
    split: str
    pattern: MetricPattern
    penalty: tuple[int, int, int, int]
    per_iteration: bool
    left_over: Phrase
    points: int

    def rivals(self, best: _Candidate) -> bool:
        """Whether this tag fits the role as well as the best one, and is logged as often."""
        return self.penalty == best.penalty and 2 * self.points >= best.points

    def assigned(self, role: str, alternatives: tuple[str, ...] = ()) -> Assignment:
        """What is said of the tag where it is taken for the role."""
        p = self.pattern
        return Assignment(role, self.tag, p.unit, p.higher_is_better, p.conversion, alternatives)


def resolve_roles(run: Run, overrides: Mapping[str, str] | None = None) -> Roles:
    """Roles of a run's tags.

    Args:
        run: the run.
        overrides: role to tag (or a pattern with `*`), which win over the patterns.

    Raises:
        RoleError: an override names a role that does not exist.
    """
    patterns = load_role_patterns()
    chosen, notes = _overridden(run, overrides or {}, patterns)
    taken = {a.tag for a in chosen.values()}
    lr = _lr_groups(run, patterns, chosen, taken)
    candidates = [
        c for tag in run.series if tag not in taken for c in _candidates(tag, run, patterns)
    ]
    for role, assignment, note in _assign(_settled(candidates)):
        if role not in chosen:
            chosen[role] = assignment
            notes.extend([note] if note else [])
    epoch = chosen.get("epoch") or _epoch(run, patterns)
    if epoch:
        chosen["epoch"] = epoch
    return Roles({k: a for k, a in chosen.items() if k != "lr"}, lr, tuple(notes))


def check_role(role: str) -> None:
    """Refuse a name that is no role.

    Raises:
        RoleError: names the roles that exist.
    """
    if role not in ROLE_NAMES and not role.startswith("val_recall/"):
        close = difflib.get_close_matches(role, ROLE_NAMES, 1)
        meant = f" Did you mean {close[0]!r}?" if close else ""
        known = f"Known roles: {', '.join(sorted(ROLE_NAMES))}."
        raise RoleError(f"There is no role {role!r}.{meant}", known)


def _overridden(
    run: Run, overrides: Mapping[str, str], patterns: RolePatterns
) -> tuple[dict[str, Assignment], list[str]]:
    chosen: dict[str, Assignment] = {}
    notes: list[str] = []
    for role, wanted in overrides.items():
        check_role(role)
        found = _matching_tags(run, wanted)
        if not found:
            notes.append(f"No tag matches {wanted!r}, configured as {role}.")
            continue
        chosen[role] = _explicit(role, found, patterns)
    return chosen, notes


def _matching_tags(run: Run, wanted: str) -> tuple[str, ...]:
    if wanted in run.series:
        return (wanted,)
    if "*" not in wanted:
        return ()
    from fnmatch import fnmatchcase

    return tuple(tag for tag in run.series if fnmatchcase(tag, wanted))


def _explicit(role: str, found: tuple[str, ...], patterns: RolePatterns) -> Assignment:
    metric = (
        role.split("/", maxsplit=1)[0]
        .removeprefix("train_")
        .removeprefix("val_")
        .removesuffix("_step")
    )
    fitting = [p for p in patterns.metrics if p.metric == metric]
    words = tag_words(found[0])
    named = next((p for p in fitting if find_words(words, p.phrases)), None)
    pattern = named or next((p for p in fitting if not p.conversion), None)
    if pattern is None:
        return Assignment(role, found[0], "number", False, "", found[1:])
    return Assignment(
        role, found[0], pattern.unit, pattern.higher_is_better, pattern.conversion, found[1:]
    )


def _lr_groups(
    run: Run, patterns: RolePatterns, chosen: Mapping[str, Assignment], taken: set[str]
) -> tuple[str, ...]:
    if "lr" in chosen:
        return (chosen["lr"].tag, *chosen["lr"].alternatives)
    found = [tag for tag in run.series if tag not in taken and _is_lr(tag_words(tag), patterns)]
    return tuple(found)


def _is_lr(words: Phrase, patterns: RolePatterns) -> bool:
    if words in patterns.lr_exact:
        return True
    if patterns.lr_forbidden.intersection(words):
        return False
    return find_words(words, patterns.lr_phrases) is not None


def _epoch(run: Run, patterns: RolePatterns) -> Assignment | None:
    for tag in run.series:
        if tag_words(tag) in patterns.epoch_exact:
            return Assignment("epoch", tag, "epoch", False)
    return None


def _candidates(tag: str, run: Run, patterns: RolePatterns) -> Iterator[_Candidate]:
    words = tag_words(tag)
    sums_up = tag.startswith("summary/") and len(run.series[tag]) == 1  # the whole training
    if sums_up or _is_lr(words, patterns) or words in patterns.epoch_exact:
        return
    for pattern in patterns.metrics:
        phrase = find_words(words, pattern.phrases)
        if phrase is None or pattern.forbidden.intersection(without(words, phrase)):
            continue
        if pattern.at_most is not None and _largest(run.series[tag]) > pattern.at_most:
            continue
        yield _candidate(run.series[tag], without(words, phrase), pattern, phrase, patterns)
        return


def _largest(series: Series) -> float:
    finite = series.value[np.isfinite(series.value)]
    return float(finite.max()) if len(finite) else float("nan")


def _candidate(
    series: Series, rest: Phrase, pattern: MetricPattern, phrase: Phrase, patterns: RolePatterns
) -> _Candidate:
    if phrase[0] in ("trl", "tel"):
        rest = ("train" if phrase[0] == "trl" else "test", *rest)
    split, rank = _split_of(rest, patterns)
    in_split = patterns.splits["train"].keys() | patterns.splits["val"].keys()
    per_iteration = bool(patterns.per_iteration.intersection(rest))
    known = patterns.neutral | patterns.per_iteration | in_split
    left = tuple(w for w in rest if w not in known)
    # Among names that fit equally, the usual word for the metric wins: loss before perplexity.
    order = pattern.phrases.index(phrase)
    penalty = (len(left), int(bool(pattern.conversion)), rank, order)
    return _Candidate(series.tag, split, pattern, penalty, per_iteration, left, len(series))


def _split_of(rest: Phrase, patterns: RolePatterns) -> tuple[str, int]:
    ranks = patterns.splits["val"]
    hits = [ranks[w] for w in rest if w in ranks]
    if hits:
        return "val", min(hits)
    return ("train", 0) if patterns.splits["train"].keys() & set(rest) else ("", 0)


def _settled(candidates: list[_Candidate]) -> list[_Candidate]:
    """Give a split to tags that name none: the training twin of a validation tag, or by habit."""
    from dataclasses import replace

    has_val = {c.pattern.metric for c in candidates if c.split == "val"}
    has_train = {c.pattern.metric for c in candidates if c.split == "train"}
    any_val = bool(has_val)

    def settle(c: _Candidate) -> _Candidate:
        if c.split:
            return c
        metric = c.pattern.metric
        if metric in has_val:
            return replace(c, split="train")
        habit = (
            metric in _VALIDATION_BY_HABIT
            or (metric != "loss" and (metric in has_train or any_val))
            or (metric == "loss" and metric in has_train)
        )
        return replace(c, split="val" if habit else "train")

    return [settle(c) for c in candidates]


def _assign(candidates: list[_Candidate]) -> Iterator[tuple[str, Assignment, str]]:
    grouped: dict[str, list[_Candidate]] = {}
    for candidate in candidates:
        grouped.setdefault(_role_name(candidate), []).append(candidate)
    for role, fitting in grouped.items():
        coarse = [c for c in fitting if not c.per_iteration]
        if role == "train_loss" and coarse and len(coarse) < len(fitting):
            step = min((c for c in fitting if c.per_iteration), key=lambda c: c.penalty)
            yield "train_loss_step", step.assigned("train_loss_step"), ""
        pool = coarse or fitting
        best = min(pool, key=lambda c: (c.penalty, -c.points))
        equal = tuple(c.tag for c in pool if c is not best and c.rivals(best))
        yield role, best.assigned(role, equal), _ambiguity(role, best, equal)


def _role_name(c: _Candidate) -> str:
    if c.pattern.metric == "grad_norm":
        return "grad_norm"
    name = f"{c.split}_{c.pattern.metric}"
    if c.pattern.classes and c.left_over and c.split == "val":
        return f"{name}/{' '.join(c.left_over)}"
    return name


def _ambiguity(role: str, best: _Candidate, equal: tuple[str, ...]) -> str:
    if equal:
        others = ", ".join(repr(tag) for tag in equal[:3])
        return (
            f"{role} is ambiguous: {best.tag!r} is used, {others} would fit as well; "
            f"set it with --role {role}=TAG."
        )
    return ""
