"""Which log formats there are: the modules of this folder and the entry points of others."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from importlib.util import find_spec

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
    source = _of_module(plain) or next((s for s in log_sources() if s.name == plain), None)
    if source is None:
        raise KeyError(name)
    return one_run(source, inside) if inside else source


@cache
def _of_module(name: str) -> LogSource | None:
    """The built-in format whose module has its name: the other modules need not be imported."""
    if not name.isidentifier() or find_spec(f"{room.__name__}.{name}") is None:
        return None
    return next((s for s in _sources_in(name) if s.name == name), None)


def _built_in() -> list[LogSource]:
    names = sorted(module.name for module in pkgutil.iter_modules(room.__path__))
    return [source for name in names for source in _sources_in(name)]


def _sources_in(module: str) -> list[LogSource]:
    loaded = import_module(f"{room.__name__}.{module}")
    return [
        kind()
        for kind in vars(loaded).values()
        if _is_source(kind) and kind.__module__ == loaded.__name__
    ]


def _installed() -> list[LogSource]:
    return [point.load()() for point in installed(GROUP)]


def _is_source(kind: object) -> bool:
    if not isinstance(kind, type) or kind is LogSource:
        return False
    return all(hasattr(kind, a) for a in ("name", "per_directory", "priority", "sniff", "read"))
