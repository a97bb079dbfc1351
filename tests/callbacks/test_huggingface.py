"""The callback in a real Hugging Face Trainer."""

import warnings

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("accelerate")

from lrdiag.callbacks.huggingface import LOG_NAME, LrdiagCallback  # noqa: E402
from lrdiag.config import Config  # noqa: E402

pytestmark = pytest.mark.slow  # the framework's import takes most of it


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)

    def forward(self, x, labels=None):
        return {"loss": self.layer(x).pow(2).mean()}


class Planted(transformers.TrainerCallback):
    """Stands before ours and replaces the logged losses by planted ones."""

    def __init__(self, overfit):
        self.overfit = overfit

    def on_log(self, args, state, control, logs=None, **kwargs):
        at = state.global_step
        if logs and "loss" in logs:
            logs["loss"] = 1 / at
            logs["eval_loss"] = 1 + 0.08 * (at - 15) if self.overfit and at > 15 else 2 - 0.06 * at


def train(tmp_path, overfit):
    callback = LrdiagCallback(
        action="stop", rules=["overfitting"], every_seconds=0, config=Config()
    )
    data = [{"x": torch.randn(2), "labels": torch.zeros(1)} for _ in range(4)]
    arguments = transformers.TrainingArguments(
        output_dir=str(tmp_path),
        num_train_epochs=40 if overfit else 20,
        per_device_train_batch_size=4,
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
    )
    trainer = transformers.Trainer(
        Model(), arguments, train_dataset=data, callbacks=[Planted(overfit), callback]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer.train()
    return trainer, callback


def test_an_overfitting_training_is_stopped(tmp_path):
    trainer, callback = train(tmp_path, overfit=True)
    assert [f.rule for f in callback.judge.found] == ["overfitting"]
    assert 16 < trainer.state.global_step < 40
    assert (tmp_path / LOG_NAME).read_text().count("\n") >= 16


def test_a_training_that_is_fine_goes_on(tmp_path):
    trainer, callback = train(tmp_path, overfit=False)
    assert trainer.state.global_step == 20
    assert callback.judge.found == []
