"""YAML files read safely: no tags, aliases, duplicates, depth or size; every value knows its place.

ruamel.yaml is used as a parser of events only (YAML 1.2: `1e-3` is a number, `on` is a word);
nothing is constructed by it, so no file can make objects, expand aliases or recurse. The limits
refuse every bomb that `docs/accuracy.md` lists before memory or time is spent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lrdiag.rulefile.location import shown
from lrdiag.rulefile.mistakes import InvalidRuleFileError, Mistake
from lrdiag.rulefile.scalars import plain_scalar

MAX_BYTES = 131_072
MAX_DEPTH = 32
MAX_EVENTS = 8_000
# ruamel's scanner looks ahead along a line: long ones cost seconds, and nobody writes them.
MAX_LINE = 2_000


@dataclass(slots=True)
class Node:
    """A value and its place (1-based). `value` is a dict of Nodes, a list of Nodes or a scalar.

    `keys`: for a mapping, the place of each key.
    """

    value: Any
    line: int
    column: int
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)

    def plain(self) -> Any:
        """The value without places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file. `root` is None for an empty one; `lines` is its text."""

    file: str
    root: Node | None
    lines: tuple[str, ...]

    def mistake(
        self,
        place: tuple[int, int],
        message: str,
        hint: str = "",
        *,
        length: int = 1,
        severity: str = "error",
    ) -> Mistake:
        """A mistake at a line and column of this file."""
        line, column = place
        source = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return Mistake(self.file, line, column, message, hint, source, length, severity)

    def place_of(self, path: tuple[str | int, ...], *, key: bool = False) -> tuple[int, int]:
        """Line and column of the value at a path (of its key with `key`), as deep as it exists."""
        node = self.root
        place = (node.line, node.column) if node else (1, 1)
        for depth, part in enumerate(path):
            if node is None:
                break
            last = depth == len(path) - 1
            if isinstance(node.value, dict) and part in node.value:
                place = node.keys[str(part)]
                node = node.value[part]
            elif isinstance(node.value, list) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                place = (node.line, node.column)
            else:
                break
            if last and not key and node is not None:
                place = (node.line, node.column)
        return place


def load_document(path: Path) -> Any:
    """The plain content of a YAML file (None when empty).

    Raises:
        InvalidRuleFileError: not readable, not valid YAML, or over a limit.
    """
    root = read_document(path).root
    return None if root is None else root.plain()


def read_document(path: Path) -> Document:
    """The content of a YAML file with places.

    Raises:
        InvalidRuleFileError: not readable, not valid YAML, or over a limit.
    """
    return parse_document(_read_text(path), shown(path))


def _read_text(path: Path) -> str:
    name = shown(path)
    try:
        if not path.is_file():
            raise InvalidRuleFileError(
                [Mistake(name, 0, 0, "no such file (or not a regular file)")]
            )
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidRuleFileError(
            [Mistake(name, 0, 0, f"cannot be read: {error.strerror}")]
        ) from None
    if len(raw) > MAX_BYTES:
        message = f"too large: over {MAX_BYTES} bytes, the limit for a rule file"
        raise InvalidRuleFileError([Mistake(name, 0, 0, message)])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidRuleFileError([_bad_byte(name, raw, error)]) from None


def _bad_byte(name: str, raw: bytes, error: UnicodeDecodeError) -> Mistake:
    before = raw[: error.start]
    line = before.count(b"\n") + 1
    column = error.start - (before.rfind(b"\n") + 1) + 1
    source = raw.split(b"\n")[line - 1].decode("utf-8", "replace")
    message = f"byte 0x{raw[error.start]:02x} is not UTF-8"
    return Mistake(name, line, column, message, "save the file with the encoding UTF-8", source)


def parse_document(text: str, file: str) -> Document:
    """YAML text with places.

    Raises:
        InvalidRuleFileError: not valid YAML, or over a limit (all duplicate keys at once).
    """
    document = Document(file, None, tuple(text.split("\n")))
    for number, line in enumerate(document.lines, 1):
        if len(line) > MAX_LINE:
            message = f"line too long: {len(line)} characters, the limit is {MAX_LINE}"
            raise InvalidRuleFileError([document.mistake((number, MAX_LINE + 1), message)])
    builder = _Builder(document)
    root = builder.build(_events(document, text))
    if builder.mistakes:
        raise InvalidRuleFileError(builder.mistakes)
    return Document(file, root, document.lines)


def _events(document: Document, text: str) -> Iterator[Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    # The limits are checked here, while parsing, so that a bomb costs no more than they allow.
    depth = 0
    try:
        for count, event in enumerate(YAML(typ="safe", pure=True).parse(text)):
            place = (event.start_mark.line + 1, event.start_mark.column + 1)
            depth += _nesting(event)
            if depth > MAX_DEPTH:
                raise InvalidRuleFileError(
                    [document.mistake(place, f"too deep: over {MAX_DEPTH} levels of nesting")]
                )
            if count > MAX_EVENTS:
                raise InvalidRuleFileError(
                    [document.mistake(place, f"too many values: over {MAX_EVENTS}")]
                )
            yield event
    except MarkedYAMLError as error:
        raise InvalidRuleFileError([_syntax_mistake(document, error)]) from None
    except (YAMLError, ValueError, RecursionError, IndexError, TypeError, AttributeError) as error:
        message = (
            f"not valid YAML: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
        )
        raise InvalidRuleFileError(
            [document.mistake(_reader_place(document, error), message)]
        ) from None


def _reader_place(document: Document, error: Exception) -> tuple[int, int]:
    position = getattr(error, "position", None)
    if not isinstance(position, int):
        return (1, 1)
    before = "\n".join(document.lines)[:position]
    return (before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1)


def _nesting(event: Any) -> int:
    name = type(event).__name__
    if name in ("MappingStartEvent", "SequenceStartEvent"):
        return 1
    return -1 if name in ("MappingEndEvent", "SequenceEndEvent") else 0


def _syntax_mistake(document: Document, error: Any) -> Mistake:
    mark = error.problem_mark or error.context_mark
    place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    context = f" {error.context}" if error.context else ""
    return document.mistake(place, f"not valid YAML: {error.problem or 'unreadable'}{context}")


class _Builder:
    """Turns events into Nodes and collects what is not allowed in a rule file."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.mistakes: list[Mistake] = []
        self._aliases_told = False

    def build(self, events: Iterator[Any]) -> Node | None:
        """The root of the only document; None where the file holds none."""
        root: Node | None = None
        for event in events:
            if type(event).__name__ != "DocumentStartEvent":
                continue
            node = self._node(next(events), events)
            if root is not None:
                self._refuse(event, "a second YAML document: only one is allowed in a rule file")
            root = root or node
        if root is not None and root.value is None:
            return None
        return root

    def _refuse(self, event: Any, message: str, hint: str = "", length: int = 1) -> None:
        place = (event.start_mark.line + 1, event.start_mark.column + 1)
        self.mistakes.append(self.document.mistake(place, message, hint, length=length))

    def _refuse_once(self, event: Any, message: str, hint: str) -> None:
        # A bomb has hundreds of them; the first says all.
        if not self._aliases_told:
            self._refuse(event, message, hint)
        self._aliases_told = True

    def _node(self, event: Any, events: Iterator[Any]) -> Node:
        kind = type(event).__name__
        node = Node(None, event.start_mark.line + 1, event.start_mark.column + 1)
        if kind == "AliasEvent":
            self._refuse_once(
                event, f"alias '*{event.anchor}' is not allowed", "write the value out"
            )
            return node
        if event.anchor:
            self._refuse_once(
                event, f"anchor '&{event.anchor}' is not allowed", "write the value out"
            )
        if event.tag is not None and str(event.tag) != "!":
            self._refuse(
                event, f"tag '{event.tag}' is not allowed", "rule files hold plain values only"
            )
        if kind == "MappingStartEvent":
            self._mapping(node, events)
        elif kind == "SequenceStartEvent":
            self._sequence(node, events)
        else:
            node.value = event.value if event.style else plain_scalar(event.value)
        return node

    def _sequence(self, node: Node, events: Iterator[Any]) -> None:
        node.value = []
        for event in events:
            if type(event).__name__ == "SequenceEndEvent":
                return
            node.value.append(self._node(event, events))

    def _mapping(self, node: Node, events: Iterator[Any]) -> None:
        node.value = {}
        for event in events:
            if type(event).__name__ == "MappingEndEvent":
                return
            key = self._key(event, events)
            value = self._node(next(events), events)
            if key in node.value:
                first = node.keys[key][0]
                self._refuse(
                    event, f"duplicate key {key!r}, already at line {first}", length=len(key)
                )
                continue
            node.value[key] = value
            node.keys[key] = (event.start_mark.line + 1, event.start_mark.column + 1)

    def _key(self, event: Any, events: Iterator[Any]) -> str:
        node = self._node(event, events)
        if isinstance(node.value, dict | list):
            self._refuse(event, "a key must be a word, not a list or mapping")
            return f"?{len(self.mistakes)}"
        if not hasattr(event, "value"):  # an alias, refused as such where it was met
            return f"?{len(self.mistakes)}"
        if event.value == "<<" and not event.style:
            self._refuse(event, "merge key '<<' is not allowed", "write the values out")
        return str(event.value)
