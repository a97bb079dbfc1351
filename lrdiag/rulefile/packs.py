"""Packs upon packs: extends, override and disable, and every mistake of every file at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lrdiag.errors import LrdiagError
from lrdiag.rulefile.build import build_rule, rule_lines
from lrdiag.rulefile.documents import Document, read_document
from lrdiag.rulefile.lint import rule_mistakes
from lrdiag.rulefile.load import DEFAULT_PACK, content_digest, rule_files
from lrdiag.rulefile.location import resolved, shipped_packs, shown
from lrdiag.rulefile.mistakes import InvalidRuleFileError, Mistake, did_you_mean
from lrdiag.rulefile.schema import schema_mistakes
from lrdiag.rulefile.shipped import compiled_data
from lrdiag.rulefile.values import Rule, RuleSet

MAX_FILES = 64


def load_checked(files: Sequence[Path], *, default: bool = True) -> RuleSet:
    """The rules of the default pack and of further files, fully checked.

    Raises:
        InvalidRuleFileError: with all mistakes of all files.
    """
    layers = Layers()
    paths = rule_files(files)
    own_default = shipped_packs().get(DEFAULT_PACK)
    if default and own_default is not None and not any(_same(p, own_default) for p in paths):
        layers.add_file(own_default)
    for path in paths:
        layers.add_file(path)
    rules = layers.rules()
    if layers.errors:
        raise InvalidRuleFileError(layers.errors)
    return RuleSet(tuple(rules), tuple(layers.names), content_digest(layers.contents))


def _same(one: Path, other: Path) -> bool:
    return resolved(one) == resolved(other)


class _Entry:
    """A rule's data while packs change it, and where it stands."""

    def __init__(
        self, data: dict[str, Any], document: Document, path: tuple[str | int, ...], line: int = 0
    ) -> None:
        self.data = data
        self.document = document
        self.path = path
        self.trusted = line > 0
        self.line = line or document.place_of(path)[0]


