"""RunReports as JSON and back, exactly: what the cache keeps.

JSON and never pickle, because a cache file may come from someone else. Values are written as
lists in the order of their fields; which fields exist is part of the cache's version.
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from lrdiag.findings import RunReport

Convert = Callable[[Any], Any]
_TUPLE = "\x00tuple"
_SCALARS = frozenset({str, int, float, bool, type(None)})


class InexactError(ValueError):
    """A report holds something that JSON would not give back as it was."""


def encode(report: RunReport) -> bytes:
    """The report as JSON in UTF-8 (NaN and infinities as Python's json writes them).

    Raises:
        InexactError: a parameter is of a type that does not come back, such as a date.
    """
    return json.dumps(_outward(report), ensure_ascii=True, separators=(",", ":")).encode()


def decode(data: bytes) -> RunReport:
    """The report that `encode` wrote.

    Raises:
        ValueError: the bytes are not such a report.
    """
    try:
        report = _builder(RunReport)(json.loads(data))
    except (TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a stored report: {error}") from None
    return report  # type: ignore[no-any-return]


def layout() -> str:
    """The fields of all values in a report: a change of it makes stored ones unreadable."""
    seen: dict[str, str] = {}
    _describe(RunReport, seen)
    return ";".join(f"{name}({names})" for name, names in sorted(seen.items()))


def _outward(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value.value if isinstance(value, Enum) else value
    if is_dataclass(value):
        return [_field(getattr(value, name)) for name in _names(value.__class__)]
    if isinstance(value, tuple):
        return {_TUPLE: [_outward(item) for item in value]}
    if isinstance(value, list):
        return [_outward(item) for item in value]
    if isinstance(value, Mapping):
        return {_key(key): _outward(item) for key, item in value.items()}
    raise InexactError(f"{type(value).__name__} does not survive JSON")


def _field(value: Any) -> Any:
    """A tuple in a field is known by the field's type; elsewhere it has to say so."""
    return [_outward(item) for item in value] if type(value) is tuple else _outward(value)


def _key(key: Any) -> str:
    if not isinstance(key, str) or key == _TUPLE:
        raise InexactError(f"the key {key!r} does not survive JSON")
    return key


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@cache
def _builder(kind: Any) -> Convert:
    """A function from a JSON list to a value of a dataclass."""
    hints = get_type_hints(kind)
    found = [(i, _inward(hints[name])) for i, name in enumerate(_names(kind))]
    converts = [(i, convert) for i, convert in found if convert is not None]
    length = len(_names(kind))

    def build(row: Any) -> Any:
        """A value of `kind` from the list of its fields, which is changed on the way."""
        if not isinstance(row, list) or len(row) != length:
            raise TypeError(f"expected {length} fields of {kind.__name__}")
        for index, convert in converts:
            if row[index] is not None:
                row[index] = convert(row[index])
        return kind(*row)

    return build


def _inward(hint: Any) -> Convert | None:
    """How a field's JSON value becomes the field's value; None where it already is."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return next((_inward(a) for a in arguments if a is not type(None)), None)
    if isinstance(hint, type) and origin is None and (is_dataclass(hint) or issubclass(hint, Enum)):
        # The members by value: calling the Enum costs ten times as much.
        return _builder(hint) if is_dataclass(hint) else hint._value2member_map_.__getitem__
    if origin is tuple:
        return _tuple_of(arguments[0])
    if origin is not None and issubclass(origin, Mapping):
        return _mapping_of(arguments[1])
    return None if hint in (int, float, str, bool) else _plain


def _mapping_of(value_hint: Any) -> Convert:
    value = _inward(value_hint)
    if value is _plain or value is None:
        return _plain
    return lambda data: {key: value(item) for key, item in data.items()}


def _tuple_of(item_hint: Any) -> Convert:
    item = _inward(item_hint)
    return tuple if item is None else lambda data: tuple([item(value) for value in data])


def _plain(value: Any) -> Any:
    if type(value) in _SCALARS:
        return value
    if isinstance(value, dict):
        if _TUPLE in value:
            return tuple(_plain(item) for item in value[_TUPLE])
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _describe(kind: type, seen: dict[str, str]) -> None:
    if kind.__name__ in seen:
        return
    hints = get_type_hints(kind)
    seen[kind.__name__] = ",".join(f"{name}:{hints[name]}" for name in _names(kind))
    for hint in hints.values():
        for part in (hint, *get_args(hint)):
            if isinstance(part, type) and is_dataclass(part):
                _describe(part, seen)
