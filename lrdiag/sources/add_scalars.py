"""Sub-folders that torch's `SummaryWriter` writes by itself belong to the run above them.

`add_scalars("loss", {"train": ..., "val": ...})` opens a writer of its own for each curve, in
`loss_train/` and `loss_val/` below the run's folder, each with the one tag `loss`
(`torch/utils/tensorboard/writer.py`). The names of event files tell the process that wrote them.
`add_hparams` opens one in a folder called after the time, for the settings and closing metrics.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from lrdiag.sources.checksums import payload_is_sound
from lrdiag.sources.event_message import Event, MalformedError, parse_event, tag_text
from lrdiag.sources.framing import FRAME, HEADER, hop
from lrdiag.sources.interface import HEAD_BYTES, RunLocation

_WRITER = re.compile(r"tfevents\.\d+\.(.+\.\d+)\.\d+(?:\D.*)?")
"""Host and process of `events.out.tfevents.<seconds>.<host>.<process>.<number><suffix>`
(`tensorboard/summary/writer/event_file_writer.py`)."""
_FIRST_RECORDS = 16
_TIME = re.compile(r"\d{9,}\.\d+")
SUMMARY = "summary"
"""What the closing metrics beside the settings are called, as Hugging Face's are: no curve."""


def split_of_curve(
    place: RunLocation, parent: RunLocation, splits: Mapping[str, str]
) -> str | None:
    """The split whose curve `place` holds if `parent`'s writer wrote it; "summary" for settings.

    The folder must be named after its first tag and a split, and every file in it must come from
    a process that also wrote to the parent: what merely looks similar stays a run of its own.
    """
    folder = place.name.rpartition("/")[2]
    if _TIME.fullmatch(folder) and _hold_settings(place, parent):
        return SUMMARY
    stem, _, word = folder.rpartition("_")
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


def _hold_settings(place: RunLocation, parent: RunLocation) -> bool:
    writers = _writers(place)
    return (
        bool(writers)
        and writers <= _writers(parent)
        and all(any(event.hparams for event in _events(path)) for path in place.parts[0][2])
    )


def _tags(path: Path) -> Iterator[str]:
    """Tags of the scalars among the first records of an event file."""
    for event in _events(path):
        yield from (tag_text(scalar.tag) for scalar in event.scalars)


def _events(path: Path) -> Iterator[Event]:
    """The first sound events of an event file."""
    try:
        with path.open("rb") as file:
            head = np.frombuffer(file.read(HEAD_BYTES), np.uint8)
        frames = hop(head, 0, len(head), {}, _FIRST_RECORDS)
        for at, size in zip(frames.starts.tolist(), frames.sizes.tolist(), strict=True):
            if payload_is_sound(head, at, size - FRAME):
                yield parse_event(head[at + HEADER : at + size - 4].tobytes())
    except (OSError, MalformedError):
        return
