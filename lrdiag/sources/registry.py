"""Which log formats there are: the modules of this folder and the entry points of others."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

import lrdiag.sources as room
from lrdiag.plugins import installed
from lrdiag.sources.interface import LogSource
from lrdiag.sources.run_homes import one_run

GROUP = "lrdiag.sources"


@cache
def log_sources() -> tuple[LogSource, ...]:
    """One instance of every format, highest priority first."""
    found: dict[str, LogSource] = {}
    for source in [*_built_in(), *_installed()]:
        found.setdefault(source.name, source)
    return tuple(sorted(found.values(), key=lambda s: (-s.priority, s.name)))


def source_named(name: str) -> LogSource:
    """The format called `name`; `name:id` is the one that reads the run `id` of a file.

    Raises:
        KeyError: there is none.
    """
    plain, _, inside = name.partition(":")
    for source in log_sources():
        if source.name == plain:
            return one_run(source, inside) if inside else source
    raise KeyError(name)


def _built_in() -> list[LogSource]:
    found: list[LogSource] = []
    for module in sorted(pkgutil.iter_modules(room.__path__), key=lambda m: m.name):
        loaded = import_module(f"{room.__name__}.{module.name}")
        found += [
            kind()
            for kind in vars(loaded).values()
            if _is_source(kind) and kind.__module__ == loaded.__name__
        ]
    return found


def _installed() -> list[LogSource]:
    return [point.load()() for point in installed(GROUP)]


def _is_source(kind: object) -> bool:
    if not isinstance(kind, type) or kind is LogSource:
        return False
    return all(hasattr(kind, a) for a in ("name", "per_directory", "priority", "sniff", "read"))
