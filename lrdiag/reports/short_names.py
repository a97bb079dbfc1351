"""Names of runs without what all of them share, so that what differs is seen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

Shorten = Callable[[str, int], str]

_SEPARATOR = re.compile(r"([/_\-=, ])")
SHARED = "…"


def short_names(names: Sequence[str]) -> tuple[list[str], str]:
    """The names, `…` for words that all share, and what all are called, `*` for what differs.

    Names with unequal numbers of words lose what they begin and end with alike, up to whole
    words. Where nothing is shared the second is empty.
    """
    words = [_SEPARATOR.split(name) for name in names]
    if len(set(map(tuple, words))) < 2:
        return list(names), ""
    if len({len(found) for found in words}) > 1:
        start, end = _ends(words)
        words = [[start, "".join(w)[len(start) : -len(end) or None], end] for w in words]
    columns = list(zip(*words, strict=True))
    alike = [len(set(column)) == 1 for column in columns]
    pattern = "".join(word if same else "*" for word, same in zip(words[0], alike, strict=True))
    return [_without(found, alike) for found in words], "" if pattern == "*" else pattern


def _without(words: Sequence[str], alike: Sequence[bool]) -> str:
    parts = ["".join(_told(group, same)) for same, group in _runs(words, alike)]
    return "".join(parts).strip(SHARED)


def _runs(words: Sequence[str], alike: Sequence[bool]) -> Iterator[tuple[bool, list[str]]]:
    pairs = zip(words, alike, strict=True)
    for same, group in groupby(pairs, key=lambda pair: pair[1]):
        yield same, [word for word, _ in group]


def _told(words: list[str], same: bool) -> list[str]:
    """Words that differ; of shared ones a lone separator is as short as what stands for them."""
    return words if not same or (len(words) == 1 and len(words[0]) == 1) else [SHARED]


def _ends(words: Sequence[Sequence[str]]) -> tuple[str, str]:
    shortest = min(map(len, words))
    first = _count_alike(words, range(shortest - 1))
    last = _count_alike(words, range(-1, first - shortest, -1))
    return "".join(words[0][:first]), "".join(words[0][len(words[0]) - last :])


def _count_alike(words: Sequence[Sequence[str]], places: range) -> int:
    count = 0
    for place in places:
        if len({found[place] for found in words}) > 1:
            break
        count += 1
    return count


def distinct_width(names: Sequence[str], shorten: Shorten) -> int:
    """The least columns in which names shortened by `shorten(name, width)` stay different."""
    longest = max(map(len, names), default=0)
    for width in range(4, longest):
        if len({shorten(name, width) for name in names}) == len(set(names)):
            return width
    return longest
