"""Tables that are no logs: lists of files with a label, models compared with one another."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from lrdiag.sources.index_names import is_index, plain_name
from lrdiag.sources.table_cells import is_missing, is_number, number, wall_time
from lrdiag.sources.table_dialect import Dialect

_SETTINGS = frozenset(
    {
        "lr", "learning_rate", "init_lr", "base_lr", "batch_size", "batchsize", "bs", "dropout",
        "seed", "weight_decay", "wd", "optimizer", "hidden_size", "hidden_dim", "num_layers",
        "n_layers", "depth", "width", "activation", "model",
    }
)  # fmt: skip


def only_numbers(dialect: Dialect, sample: Sequence[str]) -> bool:
    """Whether a table without a header holds numbers and no words."""
    rows = [dialect.split(text) or [] for text in sample]
    return all(is_number(cell) or is_missing(cell) for row in rows for cell in row)


def names_its_rows(dialect: Dialect, sample: Sequence[str]) -> bool:
    """Whether a table has no index but a first column of different names: one row a model.

    A time is no name, nor is a word that comes back (`train`, `val`).
    """
    if any(is_index(name) for name in dialect.header):
        return False
    rows = [dialect.split(text) or [""] for text in sample[dialect.header_line + 1 :]]
    names = [row[0].strip() for row in rows]
    words = [n for n in names if n and number(n) is None and not is_missing(n)]
    return (
        len(names) > 1
        and len(set(words)) == len(names)
        and all(wall_time(word) is None for word in words)
    )


def compares_settings(dialect: Dialect, sample: Sequence[str]) -> bool:
    """Whether a table has no index but two settings that go back and forth: one row a training.

    One alone may be a cyclic rate, or the size of an epoch's last batch.
    """
    if any(is_index(name) for name in dialect.header):
        return False
    columns = [k for k, name in enumerate(dialect.header) if plain_name(name) in _SETTINGS]
    rows = [dialect.split(text) or [] for text in sample[dialect.header_line + 1 :]]
    return sum(_comes_back([row[k] for row in rows if k < len(row)]) for k in columns) >= 2


def _comes_back(cells: Sequence[str]) -> bool:
    """Whether a value stands again after another one has taken its place."""
    stretches = [cell for cell, _ in groupby(cells)]
    return len(set(stretches)) < len(stretches)


def is_header_again(cells: Sequence[str], header: Sequence[str]) -> bool:
    """Whether a row is the header once more or a new one that shares most of its names."""
    first = cells[0].strip()
    if not first or number(first) is not None:
        return False
    names = [c.strip() for c in cells if c.strip()]
    known = set(header)
    same = sum(1 for n in names if n in known)
    return 2 * same > len(names) and not any(is_number(n) and n not in known for n in names)
