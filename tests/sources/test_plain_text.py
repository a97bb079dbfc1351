"""Text logs in the shape of the wild ones: rows among other output."""

import pytest

from lrdiag.roles.resolution import resolve_roles
from lrdiag.sources.plain_text import PlainTextSource, TextReader
from lrdiag.sources.text_lines import Line
from lrdiag.sources.text_patterns import shipped_patterns


def read(tmp_path, text, name="train.log"):
    path = tmp_path / name
    path.write_text(text)
    assert PlainTextSource().sniff(path, path.read_bytes()[:65_536])
    return PlainTextSource().read([path], name)


@pytest.mark.parametrize("pattern", shipped_patterns(), ids=lambda p: p.name)
def test_every_shipped_pattern_reads_its_example(pattern):
    assert pattern.example
    first = next(p for p in shipped_patterns() if p.groups(_body(pattern.example)) is not None)
    assert first.name == pattern.name
    if pattern.name != "epoch-alone":
        assert TextReader().line(Line(1, pattern.example, True))


def _body(text):
    from lrdiag.sources.text_pairs import body_of

    return body_of(text)


@pytest.mark.parametrize("pattern", shipped_patterns(), ids=lambda p: p.name)
def test_shipped_patterns_are_quick_on_hostile_lines(pattern):
    for line in ("Epoch [1][1/1] " + "a" * 4900, "[" * 4900, "1/1 [" + "=" * 4800, " " * 4900):
        assert all(text in line for text in (pattern.groups(line) or {}).values())


def test_mxnet(tmp_path):
    lines = ["INFO:root:Namespace(lr=0.1, batch_size=256)", "INFO:root:Start training"]
    for epoch in range(3):
        for batch in (50, 100):
            front = f"INFO:root:Epoch[{epoch}] Batch [{batch}]\tSpeed: 700.5 samples/sec\t"
            lines.append(f"{front}Train-accuracy=0.{epoch + 1}")
        lines.append(f"INFO:root:Epoch[{epoch}] Validation-accuracy=0.{epoch + 2}")
    lines.insert(7, "INFO:root:Update[200]: Change learning rate to 1.00000e-02")
    run = read(tmp_path, "\n".join(lines) + "\n")
    assert run.series["Train-accuracy"].step.tolist() == [50, 100, 150, 200, 250, 300]
    assert run.series["Validation-accuracy"].step.tolist() == [100, 200, 300]
    assert run.series["lr"].value.tolist() == [0.01]
    assert run.series["epoch"].value[0] == 0
    assert "lr=0.1" in run.texts[0]


def test_mmcv_text(tmp_path):
    front = "2021-01-12 06:29:20,812 - mmdet - INFO - "
    lines = [
        f"{front}Epoch [{e}][{i}/100]\tlr: 2.0e-02, eta: 6:03:37, time: 0.288, loss: 0.{e}"
        for e in (1, 2)
        for i in (50, 100)
    ]
    lines.append(f"{front}Epoch(val) [2][100]\tmAP: 0.7184")
    run = read(tmp_path, "\n".join(lines) + "\n")
    assert run.series["loss"].step.tolist() == [50, 100, 150, 200]
    assert run.series["val/mAP"].value.tolist() == [0.7184]
    assert "eta" not in run.series


def test_llm_c(tmp_path):
    lines = ["s:0 tel:11.0"] + [f"s:{i} trl:{10 - i}.5 lr:0.0001 norm:1.5" for i in range(5)]
    run = read(tmp_path, "\n".join(lines) + "\n", "main.log")
    assert run.series["trl"].step.tolist() == [0, 1, 2, 3, 4]
    assert run.series["tel"].value.tolist() == [11.0]


def test_python_logging_with_words_and_percent(tmp_path):
    front = "2024-08-20 23:52:38,790 INFO 2024-08-20 23:52:38.790024 \t "
    lines = [
        f"{front}LR 0.00003 \t Epoch {e} \t Train Acc. 10.75% \t Train Loss 2.37" for e in range(3)
    ]
    lines.append(
        "2024-08-20 23:53:00,019 INFO TEST: Epoch 2 \t Test Acc. 46.96% (Prev. Best 0.00%)"
    )
    run = read(tmp_path, "\n".join(lines) + "\n")
    assert run.series["Train Acc."].value.tolist() == [10.75] * 3
    assert run.series["Train Loss"].step.tolist() == [0, 1, 2]
    assert run.series["Test Acc."].value.tolist() == [46.96]


