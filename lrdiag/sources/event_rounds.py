"""One window of an event file, round by round: the cheapest way to read that applies.

A round first looks at a few frames. If their layouts repeat, a run of rows is read as a matrix
(`periods`); otherwise a stretch of frames is read by groups of equal layout (`event_batch`);
frames that fit neither are read one by one. After damage the next sound frame is searched.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lrdiag.sources.checksums import Bytes, payload_is_sound
from lrdiag.sources.damage import DamageLog
from lrdiag.sources.event_batch import Batch
from lrdiag.sources.event_contents import EventContents
from lrdiag.sources.event_rejects import Rejects, rejected_frames
from lrdiag.sources.event_window import Window
from lrdiag.sources.framing import (
    FRAME,
    HEADER,
    Frames,
    goes_on_at,
    header_length,
    hop,
    next_sound,
    scan,
    usual_size,
)
from lrdiag.sources.other_values import HEAD, SMALLEST_OTHER, is_other
from lrdiag.sources.periods import (
    Row,
    Rows,
    decode_rows,
    find_period,
    first_rows,
    remember_lead,
    remember_row,
    remembered_row,
    repeated_rows,
    row_of,
)
from lrdiag.sources.templates import LARGEST, Template, shared_templates

_PEEKS = (16, 48, 128)
_BULK = 32
"""Frames from which reading in bulk pays (measured)."""
_ROWS = 8
"""Rows from which a matrix pays; fewer repeat by chance."""
_SPARSE = 400
"""Mean frame size from which hopping beats scanning every byte for headers (measured)."""
_FIRST_SPAN, _LARGEST_SPAN = 1 << 16, 1 << 23


class Rounds:
    """Consumes windows of one file.

    Attributes:
        lost_from: file offset where the damage begins that is being searched past, or None.
        mixed: whether the last round read frames in any order (larger windows pay then).
    """

    def __init__(self, contents: EventContents, damage: DamageLog) -> None:
        self._contents = contents
        self._damage = damage
        self._known = shared_templates()
        self._span = _FIRST_SPAN
        self.lost_from: int | None = None
        self.mixed = False
        self._buffer: Bytes = np.zeros(0, np.uint8)
        self._base = self._stop = self._limit = 0
        self._rejects = Rejects(self._buffer, 0, 0)

    def consume(self, window: Window, *, trust_claims: bool) -> int:
        """Read all whole frames of the window; returns how many bytes are done with.

        `trust_claims`: whether a header that claims more than the window holds may be right.
        """
        self._buffer, self._base, self._stop = window.buffer, window.base, window.filled
        self._limit = window.end - window.base
        self._rejects = Rejects(self._buffer, self._stop, self._limit)
        at = 0
        while at < self._stop:
            if self.lost_from is not None:
                limit = self._limit if trust_claims else self._stop
                found = next_sound(self._buffer, at, self._stop, limit)
                if not found.found:
                    return found.at
                self.found_sound(self._base + found.at)
                at = found.at
            following = self._round(at)
            if following == at and self.lost_from is None:
                return at
            at = following
        return at

    def lose(self, offset: int) -> None:
        """Damage begins at a file offset; the next sound frame must be searched."""
        if self.lost_from is None:
            self.lost_from = offset

    def found_sound(self, offset: int) -> None:
        """The search ended at a sound frame: say what was lost, and repair what can be."""
        if self.lost_from is None:
            return
        start, self.lost_from = self.lost_from, None
        repaired = start >= self._base and self._repair(start - self._base, offset - self._base)
        records = self._contents.records
        mean = usual_size(self._hop(offset - self._base, self._stop, _PEEKS[-1]))
        mean = mean or (start / records if records else offset - start)
        lost = 0 if repaired else max(1, round((offset - start) / mean))
        self._damage.stretch(start, offset, lost, repaired=repaired)

    def _repair(self, at: int, end: int) -> bool:
        """Take a record whose header alone is damaged: its payload has its checksum."""
        length = end - at - FRAME
        if length < 0 or not payload_is_sound(self._buffer, at, length):
            return False
        return not self._contents.take(self._buffer[at:end].tobytes(), None)

    def _hop(self, at: int, stop: int, count: int) -> Frames:
        return hop(self._buffer, at, stop, self._known.headers, count)

    def _round(self, at: int) -> int:
        """Read some frames from `at`; returns where to go on, `at` if bytes are missing."""
        first = self._hop(at, self._stop, 1)
        if not len(first.starts):
            return self._no_frame(at, broken=first.broken)
        if self._base + at == 0:
            # The first record says which version of the format this is.
            return self._singly(first, 1)
        layouts = [self._layout(at, int(first.sizes[0]))]
        following = self._as_before(at, layouts[0])
        if following is not None:
            return following
        for count in _PEEKS:
            peek = self._hop(at, self._stop, count)
            layouts += [self._layout(s, z) for s, z in _pairs(peek, len(layouts))]
            following = self._try_period(peek, layouts)
            if following is not None:
                return following
            if len(layouts) < count:
                break
        if len(layouts) < _BULK:
            return self._singly(peek, len(layouts))
        return self._mixed(peek)

    def _as_before(self, at: int, layout: Template | None) -> int | None:
        """Read what an earlier file had after this layout; None if it is not so here."""
        row = remembered_row(layout) if layout else None
        if row is None or not row.begins(self._buffer, at, self._stop):
            return None
        if row.alone:
            return self._singly(self._hop(at, self._stop, len(row.templates)))
        found = repeated_rows(self._buffer, at, self._stop, row)
        return self._periodic(at, row, found) if self._is_worth_it(at, found) else None

    def _try_period(self, peek: Frames, layouts: Sequence[Template | None]) -> int | None:
        """Read rows if the layouts repeat for long enough; None if not."""
        period = find_period(layouts)
        if period is None:
            return None
        at = int(peek.starts[period.lead])
        row = row_of(period.templates)
        found = repeated_rows(self._buffer, at, self._stop, row)
        if not self._is_worth_it(at, found):
            return None
        remember_row(row)
        if period.lead:
            remember_lead(layouts[: period.lead])
            following = self._singly(peek, period.lead)
            if following != at or self.lost_from is not None:
                return following
        return self._periodic(at, row, found)

    def _is_worth_it(self, at: int, found: Rows) -> bool:
        """Whether enough rows repeat, or all that the window holds."""
        count, size = found.rows.shape
        ends = at + (count + 1) * size > self._stop
        return bool(count >= _ROWS or (count > 1 and ends))

    def _no_frame(self, at: int, *, broken: bool) -> int:
        """No whole frame lies at `at`: it is damaged, or more bytes are needed."""
        if broken:
            self.lose(self._base + at)
            return at + 1
        length = header_length(self._buffer, at, self._stop)
        if length is None or at + FRAME + length <= self._limit:
            return at
        # It claims to reach beyond the file: a lie if anything sound follows, else the last
        # record is not written to its end.
        found = next_sound(self._buffer, at + 1, self._stop, self._limit)
        if not found.found:
            return at
        self.lose(self._base + at)
        return found.at

    def _layout(self, at: int, size: int) -> Template | None:
        if size > LARGEST or self._is_other(at, size):
            return None
        return self._known.of(self._buffer[at : at + size].tobytes())

    def _is_other(self, at: int, size: int) -> bool:
        if size < SMALLEST_OTHER:
            return False
        return is_other(self._buffer[at + HEADER : at + HEADER + HEAD].tobytes(), size - FRAME)

    def _singly(self, frames: Frames, count: int | None = None) -> int:
        """Read the first `count` frames, or all, one by one; returns where to go on."""
        for at, size in _pairs(frames)[:count]:
            if payload_is_sound(self._buffer, at, size - FRAME):
                self._take(at, size, None)
                continue
            following = self._damaged(at, size)
            if following != at + size or self.lost_from is not None:
                return following
        return at + size

    def _take(self, at: int, size: int, batch: Batch | None) -> None:
        if self._is_other(at, size):
            self._contents.take_other()
            return
        frame = self._buffer[at : at + size].tobytes()
        template = self._known.of(frame) if size <= LARGEST else None
        wrong = self._contents.take(frame, template, at, batch)
        if wrong:
            self._damage.malformed(self._base + at, wrong)

    def _damaged(self, at: int, size: int) -> int:
        """A payload fails its checksum; returns where to go on, `at` if bytes are missing."""
        found = goes_on_at(self._buffer, at, at + size, self._stop, self._limit)
        if found.found and found.at == at + size:
            self._damage.record(self._base + at, self._base + at + size)
        elif found.at > at:
            self.lose(self._base + at)
        return found.at

    def _periodic(self, at: int, row: Row, found: Rows) -> int:
        """Read rows of frames whose layouts repeat."""
        self.mixed = False
        self._span = _FIRST_SPAN
        templates = row.templates
        while True:
            count, size = found.rows.shape
            if not count:
                return self._singly(self._hop(at, self._stop, len(templates)))
            points = decode_rows(found, row)
            damaged = rejected_frames(points, templates, at, size)
            odd = next((p for p, z in damaged if not self._rejects.is_plain_damage(p, z)), None)
            if odd is None:
                break
            found = first_rows(found, (odd - at) // size)
        for place, frame_size in damaged:
            self._damage.record(self._base + place, self._base + place + frame_size)
        self._contents.take_rows(at, size, templates, points)
        return int(at + count * size)

    def _mixed(self, peek: Frames) -> int:
        """Read a stretch of frames in any order."""
        self.mixed = True
        at = int(peek.starts[0])
        frames = self._stretch(at, peek)
        batch = self._read_batch(frames)
        damaged = self._rejects.damaged(batch.rejected)
        cut = self._rejects.first_special(batch.rejected, damaged)
        if cut is not None:
            self._span = _FIRST_SPAN  # others may be near: a long stretch for each costs much
            if cut == at:
                return self._singly(peek)
            before = int(np.searchsorted(frames.starts, cut))
            frames = Frames(frames.starts[:before], frames.sizes[:before], cut, False)
            batch = self._read_batch(frames)
        for place, size in batch.rejected:
            if place in damaged:
                self._damage.record(self._base + place, self._base + place + size)
            else:
                self._take(place, size, batch)
        self._contents.records += batch.frames
        batch.write(self._contents.columns)
        return frames.stop

    def _stretch(self, at: int, peek: Frames) -> Frames:
        end = min(self._stop, at + self._span)
        self._span = min(self._span * 4, _LARGEST_SPAN)
        if (peek.stop - at) / len(peek.starts) > _SPARSE:
            frames = self._hop(at, end, self._span)
        else:
            frames = scan(self._buffer, at, end)
        return frames if len(frames.starts) >= len(peek.starts) else peek

    def _read_batch(self, frames: Frames) -> Batch:
        batch = Batch()
        batch.read(self._buffer, frames.starts, frames.sizes, self._known)
        return batch


def _pairs(frames: Frames, first: int = 0) -> list[tuple[int, int]]:
    return list(zip(frames.starts[first:].tolist(), frames.sizes[first:].tolist(), strict=True))
