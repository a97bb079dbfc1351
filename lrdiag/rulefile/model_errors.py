"""What pydantic says about a file, as mistakes with places and in plain words."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from lrdiag.rulefile.documents import Document
from lrdiag.rulefile.mistakes import Mistake, did_you_mean


def model_mistakes(
    document: Document, model: type[BaseModel], data: Any, base: tuple[str | int, ...]
) -> Iterator[Mistake]:
    """What a pydantic model says about data, as mistakes with places and plain words."""
    try:
        model.model_validate(data)
    except ValidationError as error:
        seen: set[tuple[Any, ...]] = set()
        for item in error.errors(include_url=False, include_context=True):
            path = (*base, *(p for p in item["loc"] if not _is_branch(p)))
            if path not in seen:
                seen.add(path)
                yield _mistake(document, model, path, dict(item))


def _is_branch(part: str | int) -> bool:
    # pydantic names the member of a union it tried (`list[...]`, `str`) inside the path.
    return isinstance(part, str) and ("[" in part or part in ("str", "constrained-str"))


def _mistake(
    document: Document, model: type[BaseModel], path: tuple[str | int, ...], item: dict[str, Any]
) -> Mistake:
    name = str(path[-1]) if path else ""
    kind = item["type"]
    if kind == "extra_forbidden":
        hint = did_you_mean(name, _known_keys(model, item["loc"][:-1]))
        return document.mistake(
            document.place_of(path, key=True), f"unknown key {name!r}", hint, length=len(name)
        )
    if kind == "missing":
        return document.mistake(document.place_of(path[:-1]), f"missing key {name!r}")
    place = document.place_of(path)
    wanted = _WANTED.get(kind) or item["msg"].removeprefix("Input should be ").removeprefix(
        "Value error, "
    )
    shown = kind_word(item["input"])
    hint = ""
    if kind == "literal_error":
        wanted = item["ctx"]["expected"]
        hint = did_you_mean(
            str(item["input"]), [w.strip("' ") for w in wanted.replace(" or ", ",").split(",")]
        )
        hint = hint if hint.startswith("did") and str(item["input"]) not in hint else ""
    if kind == "string_pattern_mismatch":
        wanted = _PATTERNS.get(name, wanted)
    elif kind in ("float_type", "int_type") and isinstance(item["input"], str):
        hint = _number_hint(item["input"])
    return document.mistake(place, f"{name}: expected {wanted}, found {shown}", hint)


_WANTED = {
    "string_type": "a text", "float_type": "a number", "int_type": "a whole number",
    "int_from_float": "a whole number", "bool_type": "true or false", "list_type": "a list",
    "dict_type": "a mapping", "model_type": "a mapping", "model_attributes_type": "a mapping",
    "finite_number": "a finite number", "string_too_short": "a text that is not empty",
}  # fmt: skip
_PATTERNS = {
    "id": "a name of letters, digits, '-', '_' and '.'",
    "scope": "run, segment, after_drop or after_drop(N)",
    "link": "an http(s) address",
}


def _number_hint(text: str) -> str:
    number = text.strip().removesuffix("%").strip()
    try:
        value = float(number.replace(",", "."))
    except ValueError:
        return "a number without a unit"
    return f"write {value / 100 if '%' in text else value:g}"


def kind_word(value: Any) -> str:
    """A value's type in plain words, with the value where it is short."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = repr(value) if isinstance(value, str) else str(value)
    return (
        (text if len(text) <= 60 else text[:57] + "…")
        if not isinstance(value, bool)
        else str(value).lower()
    )


def _known_keys(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    current: type[BaseModel] = model
    for part in loc:
        field = current.model_fields.get(str(part)) if isinstance(part, str) else None
        inner = _inner_model(field.annotation) if field else None
        current = inner or current
    return [f.alias or name for name, f in current.model_fields.items()]


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in typing.get_args(annotation):
        inner = _inner_model(argument)
        if inner is not None:
            return inner
    return None
