"""Physical folders and files that are parts of one training become one run.

`x/train` and `x/validation` are splits of `x`; so are `train.csv` and `val.csv` of one folder,
and `x/loss_train` and `x/loss_val` where torch's `add_scalars` wrote them, and the folder of its
`add_hparams`.
Event files and a `metrics.csv` beside them are the same training logged twice.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from lrdiag.sources.add_scalars import split_of_curve
from lrdiag.sources.interface import Discovery, RunLocation
from lrdiag.sources.logged_twice import without_copies

SPLITS = {
    "train": "train",
    "training": "train",
    "learn": "learn",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "eval": "eval",
    "evaluation": "eval",
    "dev": "dev",
    "test": "test",
}
"""Names of folders and files that hold one split (Keras, tf.estimator, Lightning, fairseq,
CatBoost)."""

_PLAIN = frozenset(
    {
        "history", "log", "logs", "metrics", "metrics_history", "out", "output", "progress",
        "result", "results", "scalars", "stats", "stdout", "train", "train_log", "trainer_state",
        "training", "training_log",
    }
)  # fmt: skip
"""Stems of files that say nothing about which training they are of."""


def merge_splits(discovery: Discovery) -> Discovery:
    """Join the splits of a training into one location; the tags get the split as prefix.

    Files of different formats in one folder join without a prefix when nothing in their names
    sets them apart.
    """
    discovery = without_copies(discovery)
    merged = _merge_curves(discovery.locations)
    merged = _merge_folders(merged)
    merged = _merge_split_files(merged)
    merged = _merge_formats(merged, discovery.named)
    locations = tuple(sorted(merged, key=lambda p: p.name))
    return replace(discovery, locations=locations)


def _merge_curves(locations: Sequence[RunLocation]) -> list[RunLocation]:
    """`x/loss_train` and `x/loss_val` become part of `x` if the writer of `x` wrote them."""
    by_name = {place.name: place for place in locations}
    curves: dict[str, list[tuple[str, RunLocation]]] = {}
    for place in locations:
        parent = by_name.get(place.name.rpartition("/")[0] or ".")
        if parent is not None and parent is not place:
            split = split_of_curve(place, parent, SPLITS)
            if split is not None:
                curves.setdefault(parent.name, []).append((split, place))
    gone = {place.name for members in curves.values() for _, place in members}
    return [
        _join(place.name, [("", place)], curves[place.name]) if place.name in curves else place
        for place in locations
        if place.name not in gone
    ]


def _merge_folders(locations: Sequence[RunLocation]) -> list[RunLocation]:
    """`x/train` and `x/validation` become `x`."""
    by_name = {place.name: place for place in locations}
    families: dict[str, list[tuple[str, RunLocation]]] = {}
    for place in locations:
        parent, _, last = place.name.rpartition("/")
        if last in SPLITS:
            families.setdefault(parent or ".", []).append((SPLITS[last], place))
    merged: dict[str, RunLocation] = {}
    gone: set[str] = set()
    for parent, members in families.items():
        if len(members) < 2 and parent not in by_name:
            continue
        gone.update(place.name for _, place in members)
        own = by_name.get(parent)
        merged[parent] = _join(parent, [("", own)] if own else [], members)
    kept = [merged.pop(place.name, place) for place in locations if place.name not in gone]
    return [*kept, *merged.values()]


def _merge_split_files(locations: Sequence[RunLocation]) -> list[RunLocation]:
    """`train.csv` and `val.csv` of one folder become one location."""
    families: dict[tuple[Path, str, str], list[tuple[str, RunLocation]]] = {}
    for place in locations:
        found = _split_of_file(place)
        if found is not None:
            key, split = found
            families.setdefault(key, []).append((split, place))
    groups = [m for m in families.values() if len({split for split, _ in m}) == len(m) > 1]
    taken = {place.name for place in locations}
    gone = {place.name for members in groups for _, place in members}
    joined = [_join(_free_name(members, taken), [], members) for members in groups]
    return [*(p for p in locations if p.name not in gone), *joined]


def _split_of_file(place: RunLocation) -> tuple[tuple[Path, str, str], str] | None:
    """(folder, format, rest of the file's stem) and the split that its name speaks of."""
    file = _only_file(place)
    if file is None:
        return None
    words = re.split(r"([_.\-]+)", file.name.lower())
    splits = [word for word in words if word in SPLITS]
    if len(splits) != 1:
        return None
    rest = "".join(word for word in words if word not in SPLITS)
    return (file.parent, place.parts[0][1], rest), SPLITS[splits[0]]


def _free_name(members: Sequence[tuple[str, RunLocation]], taken: set[str]) -> str:
    """The folder's name, or the first file's where that is a run already or names no folder."""
    folder = members[0][1].name.rpartition("/")[0] or "."
    unnamed = folder.endswith("..")
    return members[0][1].name if unnamed or folder in taken else folder


def _merge_formats(locations: Sequence[RunLocation], apart: Collection[str]) -> list[RunLocation]:
    """Logs of one folder in different formats, one file of each, become one location.

    Those named `apart` were given by name and stay what they are.
    """
    by_folder: dict[Path, list[RunLocation]] = {}
    merged = [place for place in locations if place.name in apart]
    for place in locations:
        if place.name not in apart:
            by_folder.setdefault(_folder(place), []).append(place)
    for places in by_folder.values():
        merged += [_joined(places)] if _are_one_training(places) else places
    return merged


def _joined(places: Sequence[RunLocation]) -> RunLocation:
    folders = [p for p in places if _only_file(p) is None or p.name == "."]
    first = folders[0].name if folders else places[0].name.rpartition("/")[0] or "."
    return _join(first, [("", place) for place in places], [])


def _are_one_training(places: Sequence[RunLocation]) -> bool:
    if len(places) < 2 or any(":" in source for p in places for _, source, _ in p.parts):
        return False
    formats = [{source for _, source, _ in place.parts} for place in places]
    if sum(map(len, formats)) > len(set().union(*formats)):
        return False
    stems = [s for place in places for s in _stems(place)]
    first = stems[0] if stems else ""
    return all(stem in _PLAIN for stem in stems) or all(stem == first for stem in stems)


def _stems(place: RunLocation) -> list[str]:
    """Stems of the files whose name may say which training they are of."""
    return [
        file.name.lower().split(".")[0]
        for split, source, files in place.parts
        for file in files
        if not split and source != "tensorboard"
    ]


def _folder(place: RunLocation) -> Path:
    split, _, files = place.parts[0]
    folder = files[0].parent
    return folder.parent if split and folder.name.lower() in SPLITS else folder


def _only_file(place: RunLocation) -> Path | None:
    """The file of a location that is one file, None for folders and joined locations."""
    if len(place.parts) != 1:
        return None
    split, source, files = place.parts[0]
    return files[0] if not split and source != "tensorboard" and len(files) == 1 else None


def _join(
    name: str,
    own: Iterable[tuple[str, RunLocation]],
    members: Iterable[tuple[str, RunLocation]],
) -> RunLocation:
    parts: list[tuple[str, str, tuple[Path, ...]]] = []
    sidecars: list[Path] = []
    for split, place in [*own, *members]:
        parts += [(split or old, source, files) for old, source, files in place.parts]
        sidecars += place.sidecars
    return replace(RunLocation(name, tuple(parts)), sidecars=tuple(dict.fromkeys(sidecars)))
