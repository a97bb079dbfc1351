"""States of the Hugging Face Trainer whose history a later state of the same training repeats.

The Trainer writes its whole history into every `checkpoint-<step>/trainer_state.json`, and into
`trainer_state.json` beside those folders when `save_state()` is called at the end
(`transformers/trainer.py`). A training of ten checkpoints has one log, not ten.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from itertools import pairwise
from math import inf
from pathlib import Path

from lrdiag.sources.json_text import array_items

STATE = "trainer_state.json"
_CHECKPOINT = re.compile(r"checkpoint-(\d+)$")
_REASON = "its history is the beginning of that in {name}"


def repeated_states(files: Collection[Path]) -> Mapping[Path, str]:
    """The states among `files` that say nothing of their own, with the reason.

    Only histories decide: after a second training into the same folder, or another way on from a
    checkpoint, both stay.
    """
    trainings: dict[Path, dict[float, Path]] = {}
    for path in files:
        if path.name == STATE:
            found = _CHECKPOINT.search(path.parent.name)
            folder = path.parent.parent if found else path.parent
            trainings.setdefault(folder, {})[float(found[1]) if found else inf] = path
    return {path: why for states in trainings.values() for path, why in _repeated(states)}


def _repeated(states: Mapping[float, Path]) -> list[tuple[Path, str]]:
    """States (by step) whose history begins that of the last or of the next one."""
    paths = [states[step] for step in sorted(states)]
    found = []
    for path, following in pairwise(paths):
        later = next((p for p in (paths[-1], following) if _begins(path, p)), None)
        if later is not None:
            name = f"{later.parent.name}/{later.name}"
            found.append((path, _REASON.format(name=name)))
    return found


def _begins(path: Path, later: Path) -> bool:
    items, more = _history(*_state_of(path)), _history(*_state_of(later))
    return 0 < len(items) <= len(more) and more[: len(items)] == items


def _state_of(path: Path) -> tuple[Path, int, int]:
    try:
        facts = path.stat()
    except OSError:
        return path, 0, 0
    return path, facts.st_size, facts.st_mtime_ns


@lru_cache(maxsize=512)
def _history(path: Path, size: int, _changed_ns: int) -> tuple[int, ...]:
    """A hash of each record, kept as long as the file stays as it is: `watch` asks at each look."""
    if not size:
        return ()
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return ()
    start = text.find("[", max(text.find('"log_history"'), 0))
    if start < 0:
        return ()
    # By their text, as a NaN is not equal to itself.
    return tuple(hash(repr(record)) for _, record in array_items(text, start))
