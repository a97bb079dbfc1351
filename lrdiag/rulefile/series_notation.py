"""Curves in a few characters, for rule cases: `0.1x30 0.01x30`, `2.3-0.01x200`, `_x5 nan`.

| token | points |
|---|---|
| `0.5` | one point |
| `0.5x30` | 30 points of 0.5 |
| `2.3-0.01x200`, `0+1x5` | 200 points from 2.3 on, each 0.01 below the one before |
| `0.1*0.95x50` | 50 points, each 0.95 times the one before |
| `2.3>0.5x40` | 40 points on a straight line from 2.3 to 0.5 |
| `2.3>>0.5x40` | 40 points that approach 0.5 from 2.3 exponentially (four time constants) |
| `_`, `_x5` | missing points; `nan`, `inf`, `-inf` are logged values |
| `…~0.02` | with normal noise of this standard deviation, the same on every machine |
| `(0.4 0.6)x10` | the tokens in brackets 10 times |
"""

from __future__ import annotations

import re
import zlib

import numpy as np

from lrdiag.runs import FloatArray

MAX_POINTS = 100_000
MAX_TEXT = 20_000
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?"
_TOKEN = re.compile(
    rf"(?P<start>_|nan|-?inf|{_NUMBER})"
    rf"(?:(?P<op>>>|>|\*)(?P<to>{_NUMBER})|(?P<rise>[-+](?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{{1,3}})?))?"
    rf"(?:x(?P<count>\d{{1,6}}))?(?:~(?P<noise>{_NUMBER}))?\Z"
)
_GROUP = re.compile(r"\(([^()]*)\)(?:x(\d{1,6}))?")
# e^-4 = 1.8 % is left of the way: close enough to read the target off the notation.
TIME_CONSTANTS = 4.0


def parse_series(text: str, seed: str = "") -> tuple[FloatArray, np.ndarray]:
    """The values of a series, float64[n], and which of them were logged, bool[n].

    Args:
        text: the notation (see the module).
        seed: what the noise depends on, besides its place in the text.

    Raises:
        ValueError: the text is not valid; the message names the token.
    """
    if len(text) > MAX_TEXT:
        raise ValueError(f"the series is too long: {len(text)} characters")
    parts = [_points(token) for token in _tokens(text)]
    if not parts:
        raise ValueError("the series is empty")
    if sum(len(p[0]) for p in parts) > MAX_POINTS:
        raise ValueError(f"the series has over {MAX_POINTS} points")
    value = np.concatenate([p[0] for p in parts])
    noise = np.concatenate([np.full(len(p[0]), p[1]) for p in parts])
    logged = np.concatenate([p[2] for p in parts])
    generator = np.random.default_rng(zlib.crc32(seed.encode()))
    # Drawn once for all points, so that changing one token leaves the others' noise alone.
    return value + noise * generator.standard_normal(len(value)), logged


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    rest = text
    while rest.strip():
        rest = rest.strip()
        group = _GROUP.match(rest)
        if group:
            tokens.extend(group.group(1).split() * int(group.group(2) or 1))
            rest = rest[group.end() :]
        else:
            token, _, rest = rest.partition(" ")
            tokens.append(token)
        if len(tokens) > MAX_POINTS:
            raise ValueError(f"the series has over {MAX_POINTS} points")
    return tokens


def _points(token: str) -> tuple[FloatArray, float, np.ndarray]:
    found = _TOKEN.match(token)
    if found is None:
        raise ValueError(f"{token[:40]!r} is no series token such as 0.1x30, 2.3-0.01x200 or _x5")
    count = int(found["count"] or 1)
    if not 1 <= count <= MAX_POINTS:
        raise ValueError(f"{token[:40]!r}: from 1 to {MAX_POINTS} points")
    if found["start"] == "_":
        return np.full(count, np.nan), 0.0, np.zeros(count, bool)
    start = float(found["start"])
    index = np.arange(count, dtype=np.float64)
    value = np.full(count, start)
    if found["rise"]:
        value = start + float(found["rise"]) * index
    elif found["op"]:
        value = _moving(start, found["op"], float(found["to"]), index)
    return value, float(found["noise"] or 0.0), np.ones(count, bool)


def _moving(start: float, operator: str, to: float, index: FloatArray) -> FloatArray:
    if operator == "*":
        return np.asarray(start * to**index, np.float64)
    way = index / max(len(index) - 1, 1)
    if operator == ">>":
        way = (1 - np.exp(-TIME_CONSTANTS * way)) / (1 - np.exp(-TIME_CONSTANTS))
    return np.asarray(start + (to - start) * way, np.float64)
