"""Hugging Face Trainer: `Trainer(callbacks=[LrdiagCallback(action="stop")])`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from lrdiag.callbacks.judging import Judge

LOG_NAME = "lrdiag_log.jsonl"


class LrdiagCallback(TrainerCallback):  # type: ignore[misc, unused-ignore]
    """Judges what the Trainer logs; warns or stops.

    The Trainer writes `trainer_state.json` only with checkpoints, so this keeps a log of its
    own beside them (`lrdiag_log.jsonl` in `output_dir`), one line a call of `on_log`.

    Args:
        path: the log to judge instead (a TensorBoard folder, say); then none is written.
        options: see `lrdiag.callbacks.judging.Judge` (rules, severity, action, every_seconds).
    """

    def __init__(self, path: str | Path | None = None, **options: Any) -> None:
        super().__init__()
        self._path = Path(path) if path else None
        self._own: Path | None = None
        self._options = options
        self.judge: Judge | None = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Begin a log; a resumed training goes on with the old one."""
        if not state.is_world_process_zero:
            return
        if self._path is None:
            self._own = Path(args.output_dir) / LOG_NAME
            self._own.parent.mkdir(parents=True, exist_ok=True)
            if state.global_step == 0:
                self._own.unlink(missing_ok=True)
        self.judge = Judge(self._own or self._path or ".", **self._options)

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        """Write the line, look, and stop if told so."""
        if self.judge is None or not state.is_world_process_zero:
            return
        if self._own is not None and logs:
            self._write(self._own, state, logs)
        if self.judge.should_stop():
            control.should_training_stop = True

    @staticmethod
    def _write(path: Path, state: Any, logs: dict[str, Any]) -> None:
        numbers = {k: v for k, v in logs.items() if isinstance(v, int | float)}
        line = {"step": state.global_step, "epoch": state.epoch, **numbers}
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
