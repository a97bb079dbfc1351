"""Sub-folders that torch's `SummaryWriter.add_scalars` writes belong to the run above them.

`add_scalars("loss", {"train": ..., "val": ...})` opens a writer of its own for each curve, in
`loss_train/` and `loss_val/` below the run's folder, each with the one tag `loss`
(`torch/utils/tensorboard/writer.py`). The names of event files tell the process that wrote them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from lrdiag.sources.checksums import payload_is_sound
from lrdiag.sources.event_message import MalformedError, parse_event, tag_text
from lrdiag.sources.framing import FRAME, HEADER, hop
from lrdiag.sources.interface import HEAD_BYTES, RunLocation

_WRITER = re.compile(r"tfevents\.\d+\.(.+\.\d+)\.\d+(?:\D.*)?")
"""Host and process of `events.out.tfevents.<seconds>.<host>.<process>.<number><suffix>`
(`tensorboard/summary/writer/event_file_writer.py`)."""
_FIRST_RECORDS = 16


def split_of_curve(
    place: RunLocation, parent: RunLocation, splits: Mapping[str, str]
) -> str | None:
    """The split whose curve `place` holds if add_scalars of `parent`'s writer wrote it.

    The folder must be named after its first tag and a split, and every file in it must come from
    a process that also wrote to the parent: what merely looks similar stays a run of its own.
    """
    stem, _, word = place.name.rpartition("/")[2].rpartition("_")
    split = splits.get(word)
    writers = _writers(place)
    if not stem or split is None or not writers or not writers <= _writers(parent):
        return None
    first = next(iter(_tags(place.parts[0][2][0])), None)
    return split if first is not None and first.replace("/", "_") == stem else None


def _writers(place: RunLocation) -> set[str]:
    """Host and process of the event files; nothing if one does not tell, or is no event file."""
    if [(split, source) for split, source, _ in place.parts] != [("", "tensorboard")]:
        return set()
    found = [_WRITER.search(path.name) for path in place.parts[0][2]]
    return {match[1] for match in found if match} if all(found) else set()


def _tags(path: Path) -> Iterator[str]:
    """Tags of the scalars among the first records of an event file."""
    try:
        with path.open("rb") as file:
            head = np.frombuffer(file.read(HEAD_BYTES), np.uint8)
        frames = hop(head, 0, len(head), {}, _FIRST_RECORDS)
        for at, size in zip(frames.starts.tolist(), frames.sizes.tolist(), strict=True):
            if payload_is_sound(head, at, size - FRAME):
                event = parse_event(head[at + HEADER : at + size - 4].tobytes())
                yield from (tag_text(scalar.tag) for scalar in event.scalars)
    except (OSError, MalformedError):
        return
