"""YAML as plain values: no objects are built, no tag is obeyed, size and depth are bounded."""

from __future__ import annotations

from typing import Any

MAX_BYTES = 1 << 20
MAX_NODES = 50_000
MAX_DEPTH = 40

_BOOL = {"true": True, "false": False}


class PlainYamlError(ValueError):
    """The text is no YAML, or too large or too deep."""


def load_plain_yaml(text: str) -> Any:
    """Mappings, lists and scalars of a YAML text; a tagged node is read as if it had no tag.

    Lightning writes `!!python/object` and `!!python/tuple` into `hparams.yaml`.

    Raises:
        PlainYamlError: with the line, if the text is no YAML or breaks a limit.
    """
    if len(text) > MAX_BYTES:
        raise PlainYamlError(f"it is larger than {MAX_BYTES >> 20} MiB")
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        node = YAML(typ="safe", pure=True).compose(text)
    except (YAMLError, RecursionError, ValueError) as error:
        raise PlainYamlError(_first_words(error)) from error
    return None if node is None else _Reader().value(node, 0)


def _first_words(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).split("\n", 1)[0]
    return f"line {mark.line + 1}: {problem}" if mark is not None else str(problem)


class _Reader:
    """Makes plain values of nodes, of a bounded number and depth."""

    def __init__(self) -> None:
        self._left = MAX_NODES

    def value(self, node: Any, depth: int) -> Any:
        """The plain value of a node.

        Raises:
            PlainYamlError: there is too much of it.
        """
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            raise PlainYamlError("it is nested too deeply or repeats itself through aliases")
        kind = type(node).__name__
        if kind == "MappingNode":
            return {str(self.value(k, depth + 1)): self.value(v, depth + 1) for k, v in node.value}
        if kind == "SequenceNode":
            return [self.value(item, depth + 1) for item in node.value]
        return _scalar(node)


def _scalar(node: Any) -> Any:
    text = str(node.value)
    kind = str(node.tag).rsplit(":", 1)[-1]
    if node.style is None and kind == "null":
        return None
    if node.style is None and kind == "bool":
        return _BOOL.get(text.lower(), text)
    if kind in ("int", "float") or node.style is None:
        return _number(text)
    return text


def _number(text: str) -> Any:
    try:
        return int(text, 0)
    except ValueError:
        pass
    try:
        return float(text.replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError:
        return text
