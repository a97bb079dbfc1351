"""Keras: `model.fit(…, callbacks=[LrdiagCallback("logs.csv", action="stop")])`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from lrdiag.callbacks.judging import Judge


class LrdiagCallback(keras.callbacks.Callback):  # type: ignore[misc, unused-ignore]
    """Judges each epoch; warns or stops.

    Args:
        path: a log that another callback writes (`CSVLogger`, `TensorBoard`), which then has
            to stand before this one; or a `.csv` that does not exist, which this one writes.
        options: see `lrdiag.callbacks.judging.Judge` (rules, severity, action, every_seconds).
    """

    def __init__(self, path: str | Path, **options: Any) -> None:
        keras_init: Any = super().__init__
        keras_init()
        self._path = Path(path)
        self._columns: list[str] = []
        self._writes = False
        self.judge = Judge(path, **options)

    def on_train_begin(self, logs: Any = None) -> None:
        """See whether somebody else writes the log."""
        self._writes = self._path.suffix == ".csv" and not self._path.exists()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write the row if it is ours to write, look, and stop if told so."""
        if self._writes and logs:
            self._write(epoch, logs)
        if self.judge.should_stop():
            self.model.stop_training = True

    def _write(self, epoch: int, logs: dict[str, Any]) -> None:
        row = {"epoch": epoch, **{k: float(v) for k, v in logs.items()}}
        rate = getattr(self.model.optimizer, "learning_rate", None)
        if rate is not None and "learning_rate" not in row:
            row["learning_rate"] = float(keras.ops.convert_to_numpy(rate))
        with self._path.open("a", encoding="utf-8") as file:
            if not self._columns:
                self._columns = list(row)
                file.write(",".join(self._columns) + "\n")
            file.write(",".join(str(row.get(name, "")) for name in self._columns) + "\n")
