"""What an event file holds, as it is collected: points, hyper-parameters, texts."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from lrdiag.sources.decoding import Points
from lrdiag.sources.event_batch import Batch
from lrdiag.sources.event_columns import EventColumns
from lrdiag.sources.event_message import Event, MalformedError, parse_event
from lrdiag.sources.framing import HEADER
from lrdiag.sources.templates import Template

_TEXTS = 64
"""Texts kept of a file; configurations are logged first."""
_HPARAMS = 64


class EventContents:
    """Collects what the records of a file say.

    Attributes:
        columns: points by tag. begun: first wall time, inf if none. records: whole records.
        hparams: contents of the HParams plugin. texts: (tag, text) of the text plugin.
        others: values that are no scalars (images, histograms …), stepped over.
    """

    def __init__(self) -> None:
        self.columns = EventColumns()
        self.begun = math.inf
        self.records = 0
        self.others = 0
        self.hparams: list[bytes] = []
        self.texts: list[tuple[bytes, bytes]] = []

    def take(
        self, frame: bytes, template: Template | None, place: int = 0, batch: Batch | None = None
    ) -> str:
        """Take one frame whose checksums are right; returns what is wrong with it, or "".

        With a `batch` the points join those of the batch, at their `place`.
        """
        self.records += 1
        try:
            event = template.read(frame) if template else parse_event(frame[HEADER:-4])
        except MalformedError as error:
            return str(error)
        for scalar in event.scalars:
            if batch is None:
                column = self.columns.column(scalar.tag)
                column.add_one(event.step, event.wall_time, scalar.value)
            else:
                batch.add_one(scalar.tag, place, event.step, event.wall_time, scalar.value)
        self._take_rest(event)
        return ""

    def take_other(self) -> None:
        """Take one frame that holds an image, a histogram or audio: only counted."""
        self.records += 1
        self.others += 1

    def _take_rest(self, event: Event) -> None:
        if event.session_start:
            self.columns.start_session(event.step)
        if event.wall_at >= 0 and math.isfinite(event.wall_time):
            self.begun = min(self.begun, event.wall_time)
        self.others += event.others
        self.hparams += event.hparams[: _HPARAMS - len(self.hparams)]
        self.texts += event.texts[: _TEXTS - len(self.texts)]

    def take_rows(
        self, start: int, size: int, templates: Sequence[Template], points: Sequence[Points]
    ) -> None:
        """Take rows of repeated frames; `start` and row `size` say where each frame lies."""
        self.records += sum(len(p.step) for p in points)
        tags = [tag for template in templates for tag, _, _ in template.values]
        if len(set(tags)) == len(tags):
            for template, some in zip(templates, points, strict=True):
                self._take_points(template, some)
            return
        batch = Batch()
        for template, some in zip(templates, points, strict=True):
            where = np.arange(len(some.step), dtype=np.int64) * size + start
            batch.add(where, template, some)
            start += template.size
        batch.write(self.columns)

    def _take_points(self, template: Template, points: Points) -> None:
        step, wall, keep = points.step, points.wall, points.keep
        if keep is not None:
            step, wall = step[keep], wall[keep]
        for (tag, _, _), value in zip(template.values, points.values, strict=True):
            self.columns.add(tag, step, wall, value if keep is None else value[keep])


def starts_session(frame: bytes) -> bool:
    """Whether the frame says that a writer starts (SessionLog START)."""
    try:
        if b"\x3a" not in frame[HEADER : HEADER + 24]:
            return False
        return parse_event(frame[HEADER:-4]).session_start
    except MalformedError:
        return False
