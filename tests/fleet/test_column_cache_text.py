"""A text log read in pieces as it grows gives what it gives when it is read whole."""

import json
import os
import random

import numpy as np
import pytest

from lrdiag.fleet import column_cache
from lrdiag.fleet.column_cache import ColumnCache
from lrdiag.sources import reading_memory, rows_resume, table_reader
from lrdiag.sources.reading_memory import remembering
from lrdiag.sources.registry import source_named

SEEDS = 6


@pytest.fixture(autouse=True)
def _small_files_count_as_large(monkeypatch):
    monkeypatch.setattr(reading_memory, "LEAST_BYTES", 100)
    monkeypatch.setattr(reading_memory, "REWRITE_AT", 10**9)
    monkeypatch.setattr(column_cache, "_SETTLED_NS", -(10**18))
    monkeypatch.setattr(table_reader, "FAST_BYTES", 150)


@pytest.fixture
def cache(tmp_path):
    return ColumnCache(tmp_path / "cache" / "columns")


@pytest.fixture
def begun_at(monkeypatch):
    """Bytes at which readings began."""
    seen = []
    blocks = rows_resume.line_blocks

    def noting(path, log, size, begin):
        seen.append(begin.offset)
        return blocks(path, log, size, begin)

    monkeypatch.setattr(rows_resume, "line_blocks", noting)
    return seen


def read(path, source, cache=None):
    if cache is None:
        return source_named(source).read([path], "run")
    with remembering(cache):
        return source_named(source).read([path], "run")


def told(run):
    """All that a run holds, as values that can be compared."""

    def plain(series):
        if series is None:
            return None
        arrays = (series.step, series.wall_time, series.value, series.line)
        numbers = [None if a is None else np.asarray(a, float).tobytes() for a in arrays]
        return (*numbers, series.superseded, series.restarts, series.index, plain(series.replaced))

    series = {tag: plain(found) for tag, found in run.series.items()}
    return list(series), series, run.problems, run.sources, run.params, run.texts


def csv_row(draw, step):
    cells = [str(step), f"{draw.random():.4f}", f"{0.1:.3g}", f"{draw.random():.3f}"]
    if draw.random() < 0.5:
        cells[3] = ""
    return ",".join(cells)


ODD_ROWS = [
    "step,train_loss,lr,val_loss",
    "step,train_loss,lr,val_loss,grad_norm",
    "3,0.5",
    "",
    "# a remark",
    '4,"0.1,0.2,0.3',
    '5,"two\nlines",0.1,0.2',
    "6,nan,0.1,n/a",
    "7,oops,0.1,",
    "Namespace(lr=0.1)",
    "8,0.1,0.2,\xe9",
]


def csv_lines(draw, count):
    odd = draw.sample(ODD_ROWS, 2)
    yield "step,train_loss,lr,val_loss"
    step = 0
    for _ in range(count):
        yield csv_row(draw, step)
        step += 1
        if draw.random() < 0.01:
            step = max(step - draw.randrange(30), 0)  # a restart
        if draw.random() < 0.01:
            yield draw.choice(odd)


