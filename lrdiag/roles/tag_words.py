"""A tag as words: the one way tags are compared with the patterns of `rules/roles.yml`."""

from __future__ import annotations

import re
from collections.abc import Iterable

_CAMEL = re.compile(r"(?<=[a-z0-9]{2})(?=[A-Z])")
_SEPARATOR = re.compile(r"[^0-9A-Za-z]+")
# A tag longer than this is not a name a person gave to a metric; words of hostile megabyte
# tags are not worth their time.
MAX_TAG_CHARACTERS = 400


def tag_words(tag: str) -> tuple[str, ...]:
    """Lower-case words of a tag: `val/epochLoss` gives ("val", "epoch", "loss")."""
    parted = _CAMEL.sub(" ", tag[:MAX_TAG_CHARACTERS])
    return tuple(w for w in _SEPARATOR.split(parted.lower()) if w)


def find_words(
    words: tuple[str, ...], phrases: Iterable[tuple[str, ...]]
) -> tuple[str, ...] | None:
    """The longest phrase that stands contiguously in the words, None if none does."""
    best: tuple[str, ...] | None = None
    for phrase in phrases:
        if (best is None or len(phrase) > len(best)) and _contains(words, phrase):
            best = phrase
    return best


def without(words: tuple[str, ...], phrase: tuple[str, ...]) -> tuple[str, ...]:
    """The words less the first contiguous occurrence of the phrase."""
    for at in range(len(words) - len(phrase) + 1):
        if words[at : at + len(phrase)] == phrase:
            return words[:at] + words[at + len(phrase) :]
    return words


def _contains(words: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    return any(words[at : at + len(phrase)] == phrase for at in range(len(words) - len(phrase) + 1))
