"""What a local copy of a remote file was made from."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

INDEX = "index.json"


@dataclass(frozen=True, slots=True)
class CopyState:
    """Size and tag (etag, checksum or time, as the server gives it) at the time of the copy."""

    size: int
    tag: str


def load_states(place: Path) -> dict[str, CopyState]:
    """States by name; empty when there are none or the index is damaged."""
    try:
        data = json.loads((place / INDEX).read_text("utf-8"))
        return {str(n): CopyState(int(s["size"]), str(s["tag"])) for n, s in data.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def save_states(place: Path, states: dict[str, CopyState]) -> None:
    """Write the index; a reader never sees half of it. Without it all is fetched again."""
    text = json.dumps({name: asdict(state) for name, state in states.items()})
    with suppress(OSError):
        draft = place / (INDEX + ".new")
        draft.write_text(text, "utf-8")
        draft.replace(place / INDEX)
