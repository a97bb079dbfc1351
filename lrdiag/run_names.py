"""What a run is called where people read."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from pathlib import Path

from lrdiag.findings import RunReport


def run_name(run: RunReport) -> str:
    """The run's name; for the root itself (`.`) the name of its folder or file."""
    return name_of(run.run, [source.path for source in run.sources])


def name_of(name: str, paths: Sequence[str]) -> str:
    """The name; for the root itself that of the folder or file that the paths lie in."""
    if name not in (".", "") or not paths:
        return name
    if len(paths) == 1:
        folder, file = posixpath.split(paths[0])
        return posixpath.basename(folder or Path.cwd().as_posix()) or file
    common = posixpath.commonprefix(paths).rpartition("/")[0]
    return posixpath.basename(common) or name
