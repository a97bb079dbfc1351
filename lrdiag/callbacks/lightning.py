"""Lightning: `Trainer(callbacks=[LrdiagCallback(action="stop")])`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lrdiag.callbacks.judging import Judge

try:
    from lightning.pytorch.callbacks import Callback
except ImportError:
    from pytorch_lightning.callbacks import Callback  # type: ignore[assignment, unused-ignore]


class LrdiagCallback(Callback):  # type: ignore[misc, unused-ignore]
    """Judges the log at the end of each validation and training epoch; warns or stops.

    Args:
        path: the log; the trainer's first logger's folder by default.
        options: see `lrdiag.callbacks.judging.Judge` (rules, severity, action, every_seconds).
    """

    def __init__(self, path: str | Path | None = None, **options: Any) -> None:
        super().__init__()
        self._path = path
        self._options = options
        self.judge: Judge | None = None

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Look, on the first process only."""
        if not trainer.is_global_zero:
            return
        if self.judge is None:
            path = self._path or _log_folder(trainer)
            if path is None:
                return
            self.judge = Judge(path, **self._options)
        _flush(trainer)
        if self.judge.should_stop():
            trainer.should_stop = True


def _log_folder(trainer: Any) -> str | None:
    for logger in trainer.loggers:
        folder = getattr(logger, "log_dir", None) or getattr(logger, "save_dir", None)
        if folder:
            return str(folder)
    return None


def _flush(trainer: Any) -> None:
    """Loggers buffer (CSVLogger for 100 steps); what they hold back cannot be judged."""
    for logger in trainer.loggers:
        logger.save()
