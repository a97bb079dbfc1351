"""The callback in a real Keras `fit` (torch backend)."""

import os
import warnings

import pytest

pytest.importorskip("torch")
os.environ.setdefault("KERAS_BACKEND", "torch")
keras = pytest.importorskip("keras")
np = pytest.importorskip("numpy")

from lrdiag.callbacks.keras import LrdiagCallback  # noqa: E402
from lrdiag.config import Config  # noqa: E402

pytestmark = pytest.mark.slow  # the framework's import takes most of it


class Planted(keras.callbacks.Callback):
    """Stands before ours and replaces the logged losses by planted ones."""

    def __init__(self, overfit):
        super().__init__()
        self.overfit = overfit

    def on_epoch_end(self, epoch, logs=None):
        logs["loss"] = 1 / (epoch + 1)
        rising = self.overfit and epoch > 15
        logs["val_loss"] = 1 + 0.08 * (epoch - 15) if rising else 2 - 0.06 * epoch


def train(tmp_path, overfit, *others):
    callback = LrdiagCallback(
        tmp_path / "log.csv", action="stop", rules=["overfitting"], every_seconds=0, config=Config()
    )
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss="mse")
    x, y = np.random.rand(4, 2), np.zeros((4, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        history = model.fit(
            x,
            y,
            epochs=40 if overfit else 20,
            verbose=0,
            callbacks=[Planted(overfit), *others, callback],
        )
    return len(history.epoch), callback


def test_an_overfitting_training_is_stopped(tmp_path):
    epochs, callback = train(tmp_path, True)
    assert [f.rule for f in callback.judge.found] == ["overfitting"]
    assert 16 < epochs < 40
    header, first, *_ = (tmp_path / "log.csv").read_text().splitlines()
    assert header == "epoch,loss,val_loss,learning_rate"
    assert float(first.split(",")[-1]) == pytest.approx(0.05)


def test_a_training_that_is_fine_goes_on(tmp_path):
    epochs, callback = train(tmp_path, False)
    assert epochs == 20
    assert callback.judge.found == []


def test_the_log_of_another_callback_is_judged_and_not_written(tmp_path):
    _, callback = train(tmp_path, True, keras.callbacks.CSVLogger(str(tmp_path / "log.csv")))
    assert [f.rule for f in callback.judge.found] == ["overfitting"]
    assert "learning_rate" not in (tmp_path / "log.csv").read_text()