class Layers:
    """Rules by id, changed by each further file. `mistakes` holds warnings too."""

    def __init__(self, *, trust_compiled: bool = True) -> None:
        self.trust_compiled = trust_compiled
        self.entries: dict[str, _Entry] = {}
        self.mistakes: list[Mistake] = []
        self.names: list[str] = []
        self.contents: list[bytes] = []
        self._done: set[Path] = set()

    @property
    def errors(self) -> list[Mistake]:
        """The mistakes that make the files invalid."""
        return [m for m in self.mistakes if m.severity == "error"]

    def add_file(self, path: Path, chain: tuple[Path, ...] = ()) -> None:
        """Add a file and first what it extends; its mistakes are collected."""
        real = resolved(path)
        if real in self._done:
            return
        self._done.add(real)
        if self.trust_compiled and self._add_compiled(path):
            return
        try:
            document = read_document(path)
        except InvalidRuleFileError as error:
            self.mistakes.extend(error.mistakes)
            return
        self.names.append(shown(path))
        self.contents.append(path.read_bytes())
        found = schema_mistakes(document)
        self.mistakes.extend(found)
        data = document.root.plain() if document.root else None
        if isinstance(data, dict):
            self._extend(document, data, path, (*chain, real))
            self._apply(document, data)

    def _add_compiled(self, path: Path) -> bool:
        """Add a shipped pack from its generated twin, which was checked when it was made."""
        data = compiled_data(path)
        if not isinstance(data, dict) or data.keys() & {"extends", "disable", "override"}:
            return False
        text = path.read_text("utf-8")
        lines = rule_lines(text)
        document = Document(shown(path), None, tuple(text.split("\n")))
        self.names.append(document.file)
        self.contents.append(text.encode())
        for rule in data["rules"]:
            self._add(_Entry(dict(rule), document, (), lines.get(rule["id"], 1)))
        return True

    def _extend(
        self, document: Document, data: Mapping[str, Any], path: Path, chain: tuple[Path, ...]
    ) -> None:
        wanted = data.get("extends")
        names = [wanted] if isinstance(wanted, str) else wanted if isinstance(wanted, list) else []
        for index, name in enumerate(n for n in names if isinstance(n, str)):
            place = document.place_of(
                ("extends", index) if isinstance(wanted, list) else ("extends",)
            )
            target, problem, hint = _pack(name, path)
            if target is not None and resolved(target) in chain:
                problem = f"circular extends: {name!r} leads back to this file"
            elif len(self._done) > MAX_FILES:
                problem = f"too many files: over {MAX_FILES}"
            if problem:
                self.mistakes.append(document.mistake(place, problem, hint, length=len(name)))
            elif target is not None:
                self.add_file(target, chain)

    def _apply(self, document: Document, data: Mapping[str, Any]) -> None:
        disable = data.get("disable")
        for index, rule_id in enumerate(disable if isinstance(disable, list) else []):
            if self._known(document, rule_id, ("disable", index)):
                del self.entries[rule_id]
        override = data.get("override")
        for rule_id, changes in (override if isinstance(override, dict) else {}).items():
            if self._known(document, rule_id, ("override", rule_id)) and isinstance(changes, dict):
                self._override(document, rule_id, changes)
        rules = data.get("rules")
        for index, rule in enumerate(rules if isinstance(rules, list) else []):
            if isinstance(rule, dict):
                self._add(_Entry(dict(rule), document, ("rules", index)))

    def _known(self, document: Document, rule_id: Any, path: tuple[str | int, ...]) -> bool:
        if not isinstance(rule_id, str) or rule_id in self.entries:
            return isinstance(rule_id, str)
        place = document.place_of(path, key=True)
        hint = did_you_mean(rule_id, self.entries) or "extend the pack that defines it"
        message = f"no rule {rule_id!r} to change here"
        self.mistakes.append(document.mistake(place, message, hint, length=len(rule_id)))
        return False

    def _override(self, document: Document, rule_id: str, changes: Mapping[str, Any]) -> None:
        old = self.entries[rule_id]
        merged = {**old.data, **changes}
        if isinstance(changes.get("parameters"), dict):
            merged["parameters"] = {**(old.data.get("parameters") or {}), **changes["parameters"]}
        self.entries[rule_id] = _Entry(merged, document, ("override", rule_id))

    def _add(self, entry: _Entry) -> None:
        rule_id = entry.data.get("id")
        if not isinstance(rule_id, str):
            return
        first = self.entries.get(rule_id)
        if first is None:
            self.entries[rule_id] = entry
            return
        place = entry.document.place_of((*entry.path, "id"))
        where = f"{first.document.file}:{first.line}"
        hint = (
            "change it with `override:`"
            if first.document is not entry.document
            else "give it another id"
        )
        message = f"duplicate rule id {rule_id!r}, already used at {where}"
        self.mistakes.append(entry.document.mistake(place, message, hint, length=len(rule_id)))

    def rules(self) -> list[Rule]:
        """The rules that can be built; what is wrong with the others joins `mistakes`."""
        for entry in self.entries.values():
            if entry.trusted:
                continue
            self.mistakes.extend(rule_mistakes(entry.document, entry.path, entry.data))
        return [rule for entry in self.entries.values() if (rule := self._build(entry)) is not None]

    def _build(self, entry: _Entry) -> Rule | None:
        try:
            return build_rule(entry.data, entry.document.file, entry.line)
        except (KeyError, TypeError, ValueError, AttributeError, LrdiagError) as error:
            # What the schema and the lint named already needs no second word.
            if not any(m.file == entry.document.file for m in self.errors):
                place = entry.document.place_of(entry.path)
                self.mistakes.append(entry.document.mistake(place, f"not a valid rule: {error}"))
            return None


def _pack(name: str, file: Path) -> tuple[Path | None, str, str]:
    """The file of a pack named in `extends`; or what is wrong, and a hint."""
    if not name.endswith((".yml", ".yaml")) and "/" not in name:
        packs = shipped_packs()
        if name in packs:
            return packs[name], "", ""
        return (
            None,
            f"unknown pack {name!r}, not found among the shipped ones",
            did_you_mean(name, packs),
        )
    if "://" in name:
        return None, f"{name!r} is not allowed: only files beside this one can be extended", ""
    folder = resolved(file).parent
    target = resolved(folder / name)
    if Path(name).is_absolute() or not target.is_relative_to(folder):
        return None, f"{name!r} is not allowed: it lies outside the folder of this file", ""
    if not target.is_file():
        return None, f"{name!r} not found beside this file", ""
    return file.parent / name, "", ""
