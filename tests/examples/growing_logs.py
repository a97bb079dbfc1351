"""Logs of a loss and a rate, from any row on, to be written bit by bit and followed."""

import json

import pytest

from lrdiag.sources.splits import merge_splits
from lrdiag.sources.tree import discover

writers = pytest.importorskip("tensorboardX")


def event_bytes(folder, count=60, first=0, **values):
    writer = writers.SummaryWriter(str(folder))
    for step in range(first, first + count):
        for tag, of in (values or {"loss": lambda s: 1 / (s + 1), "lr": lambda s: 0.1}).items():
            writer.add_scalar(tag, of(step), step, walltime=1e9 + step)
    writer.close()
    return next(p for p in folder.iterdir() if "tfevents" in p.name).read_bytes()


def csv_bytes(count=60, first=0, header=True):
    rows = [f"{i},{1 / (i + 1):.6f},{0.1 if i < 30 else 0.01}" for i in range(first, first + count)]
    return "\n".join([*(["step,loss,lr"] if header else []), *rows, ""]).encode()


def jsonl_bytes(count=60, first=0):
    rows = [
        {"step": i, "loss": 1 / (i + 1), "lr": 0.1 if i < 30 else 0.01}
        for i in range(first, first + count)
    ]
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def text_bytes(count=60, first=0):
    lines = []
    for i in range(first, first + count):
        lines += ["loading …", f"Epoch {i}: train loss: {1 / (i + 1):.6f}, lr: 0.1"]
    return ("\n".join(lines) + "\n").encode()


MADE = {
    "metrics.csv": csv_bytes,
    "metrics.jsonl": jsonl_bytes,
    "train.log": text_bytes,
}


def place(path):
    (found,) = merge_splits(discover([path])).locations
    return found
