"""The report formats by name: the modules of this folder, then third parties' entry points."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

import lrdiag.reports
from lrdiag.errors import ReportError
from lrdiag.plugins import installed
from lrdiag.reports.interface import ReportFormat

_GROUP = "lrdiag.reports"


def _is_format(value: object, module: str) -> bool:
    return (
        isinstance(value, type)
        and value.__module__ == module
        and isinstance(getattr(value, "names", None), tuple)
        and callable(getattr(value, "render", None))
    )


def _built_in() -> Iterator[type[Any]]:
    for info in sorted(pkgutil.iter_modules(lrdiag.reports.__path__), key=lambda i: i.name):
        name = f"{lrdiag.reports.__name__}.{info.name}"
        if info.ispkg or info.name == "interface":
            continue
        yield from _formats_in(name)


def _formats_in(module: str) -> list[type[Any]]:
    return [v for v in vars(import_module(module)).values() if _is_format(v, module)]


def _third_party() -> Iterator[type[Any]]:
    for entry in installed(_GROUP):
        try:
            loaded = entry.load()
        except Exception as error:
            raise ReportError(
                f"The report format '{entry.name}' ({entry.value}) cannot be loaded: {error}.",
                "Update or uninstall the package that provides it.",
            ) from error
        yield loaded


@cache
def _formats() -> dict[str, type[Any]]:
    found: dict[str, type[Any]] = {}
    for kind in (*_built_in(), *_third_party()):
        for name in kind.names:
            found.setdefault(name, kind)
    return found


def _by_module(name: str) -> type[Any] | None:
    """The format in the module of the same name, without importing all the others."""
    known = (info.name for info in pkgutil.iter_modules(lrdiag.reports.__path__))
    if name not in known:
        return None
    kinds = _formats_in(f"{lrdiag.reports.__name__}.{name}")
    return next((kind for kind in kinds if name in kind.names), None)


def format_names() -> tuple[str, ...]:
    """Every name `--format` accepts, sorted; built-ins win over third parties' of one name."""
    return tuple(sorted(_formats()))


def report_format(name: str, **options: Any) -> ReportFormat:
    """The format of that name, built with the options it knows; others are left out.

    Args:
        name: a name of `format_names()`.
        options: constructor options (`verbose`, `colour`, `width`, `plots` ...).

    Raises:
        ReportError: no format has this name.
    """
    kind = _by_module(name) or _formats().get(name)
    if kind is None:
        raise ReportError(
            f"There is no report format '{name}'.", f"Choose one of: {', '.join(format_names())}."
        )
    known = getattr(kind, "__dataclass_fields__", {})
    built: ReportFormat = kind(**{key: value for key, value in options.items() if key in known})
    return built
