"""A quoted cell may hold line breaks; a stray quote still costs only its own row."""

import csv

import pytest

from lrdiag.sources.table import TableSource


def read(tmp_path, text):
    path = tmp_path / "log.csv"
    path.write_text(text)
    return TableSource().read([path], "log.csv")


def written(tmp_path, note):
    """A table as Python's csv module writes it."""
    path = tmp_path / "log.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["epoch", "loss", "note", "lr"])
        for epoch in range(8):
            writer.writerow([epoch, 1 / (epoch + 1), note if epoch in (2, 5) else "", 0.1])
    return TableSource().read([path], "log.csv")


@pytest.mark.parametrize("note", ["one\ntwo", 'said "go",\n\n3,4\nthen left', "#a\n" * 3])
def test_a_note_of_several_lines_is_one_cell(tmp_path, note):
    run = written(tmp_path, note)
    assert run.series["loss"].step.tolist() == list(range(8))
    assert run.series["lr"].value.tolist() == [0.1] * 8
    assert [p for p in run.problems if p.severity != "info"] == []
    assert run.series["loss"].line[2] == 4  # the row's first line


def test_two_stray_quotes_do_not_swallow_the_rows_between(tmp_path):
    rows = [f"{e},{1 / (e + 1)},0.1" for e in range(10)]
    rows[3] = rows[3].replace(",", ',"', 1)
    rows[6] = rows[6].replace(",", ',"', 1)
    run = read(tmp_path, "\n".join(["epoch,loss,lr", *rows]) + "\n")
    assert run.series["loss"].step.tolist() == [0, 1, 2, 4, 5, 7, 8, 9]
    assert [(p.kind, p.line) for p in run.problems] == [
        ("unbalanced-quote", 5),
        ("unbalanced-quote", 8),
    ]


def test_a_quote_that_is_closed_far_below_is_damage(tmp_path):
    rows = [f"{e},0.5,0.1," for e in range(60)]
    rows[3] += '"note'
    rows[50] = 'x"'
    run = read(tmp_path, "\n".join(["epoch,loss,lr,note", *rows]) + "\n")
    assert run.series["loss"].step.tolist() == [e for e in range(60) if e not in (3, 50)]
