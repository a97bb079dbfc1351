"""What all tests share: small runs made from plain arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from lrdiag.runs import Run, Series

MakeRun = Callable[..., Run]


def series(tag: str, value: Sequence[float], step: Sequence[int] | None = None) -> Series:
    values = np.asarray(value, np.float64)
    steps = np.arange(len(values)) if step is None else np.asarray(step)
    return Series(tag, steps.astype(np.int64), np.full(len(values), np.nan), values)


@pytest.fixture
def make_run() -> MakeRun:
    def make(
        tags: Mapping[str, Sequence[float]],
        steps: Mapping[str, Sequence[int]] | None = None,
        **fields: object,
    ) -> Run:
        at = steps or {}
        return Run(".", {t: series(t, v, at.get(t)) for t, v in tags.items()}, **fields)

    return make
