"""Following one run: its parts, whatever their format, and the files beside them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lrdiag.runs import Run
from lrdiag.sources.interface import RunLocation
from lrdiag.sources.joining import join_parts
from lrdiag.watching.interface import PartFollower


class RunFollower:
    """Reads what is new of a run and gives the run as it stands."""

    def __init__(self, location: RunLocation) -> None:
        self.location = location
        self._parts: dict[tuple[str, str, Path | None], PartFollower] = {}

    @property
    def bytes_read(self) -> int:
        """Bytes of logs read so far."""
        return sum(part.bytes_read for part in self._parts.values())

    def poll(self, location: RunLocation | None = None) -> bool:
        """Read what is new; `location` where files have joined. Whether anything changed."""
        self.location = location or self.location
        changed = False
        for split, source, files in self.location.parts:
            # Event files of a folder belong together; other formats are one file a part.
            key = (split, source, None if source == "tensorboard" else files[0])
            part = self._parts.setdefault(key, follower_for(source))
            changed |= part.poll(files)
        return changed

    def run(self) -> Run:
        """The run as it stands."""
        name = self.location.name
        parts = [(split, part.run(name)) for (split, _, _), part in self._parts.items()]
        run = join_parts(name, parts) if parts else Run(name, {})
        if run.params or not self.location.sidecars:
            return run
        from lrdiag.sources.sidecars import read_params

        params, origin, problems = read_params(self.location.sidecars)
        return replace(
            run, params=params, params_origin=origin, problems=(*run.problems, *problems)
        )


def follower_for(source: str) -> PartFollower:
    """The follower of a format."""
    if source == "tensorboard":
        from lrdiag.watching.event_files import EventFilesFollower

        return EventFilesFollower()
    if source == "csv":
        from lrdiag.watching.tables import TableFollower

        return TableFollower()
    from lrdiag.watching.whole_files import WholeFilesFollower

    return WholeFilesFollower(source)
