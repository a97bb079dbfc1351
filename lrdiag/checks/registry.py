"""The check kinds there are: built-ins by walking this folder, others by entry points."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterator, Mapping

import lrdiag.checks
from lrdiag.checks.interface import Check
from lrdiag.plugins import installed

GROUP = "lrdiag.checks"


@functools.cache
def check_kinds() -> Mapping[str, type[Check]]:
    """Kind name to its class. A built-in wins over a plug-in of the same name."""
    found = dict(_installed())
    found.update(_built_in())
    return dict(sorted(found.items()))


def _built_in() -> Iterator[tuple[str, type[Check]]]:
    for module in pkgutil.iter_modules(lrdiag.checks.__path__):
        if module.name in ("interface", "registry"):
            continue
        loaded = importlib.import_module(f"lrdiag.checks.{module.name}")
        for value in vars(loaded).values():
            if _is_check(value) and value.__module__ == loaded.__name__:
                yield value.kind, value


def _installed() -> Iterator[tuple[str, type[Check]]]:
    for point in installed(GROUP):
        value = point.load()
        if not _is_check(value):
            raise TypeError(
                f"entry point {point.name} of {GROUP} ({point.value}) is no check: "
                "it needs the class attributes kind and requires and the method evaluate"
            )
        yield value.kind, value


def _is_check(value: object) -> bool:
    return (
        isinstance(value, type)
        and isinstance(getattr(value, "kind", None), str)
        and isinstance(getattr(value, "requires", None), tuple)
        and callable(getattr(value, "evaluate", None))
        and value is not Check
    )