def record(draw, step):
    found = {"iteration": step, "loss": draw.random(), "lr": 0.1}
    if draw.random() < 0.1:
        found = {"mode": draw.choice(["train", "val"]), "epoch": step // 10, "iter": step, **found}
    if draw.random() < 0.1:
        found["eval"] = {"accuracy": draw.random()}
    return json.dumps(found)


def json_lines(draw, count):
    step = 0
    for _ in range(count):
        yield record(draw, step)
        step += 1
        if draw.random() < 0.01:
            step = max(step - draw.randrange(30), 0)
        if draw.random() < 0.01:
            yield draw.choice(["", "{broken", '{"config": "lr = 0.1"}', "[1]", "Namespace(a=1)"])


def text_lines(draw, count):
    for step in range(count):
        epoch = step // 10
        yield f"Epoch: [{epoch}][{step % 10}/10] Loss {draw.random():.4f} lr: 0.1"
        if draw.random() < 0.05:
            yield draw.choice(
                [
                    f" * Acc@1 {draw.random():.3f}",
                    "epoch train_loss valid_loss",
                    f"{epoch} {draw.random():.4f} {draw.random():.4f}",
                    f"Epoch {epoch} val_loss: {draw.random():.3f}",
                    "saving checkpoint",
                    "Namespace(lr=0.1)",
                ]
            )


KINDS = {
    "csv": ("metrics.csv", csv_lines),
    "jsonl": ("metrics.jsonl", json_lines),
    "text": ("train.log", text_lines),
}


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("kind", KINDS)
def test_grown_in_pieces_is_what_it_is_when_read_whole(tmp_path, cache, kind, seed):
    draw = random.Random(seed)
    name, lines = KINDS[kind]
    end = draw.choice(["\n", "\r\n"])
    data = end.join([*lines(draw, 400), ""]).encode("latin-1" if draw.random() < 0.5 else "utf-8")
    path = tmp_path / name
    path.touch()
    at = 0
    while at < len(data):
        size = draw.choice([1, 40, 400, 4000])
        with path.open("ab") as file:
            file.write(data[at : at + size])
        at += size
        assert told(read(path, kind, cache)) == told(read(path, kind))


@pytest.mark.parametrize("kind", KINDS)
def test_a_grown_log_is_read_from_where_it_ended(tmp_path, cache, begun_at, kind):
    name, lines = KINDS[kind]
    every = [*lines(random.Random(0), 300)]
    clean = [line for line in every if ',"' not in line]
    path = tmp_path / name
    path.write_text("\n".join([*clean[:200], ""]), encoding="utf-8")
    read(path, kind, cache)
    size = path.stat().st_size
    with path.open("a", encoding="utf-8") as file:
        file.write("\n".join([*clean[200:], ""]))
    warm = read(path, kind, cache)
    assert begun_at == [0, size]
    assert told(warm) == told(read(path, kind))


TABLE = "".join(f"{step},{1 / (step + 1):.5f},0.1\n" for step in range(300))
HEADER = "step,loss,lr\n"


def rewritten(path):
    path.write_text(HEADER + TABLE.replace("1,", "2,") + TABLE)


def with_a_column_more(path):
    path.write_text("step,loss,lr,acc\n" + TABLE.replace("\n", ",0.5\n") + TABLE)


def cut(path):
    os.truncate(path, path.stat().st_size // 2)


def replaced(path):
    path.rename(path.with_name("old"))
    path.write_text(HEADER + TABLE + "300,0.1,0.1\n")


@pytest.mark.parametrize("change", [rewritten, with_a_column_more, cut, replaced])
def test_anything_but_growth_is_read_anew(tmp_path, cache, begun_at, change):
    path = tmp_path / "metrics.csv"
    path.write_text(HEADER + TABLE)
    read(path, "csv", cache)
    change(path)
    warm = read(path, "csv", cache)
    assert begun_at == [0, 0]
    assert told(warm) == told(read(path, "csv"))


@pytest.mark.parametrize(
    "data",
    [
        (HEADER + TABLE).replace("\n", "\r").encode(),
        (HEADER + TABLE).encode("utf-16"),
        (HEADER + TABLE + '300,"0.1').encode() + b"\n",
        (HEADER + TABLE + "300\n" * 12).encode(),
        (HEADER + TABLE).encode()[:600],
    ],
    ids=["old line ends", "UTF-16", "open quote", "much damage", "few lines"],
)
def test_what_its_rest_may_change_is_not_remembered(tmp_path, cache, data):
    path = tmp_path / "metrics.csv"
    path.write_bytes(data)
    read(path, "csv", cache)
    assert not [*cache.folder.glob("*")]


def test_a_byte_order_mark_counts(tmp_path, cache, begun_at):
    path = tmp_path / "metrics.csv"
    path.write_bytes((HEADER + TABLE).encode("utf-8-sig"))
    read(path, "csv", cache)
    with path.open("a") as file:
        file.write("300,0.1,0.1\n")
    assert told(read(path, "csv", cache)) == told(read(path, "csv"))
    assert begun_at[1] == len((HEADER + TABLE).encode()) + 3


def test_a_text_log_read_by_other_patterns_is_read_whole(tmp_path, cache, begun_at, monkeypatch):
    path, patterns = tmp_path / "train.log", tmp_path / "patterns.yml"
    path.write_text("".join(f"Epoch {e} loss: {1 / (e + 1):.3f} | V={e}\n" for e in range(100)))
    read(path, "text", cache)
    patterns.write_text("patterns:\n- {name: own, regex: 'Epoch (?P<epoch>.*) l.*V=(?P<v>.*)'}\n")
    monkeypatch.setenv("LRDIAG_TEXT_PATTERNS", str(patterns))
    assert "v" in read(path, "text", cache).series
    assert begun_at == [0, 0]


def test_a_log_is_not_taken_for_one_of_another_format(tmp_path, cache, begun_at):
    path = tmp_path / "metrics.csv"
    path.write_text(HEADER + TABLE)
    read(path, "csv", cache)
    read(path, "text", cache)
    assert begun_at == [0, 0]
