"""What a run is called where people read."""

from __future__ import annotations

import posixpath

from lrdiag.findings import RunReport


def run_name(run: RunReport) -> str:
    """The run's name; for the root itself (`.`) the name of its folder or file."""
    if run.run not in (".", "") or not run.sources:
        return run.run
    paths = [source.path for source in run.sources]
    if len(paths) == 1:
        folder, name = posixpath.split(paths[0])
        return posixpath.basename(folder) or name
    common = posixpath.commonprefix(paths).rpartition("/")[0]
    return posixpath.basename(common) or run.run