def test_hugging_face_console_and_progress_bars(tmp_path):
    lines = [
        f" {10 * i}%|███       | {i}/10 [00:01<00:05,  1.2it/s]\r"
        f"{{'loss': {1 / i:.3f}, 'learning_rate': 5e-05, 'epoch': {i / 10}}}"
        for i in range(1, 5)
    ]
    run = read(tmp_path, "\n".join(lines) + "\n")
    assert run.series["loss"].value.tolist() == [1.0, 0.5, 0.333, 0.25]
    assert run.series["epoch"].value.tolist() == [0.1, 0.2, 0.3, 0.4]


def test_torch7_json_stats(tmp_path):
    lines = ["==> loading data", "nn.Sequential {"]
    lines += [
        f'json_stats: {{"lr":0.1,"loss":{1 / e},"epoch":{e},"model":"x"}}\t' for e in (1, 2, 3)
    ]
    run = read(tmp_path, "\n".join(lines) + "\n", "log.txt")
    assert run.series["loss"].step.tolist() == [1, 2, 3]


def test_keras_progress_lines_take_the_epoch_announced_before(tmp_path):
    lines = []
    for epoch in (1, 2):
        lines.append(f"Epoch {epoch}/2")
        lines.append(
            f"10/10 [==========] - 1s 9ms/step - loss: 0.{epoch} - val_loss: 0.{epoch + 1}"
        )
    run = read(tmp_path, "\n".join(lines) + "\n")
    assert run.series["loss"].step.tolist() == [1, 2]
    assert run.series["val_loss"].value.tolist() == [0.2, 0.3]


def test_pytorch_mnist_example(tmp_path):
    text = ""
    for epoch in (1, 2):
        text += f"Train Epoch: {epoch} [0/60000 (0%)]\tLoss: 2.3\n"
        text += f"Train Epoch: {epoch} [640/60000 (1%)]\tLoss: 1.3\n\n"
        text += "Test set: Average loss: 0.0586, Accuracy: 9804/10000 (98%)\n\n"
    run = read(tmp_path, text)
    assert run.series["train/Loss"].value.tolist() == [2.3, 1.3, 2.3, 1.3]
    assert run.series["test/Accuracy"].value.tolist() == [0.9804, 0.9804]


TUTORIALS = {
    "PyTorch tutorial": "Epoch [{epoch}/3], Step [{at}/600], Loss: {loss}",
    "bars": "2025-06-12 13:31:13 INFO Epoch: [ {epoch}/200] Iter [  {at}/600] || Loss: {loss}",
    "DCGAN": "[{epoch}/25][{at}/600]\tLoss_D: {loss}\tD(x): 0.4\tD(G(z)): 0.3 / 0.1",
    "CIFAR-10 tutorial": "[{epoch},   {at}] loss: {loss}",
    "language model": "| epoch   {epoch} |   {at}/ 600 batches | lr 5 | loss  {loss} | ppl  9",
}


@pytest.mark.parametrize("line", TUTORIALS.values(), ids=TUTORIALS)
def test_iterations_within_epochs_as_tutorials_print_them(tmp_path, line):
    places = [(epoch, at) for epoch in (1, 2, 3) for at in (100, 200, 300)]
    lines = [line.format(epoch=e, at=at, loss=f"{1 / (e + at):.6f}") for e, at in places]
    run = read(tmp_path, "\n".join(["loading data", *lines, ""]))
    (loss,) = [series for tag, series in run.series.items() if "loss" in tag.lower()]
    assert len(loss) == 9
    assert loss.step[:3].tolist() == [100, 200, 300]
    assert (loss.step[1:] > loss.step[:-1]).all()
    assert run.series["epoch"].value.tolist() == [e for e, _ in places]


