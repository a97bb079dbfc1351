"""Frames that bulk reading rejected: which are damaged, and which end a stretch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lrdiag.sources.checksums import Bytes, payload_is_sound
from lrdiag.sources.decoding import Points
from lrdiag.sources.event_contents import starts_session
from lrdiag.sources.framing import FRAME, goes_on_at
from lrdiag.sources.templates import LARGEST, Template

Places = Sequence[tuple[int, int]]
"""Positions and sizes of frames, in order."""


class Rejects(NamedTuple):
    """Questions about frames of a buffer: `stop` ends what it holds, `limit` the file."""

    buffer: Bytes
    stop: int
    limit: int

    def is_plain_damage(self, at: int, size: int) -> bool:
        """Whether a frame's payload is damaged and the frames go on right behind it."""
        if payload_is_sound(self.buffer, at, size - FRAME):
            return False
        found = goes_on_at(self.buffer, at, at + size, self.stop, self.limit)
        return found.found and found.at == at + size

    def damaged(self, places: Places) -> set[int]:
        """Positions of the frames whose payload fails its checksum."""
        return {at for at, size in places if not payload_is_sound(self.buffer, at, size - FRAME)}

    def first_special(self, places: Places, damaged: set[int]) -> int | None:
        """The first frame that must not be read together with those before it.

        A writer starts there, or the damage is more than that of one payload.
        """
        for at, size in places:
            if at in damaged:
                if not self.is_plain_damage(at, size):
                    return at
            elif size <= LARGEST and starts_session(self.buffer[at : at + size].tobytes()):
                return at
        return None


def rejected_frames(
    points: Sequence[Points], templates: Sequence[Template], at: int, size: int
) -> list[tuple[int, int]]:
    """Positions and sizes of the frames of rows that did not decode, in order."""
    found: list[tuple[int, int]] = []
    for template, some in zip(templates, points, strict=True):
        if some.keep is not None:
            places = at + np.flatnonzero(~some.keep) * size
            found += [(place, template.size) for place in places.tolist()]
        at += template.size
    return sorted(found)
