"""The door of the log formats: sniff a file, read it.

A format is one module in this folder with one class that satisfies `LogSource`; it is found
by `registry`, third parties' through the entry-point group `lrdiag.sources`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Protocol, runtime_checkable

from lrdiag.findings import Problem
from lrdiag.runs import Run

HEAD_BYTES = 65_536
"""How much of a file a format sees when it is asked whether the file is its own."""


@runtime_checkable
class LogSource(Protocol):
    """One log format.

    `name`: the format's name in reports. `per_directory`: all files of this format in one
    directory form one run (event files); otherwise each file is a run of its own.
    `priority`: higher is asked first; generic formats (plain text, CSV) come last.

    Two methods are optional (see `run_homes`). `home(path) -> Path`: the folder that forms one
    run where its files lie in folders below it (MLflow, DVCLive). `runs_in(path)`: (name, id)
    of each run where a file holds several (a database); `one(id)` is then the source that reads
    only that run.
    """

    name: ClassVar[str]
    per_directory: ClassVar[bool]
    priority: ClassVar[int]

    def sniff(self, path: Path, head: bytes) -> bool:
        """Whether the file is of this format, from its name and its first HEAD_BYTES bytes."""
        ...

    def read(self, files: Sequence[Path], name: str) -> Run:
        """Read the files of one run. Problems go into the Run.

        Raises:
            SourceError: only if nothing at all is readable.
        """
        ...


@dataclass(frozen=True, slots=True)
class RunLocation:
    """Where a run lies, before anything is read: what a worker or a cache needs to read it.

    Attributes:
        name: the run's name (path below the root given).
        parts: (split, format name, files) for each physical part; split is "" for the run's
            own folder and e.g. "train" or "validation" for split directories whose tags get
            that prefix.
        sidecars: files beside the log that may hold hyper-parameters.
    """

    name: str
    parts: tuple[tuple[str, str, tuple[Path, ...]], ...]
    sidecars: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Discovery:
    """Runs found under the given paths, and what was left out and why.

    `named`: names of the runs whose file was given by name, one of several paths.
    """

    locations: tuple[RunLocation, ...]
    problems: tuple[Problem, ...] = ()
    left_out: tuple[tuple[str, str], ...] = field(default=())
    named: frozenset[str] = frozenset()
