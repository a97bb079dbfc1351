"""What all tests share: small runs made from plain arrays."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from lrdiag.runs import Run, Series

MakeRun = Callable[..., Run]

# A shell's job in the background ignores SIGINT, and so would every command that a test interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


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
