"""Tables that a script prints among other output."""

import pytest

from lrdiag.sources.plain_text import TextReader
from lrdiag.sources.text_lines import Line
from lrdiag.sources.text_table import TextTable
from lrdiag.sources.tree import read_runs

FASTAI = "█\repoch     train_loss  valid_loss  accuracy  time    \n"


def bars(epoch):
    done = "".join(
        f"Epoch {epoch}/3 : |██---| {k}0.00% [{k}/9 00:0{k}<? 0.5{k}]\r" for k in range(5)
    )
    return f"█\r{done}{' ' * 40}\r\r"


def test_fastai_prints_a_table_between_progress_bars(tmp_path):
    rows = [
        f"{bars(k)}{k}         0.{9 - k}00000  0.{8 - k}00000    0.{k + 5}00000  00:07     \n"
        for k in range(4)
    ]
    (tmp_path / "train.log").write_text(FASTAI + "".join(rows), newline="")
    (run,) = read_runs(tmp_path)
    assert run.series["train_loss"].value.tolist() == [0.9, 0.8, 0.7, 0.6]
    assert run.series["valid_loss"].step.tolist() == [0, 1, 2, 3]
    assert run.series["accuracy"].value.tolist() == [0.5, 0.6, 0.7, 0.8]
    assert "time" not in run.series


def test_a_table_below_a_preamble(tmp_path):
    text = "loading data\nUsing cuda:0\n| Epoch | loss | lr |\n|------|------|----|\n"
    text += "".join(f"| {k} | 0.{9 - k} | 1e-3 |\nsaved model {k}\n" for k in range(5))
    reader = TextReader()
    found = [reader.line(Line(n, line, True)) for n, line in enumerate(text.split("\n"), 1)]
    assert sum(found) == 5
    assert reader.rows.recorder.rows().cells["loss"][1].tolist() == [0.9, 0.8, 0.7, 0.6, 0.5]


def test_a_second_table_replaces_the_first():
    table = TextTable()
    assert table.header("epoch train_loss")
    assert table.row("1 0.5") == {"epoch": 1.0, "train_loss": 0.5}
    assert table.header("epoch train_loss acc")
    assert table.row("1 0.5") is None
    assert table.row("2 0.5 None") == {"epoch": 2.0, "train_loss": 0.5}


@pytest.mark.parametrize(
    "text",
    ["the loss of the epoch", "epoch is over", "epoch", "loss acc", "epoch 1 loss", "epoch ! loss"],
)
def test_lines_that_are_no_header(text):
    assert not TextTable().header(text)


@pytest.mark.parametrize("text", ["1 0.5 3", "x 0.5", "1.5 0.5", "1 abc", "1 -", ""])
def test_lines_that_are_no_row(text):
    table = TextTable()
    assert table.row("1 0.5") is None
    assert table.header("step loss")
    assert table.row(text) is None
