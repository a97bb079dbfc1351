"""`lrdiag rules check`: every mistake of every file, and selectors that match nothing in logs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from lrdiag.rulefile.documents import Document, read_document
from lrdiag.rulefile.load import DEFAULT_PACK, rule_files
from lrdiag.rulefile.location import file_of, resolved, shipped_packs, shown
from lrdiag.rulefile.mistakes import InvalidRuleFileError, Mistake, did_you_mean
from lrdiag.rulefile.packs import Layers
from lrdiag.rulefile.scope import tag_matches
from lrdiag.rulefile.values import Rule


def check_files(
    paths: Sequence[Path],
    *,
    default: bool = True,
    tags: Collection[str] | None = None,
    roles: Collection[str] = (),
    trust_compiled: bool = True,
) -> tuple[list[Rule], list[Mistake]]:
    """The rules of files, each checked as it would be used, and all mistakes.

    Args:
        paths: rule files or folders.
        default: whether the default pack is below each file, as in `analyze`.
        tags: names in the given logs (None: no logs were given); roles: their roles.
        trust_compiled: take shipped packs from their generated twins while these are fresh.
    """
    rules: dict[tuple[str, str], Rule] = {}
    mistakes: set[Mistake] = set()
    for path in rule_files(paths):
        layers = _layers(path, default, trust_compiled)
        for rule in layers.rules():
            if rule.file == shown(path):
                rules[rule.file, rule.id] = rule
        mistakes.update(layers.mistakes)
    if tags is not None:
        for rule in rules.values():
            mistakes.update(unmatched(rule, tags, roles))
    return list(rules.values()), sorted(mistakes)


def _layers(path: Path, default: bool, trust_compiled: bool) -> Layers:
    layers = Layers(trust_compiled=trust_compiled)
    pack = shipped_packs().get(DEFAULT_PACK)
    if default and pack is not None and resolved(path) not in _shipped():
        layers.add_file(pack)
    layers.add_file(path)
    return layers


def _shipped() -> set[Path]:
    return {resolved(p) for p in shipped_packs().values()}


def unmatched(rule: Rule, tags: Collection[str], roles: Collection[str]) -> Iterator[Mistake]:
    """Mistakes for the selectors of a rule that match nothing in logs."""
    document = _document(rule.file)
    line = document.lines[rule.line - 1] if document and rule.line else ""
    for kind, selectors, known in (("tags", rule.tags, tags), ("roles", rule.roles, roles)):
        for selector in selectors:
            matches = tag_matches if kind == "tags" else lambda p, t: fnmatchcase(t, p)
            if not any(matches(selector, name) for name in known):
                message = f"rule {rule.id!r}: {kind} {selector!r} match nothing in the given logs"
                hint = did_you_mean(selector, known)
                yield Mistake(rule.file, rule.line, 1, message, hint, line, len(line))
    yield from _unmatched_names(rule, tags, roles, line)


def _unmatched_names(
    rule: Rule, tags: Collection[str], roles: Collection[str], line: str
) -> Iterator[Mistake]:
    when = getattr(rule.check, "when", None)
    if not isinstance(when, str) or rule.check.kind != "expr":
        return
    from lrdiag.checks.expr import condition

    for reference in condition(when).references:
        known = tags if reference.by_tag else roles
        if reference.subject != "run" and reference.subject not in known:
            message = f"rule {rule.id!r}: {reference} names nothing in the given logs"
            hint = did_you_mean(reference.subject, known)
            yield Mistake(rule.file, rule.line, 1, message, hint, line, len(line))


def _document(file: str) -> Document | None:
    try:
        return read_document(file_of(file))
    except InvalidRuleFileError:
        return None


def logged_names(paths: Sequence[Path]) -> tuple[set[str], set[str]]:
    """Tags and roles in logs."""
    from lrdiag.roles.resolution import resolve_roles
    from lrdiag.sources.splits import merge_splits
    from lrdiag.sources.tree import discover, read_location

    tags: set[str] = set()
    roles: set[str] = set()
    for location in merge_splits(discover([str(p) for p in paths])).locations:
        run = read_location(location)
        tags.update(run.series)
        roles.update(resolve_roles(run).tags)
    return tags, roles
