"""TensorBoard's own CSV download: `Wall time,Step,Value`, one file a tag.

The file is called `run-<run>-tag-<tag>.csv`; the name is all that says what was logged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from lrdiag.runs import Run
from lrdiag.sources.table import TableSource
from lrdiag.sources.text_lines import head_text

_HEADER = re.compile(
    r"\s*\"?wall time\"?\s*[,;\t]\s*\"?step\"?\s*[,;\t]\s*\"?value\"?\s*(\n|$)", re.I
)
_NAME = re.compile(r"(?:run-(?P<run>.*?)-)?tag-(?P<tag>.+?)(?: \(\d+\))?$")


class TensorBoardCsvSource:
    """A series as TensorBoard's page saves it."""

    name: ClassVar[str] = "tensorboard-csv"
    per_directory: ClassVar[bool] = False
    priority: ClassVar[int] = 80

    def sniff(self, path: Path, head: bytes) -> bool:
        """The header `Wall time,Step,Value`."""
        return _HEADER.match(head_text(head[:200])) is not None

    def read(self, files: Sequence[Path], name: str) -> Run:
        """Read one series; its tag comes from the file's name.

        Raises:
            SourceError: the file cannot be opened.
        """
        run = TableSource().read(files, name)
        tag = tag_of(files[0].stem)
        series = {
            tag if t.lower() == "value" else t: replace(s, tag=tag if t.lower() == "value" else t)
            for t, s in run.series.items()
            if t.lower() != "wall time"
        }
        points = sum(len(s) for s in series.values())
        sources = tuple(replace(s, format=self.name, points=points) for s in run.sources)
        return replace(run, series=series, sources=sources)


def tag_of(stem: str) -> str:
    """The tag in a file name such as `run-exp_version_0-tag-train_loss`."""
    found = _NAME.search(stem)
    return found["tag"] if found else stem