def test_an_epoch_announced_on_a_line_of_its_own(tmp_path):
    text = "".join(f"Epoch {e}\n  train loss 0.{9 - e}\n  val loss 0.{9 - e}1\n" for e in (1, 2, 3))
    run = read(tmp_path, text)
    assert run.series["train loss"].step.tolist() == [1, 2, 3]
    assert run.series["val loss"].value.tolist() == [0.81, 0.71, 0.61]


def test_colours_and_a_cut_last_line(tmp_path):
    text = (
        "".join(f"\x1b[32mepoch {i}\x1b[0m loss: 0.5{i}\n" for i in range(3)) + "epoch 3 loss: 0."
    )
    run = read(tmp_path, text)
    assert run.series["loss"].value.tolist() == [0.5, 0.51, 0.52]
    assert [(p.kind, p.severity, p.line) for p in run.problems] == [("incomplete-line", "info", 4)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "numpy==1.26.4\ntorch>=2.1\n"),
        ("README.md", "# Title\n\nTrain with `--lr 0.1`. It takes 3 hours.\n"),
        ("labels.txt", "cat\ndog\n"),
        ("server.log", "2024-01-01 10:00:00 INFO request 12 took 30 ms\n" * 3),
        ("train.py", "loss = 0.1\nepoch = 3\n"),
    ],
)
def test_other_text_is_no_log(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    assert not PlainTextSource().sniff(path, path.read_bytes())


def test_gluon_validation_is_accuracy_and_training_may_be_anything(tmp_path):
    """GluonCV's CIFAR scripts; `train=` is RMSE where mixup is on."""
    lines = [f"[Epoch {e}] train=0.{4 + e} val=0.{5 + e} loss=1.{9 - e} time: 16.4" for e in (0, 1)]
    run = read(tmp_path, "\n".join(lines) + "\n")
    roles = resolve_roles(run).tags
    assert roles == {"val_accuracy": "val/accuracy", "train_loss": "loss"} | {"epoch": "epoch"}
    assert run.series["train"].value.tolist() == [0.4, 0.5]


def test_rows_behind_a_long_preamble(tmp_path):
    """MMEngine's log begins with its configuration and the keys of the checkpoint."""
    front = "2023/06/05 20:10:13 - mmengine - INFO - "
    lines = [f"backbone.layer{i}.conv.weight - torch.Size([64, 64, 3, 3])" for i in range(2000)]
    lines += [f"{front}Epoch(train)   [{e}][1/6]  lr: 4.0e-08  loss: 0.{e}219" for e in (1, 2, 3)]
    text = "\n".join(lines) + "\n"
    assert len(text) > 100_000
    run = read(tmp_path, text)
    assert run.series["loss"].value.tolist() == [0.1219, 0.2219, 0.3219]
    assert run.series["lr"].value.tolist() == [4e-8] * 3


def test_a_line_number_of_code_is_no_value(tmp_path):
    lines = ["/usr/lib/torch/optim/lr_scheduler.py:131: UserWarning: epoch 3"]
    lines += [f"epoch {e} loss: 0.{e}" for e in (1, 2, 3)]
    run = read(tmp_path, "\n".join(lines) + "\n")
    assert set(run.series) == {"loss", "epoch"}


def test_rows_behind_the_source_of_the_script(tmp_path):
    """Scripts for speed records print themselves first; the code speaks of steps and losses."""
    code = ["def step(model, epoch):", "    loss = model(next(batches))  # loss", "    return loss"]
    rows = [f"step:{k}/90 val_loss:{10 - k:.4f} train_time:{k}ms" for k in range(9)]
    text = "\n".join(code * 2000 + ["=" * 100, *rows]) + "\n"
    assert len(text) > 100_000
    run = read(tmp_path, text)
    assert run.series["val_loss"].value.tolist() == [10.0 - k for k in range(9)]


def test_the_source_of_a_script_alone_is_no_log(tmp_path):
    code = ["def step(model, epoch):", "    loss = model(next(batches))  # loss", "    return loss"]
    path = tmp_path / "train.txt"
    path.write_text("\n".join(code * 2000) + "\n")
    head = path.read_bytes()[:65_536]
    assert not PlainTextSource().sniff(path, head)
