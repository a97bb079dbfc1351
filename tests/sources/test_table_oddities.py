"""Tables with restarts, shuffled, ragged or unreadable rows, and what is no table at all."""

import math
from pathlib import Path

import numpy as np
import pytest

from lrdiag.errors import SourceError
from lrdiag.sources.table import TableSource

ROWS = [(e, 1.0 / (e + 1), 0.1 if e < 5 else 0.01) for e in range(10)]


def read(tmp_path: Path, text: str | bytes, name: str = "log.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert TableSource().sniff(path, path.read_bytes()[:65_536])
    return TableSource().read([path], name)


def table(delimiter: str, header=("epoch", "train loss", "lr"), end: str = "\n") -> str:
    lines = [delimiter.join(header)]
    lines += [delimiter.join([str(e), f"{loss:.4f}", f"{lr:g}"]) for e, loss, lr in ROWS]
    return end.join(lines) + end


def kinds(run) -> list[str]:
    return [p.kind for p in run.problems]


def test_a_restart_supersedes_what_it_repeats(tmp_path):
    text = "step,loss\n0,9\n10,8\n20,7\n30,6\n20,5\n30,4\n40,3\n"
    run = read(tmp_path, text)
    loss = run.series["loss"]
    assert loss.step.tolist() == [0, 10, 20, 30, 40]
    assert loss.value.tolist() == [9, 8, 5, 4, 3]
    assert (loss.superseded, loss.restarts) == (2, (20,))
    assert loss.replaced.value.tolist() == [7, 6]
    (problem,) = run.problems
    assert (problem.kind, problem.severity, problem.line) == ("restart", "info", 6)


def test_shuffled_rows_are_all_kept(tmp_path):
    order = np.random.default_rng(1).permutation(40)
    run = read(tmp_path, "step,loss\n" + "".join(f"{s},{s * 2}\n" for s in order))
    assert run.series["loss"].step.tolist() == list(range(40))
    assert run.series["loss"].value.tolist() == [s * 2 for s in range(40)]
    assert kinds(run) == ["out-of-order"]


def test_shards_in_the_wrong_order_are_no_restart(tmp_path):
    steps = [*range(50, 100), *range(50)]
    run = read(tmp_path, "step,loss\n" + "".join(f"{s},{s}\n" for s in steps))
    assert len(run.series["loss"]) == 100
    assert run.series["loss"].superseded == 0


def test_repeated_header_is_said_and_costs_nothing(tmp_path):
    text = table(",")
    run = read(
        tmp_path, text + text.replace("\n0,", "\n10,", 1).split("\n", 2)[0] + "\n10,0.05,0.01\n"
    )
    assert run.series["train loss"].step.tolist() == list(range(11))
    assert kinds(run) == ["repeated-header"]


def test_a_new_header_changes_the_columns(tmp_path):
    run = read(tmp_path, "epoch,loss\n0,1\n1,0.9\nepoch,val_loss,loss\n2,0.5,0.8\n")
    assert run.series["loss"].value.tolist() == [1, 0.9, 0.8]
    assert run.series["val_loss"].value.tolist() == [0.5]


def test_ragged_rows_are_named(tmp_path):
    lines = table(",").split("\n")
    lines[3] += ",9,9"
    lines[6] = lines[6].rsplit(",", 1)[0]
    run = read(tmp_path, "\n".join(lines))
    assert len(run.series["train loss"]) == 9
    assert len(run.series["lr"]) == 8
    assert [(p.kind, p.line, p.lost) for p in run.problems] == [
        ("ragged-row", 4, 1),
        ("ragged-row", 7, 1),
    ]


def test_an_open_quote_costs_one_row(tmp_path):
    lines = table(",").split("\n")
    lines[4] = lines[4].replace(",", ',"', 1)
    run = read(tmp_path, "\n".join(lines))
    assert len(run.series["lr"]) == 9
    assert [(p.kind, p.line, p.lost) for p in run.problems] == [("unbalanced-quote", 5, 1)]


def test_half_a_number_is_not_believed(tmp_path):
    text = "step,loss,lr\n0,0.51234,0.1\n1,0.41234,0.1\n2,0.31"
    run = read(tmp_path, text)
    assert run.series["loss"].value.tolist() == [0.51234, 0.41234]
    (problem,) = run.problems
    assert (problem.kind, problem.severity, problem.line) == ("incomplete-line", "info", 4)


@pytest.mark.parametrize("last", ["0.31234", "0.41234"])
def test_a_last_cell_as_long_as_those_above_is_whole(tmp_path, last):
    run = read(tmp_path, f"step,loss\n0,0.51234\n1,0.41234\n2,{last}")
    assert run.series["loss"].value[-1] == float(last)
    assert run.problems == ()


def test_a_cut_exponent_is_not_believed(tmp_path):
    run = read(tmp_path, "step,lr\n0,1.5e-05\n1,1.4e-05\n2,1.3")
    assert len(run.series["lr"]) == 2


def test_nan_and_inf_survive_and_are_reported(tmp_path):
    run = read(tmp_path, "step,loss\n0,1\n1,nan\n2,inf\n3,-inf\n")
    assert math.isnan(run.series["loss"].value[1])
    assert run.series["loss"].value[2:].tolist() == [math.inf, -math.inf]
    (problem,) = run.problems
    assert (problem.kind, problem.line) == ("non-finite", 3)


def test_words_for_missing_are_no_values(tmp_path):
    words = ["None", "-", "N/A", "null", "NA", "--", "?"]
    run = read(
        tmp_path, "step,loss\n" + "".join(f"{i},{w}\n" for i, w in enumerate(words)) + "9,1\n"
    )
    assert run.series["loss"].value.tolist() == [1]
    assert kinds(run) == ["missing-values"]
    assert "7 cells" in run.problems[0].message


def test_bad_cells_are_counted_with_the_first_line(tmp_path):
    run = read(tmp_path, "step,loss\n0,1\n1,oops\n2,1_0\n3,2\n4,1\n")
    assert run.series["loss"].value.tolist() == [1, 2, 1]
    (problem,) = run.problems
    assert (problem.kind, problem.line, problem.lost) == ("bad-cell", 3, 2)


@pytest.mark.parametrize(
    ("text", "kind"), [("", "empty-file"), ("\n\n", "empty-file"), ("epoch,loss\n", "no-rows")]
)
def test_nothing_to_read(tmp_path, text, kind):
    run = read(tmp_path, text)
    assert not any(len(s) for s in run.series.values())
    assert kinds(run) == [kind]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("package.json", '{"name": "x", "version": "1.0"}'),
        ("config.yaml", "lr: 0.1\nepochs: 30\n"),
        ("iris.csv", "sepal_length,sepal_width,species\n5.1,3.5,setosa\n4.9,3.0,setosa\n"),
        ("notes.txt", "Training went well.\nLoss is low, about 0.3, after 3 epochs.\n"),
        (
            "log.txt",
            "epoch : 0 [0/391]| loss: 2.6 | acc: 14.0\nepoch : 0 [9/391]| loss: 2.5 | acc: 15\n",
        ),
        ("data.bin", "\0\1\2\3"),
    ],
)
def test_other_files_are_no_tables(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    assert not TableSource().sniff(path, path.read_bytes())


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(SourceError, match="cannot be read"):
        TableSource().read([tmp_path / "none.csv"], "x")
