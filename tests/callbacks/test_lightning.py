"""The callback in a real Lightning Trainer: an overfitting training is stopped, another is not."""

import warnings

import pytest

torch = pytest.importorskip("torch")
lightning = pytest.importorskip("lightning.pytorch")

from lrdiag.callbacks.lightning import LrdiagCallback  # noqa: E402
from lrdiag.config import Config  # noqa: E402

pytestmark = pytest.mark.slow  # the framework's import takes most of it


class Module(lightning.LightningModule):
    """Logs a planted validation loss; the training itself is real but tiny."""

    def __init__(self, overfit):
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)
        self.overfit = overfit

    def training_step(self, batch, _):
        loss = self.layer(batch).pow(2).mean()
        epoch = self.current_epoch
        self.log("train_loss", 1 / (epoch + 1), on_step=False, on_epoch=True)
        rising = 1 + 0.08 * (epoch - 15) if self.overfit and epoch > 15 else 2 - 0.06 * epoch
        self.log("val_loss", rising, on_step=False, on_epoch=True)
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.01)


def train(tmp_path, overfit, **options):
    from lightning.pytorch.loggers import CSVLogger

    callback = LrdiagCallback(every_seconds=0, config=Config(), **options)
    trainer = lightning.Trainer(
        max_epochs=40 if overfit else 20,
        logger=CSVLogger(tmp_path),
        callbacks=[callback],
        accelerator="cpu",
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
        log_every_n_steps=1,
    )
    data = torch.utils.data.DataLoader(torch.randn(4, 2), batch_size=4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer.fit(Module(overfit), data)
    return trainer, callback


def test_an_overfitting_training_is_stopped(tmp_path):
    trainer, callback = train(tmp_path, overfit=True, action="stop", rules=["overfitting"])
    assert 16 < trainer.current_epoch < 40
    assert [f.rule for f in callback.judge.found] == ["overfitting"]


def test_a_training_that_is_fine_goes_on(tmp_path):
    trainer, callback = train(tmp_path, overfit=False, action="stop")
    assert trainer.current_epoch == 20
    assert callback.judge.found == []
