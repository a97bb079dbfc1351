"""Hugging Face Trainer: `trainer_state.json` with its `log_history`.

https://huggingface.co/docs/transformers/main_classes/callback (TrainerState).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from lrdiag.runs import Run
from lrdiag.sources.file_run import Content, read_file_run
from lrdiag.sources.json_text import array_items, line_numbers, load_document, whole_text
from lrdiag.sources.problem_log import ProblemLog
from lrdiag.sources.records import RecordRows
from lrdiag.sources.rows import series_of
from lrdiag.sources.text_lines import head_text

_PARAMS = (
    "num_train_epochs",
    "max_steps",
    "train_batch_size",
    "logging_steps",
    "eval_steps",
    "save_steps",
)


class HuggingFaceSource:
    """`trainer_state.json` of the Hugging Face Trainer."""

    name: ClassVar[str] = "huggingface"
    per_directory: ClassVar[bool] = False
    priority: ClassVar[int] = 90

    def sniff(self, path: Path, head: bytes) -> bool:
        """A JSON object with a `log_history`, or a file of that name."""
        text = head_text(head)
        if not text.lstrip().startswith("{"):
            return False
        return '"log_history"' in text or path.name == "trainer_state.json"

    def read(self, files: Sequence[Path], name: str) -> Run:
        """Read one state file.

        Raises:
            SourceError: the file cannot be opened.
        """
        return read_file_run(self.name, files[0], name, _read)


def _read(path: Path, log: ProblemLog) -> Content:
    text = whole_text(path, log)
    state = load_document(text, log)
    start = text.find("[", max(text.find('"log_history"'), 0))
    items = list(array_items(text, start)) if start >= 0 else []
    numbers = line_numbers(text, [at for at, _ in items])
    rows = RecordRows()
    for line, (_, record) in zip(numbers, items, strict=True):
        if isinstance(record, Mapping):
            rows.add(_without_summary(record), line)
    params: dict[str, Any] = {}
    if isinstance(state, Mapping):
        params = {key: state[key] for key in _PARAMS if state.get(key) is not None}
    return Content(series_of(rows.recorder.rows(), log), params)


def _without_summary(record: Mapping[str, Any]) -> dict[str, Any]:
    """The last record sums up the whole training: its mean loss is no point of a curve."""
    if "train_runtime" not in record:
        return dict(record)
    index = ("epoch", "step")
    return {k if k in index else f"summary/{k}": v for k, v in record.items()}
