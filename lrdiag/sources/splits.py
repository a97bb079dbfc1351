"""Physical folders that are splits of one training: `train/` and `validation/` become one run."""

from __future__ import annotations

from lrdiag.sources.interface import Discovery, RunLocation

SPLITS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "eval": "eval",
    "evaluation": "eval",
    "dev": "dev",
    "test": "test",
}
"""Names of folders and files that hold one split (Keras, tf.estimator, Lightning, fairseq)."""


def merge_splits(discovery: Discovery) -> Discovery:
    """Join the splits of a training into one location; the tags get the split as prefix."""
    by_name = {place.name: place for place in discovery.locations}
    families: dict[str, list[tuple[str, RunLocation]]] = {}
    for place in discovery.locations:
        parent, _, last = place.name.rpartition("/")
        if last in SPLITS:
            families.setdefault(parent or ".", []).append((SPLITS[last], place))
    merged: dict[str, RunLocation] = {}
    gone: set[str] = set()
    for parent, members in families.items():
        if len(members) < 2 and parent not in by_name:
            continue
        gone.update(place.name for _, place in members)
        merged[parent] = _merge(parent, by_name.get(parent), members)
    kept = [
        merged.pop(place.name, place) for place in discovery.locations if place.name not in gone
    ]
    locations = sorted([*kept, *merged.values()], key=lambda p: p.name)
    return Discovery(tuple(locations), discovery.problems, discovery.left_out)


def _merge(
    name: str, own: RunLocation | None, members: list[tuple[str, RunLocation]]
) -> RunLocation:
    parts = list(own.parts) if own else []
    sidecars = list(own.sidecars) if own else []
    for split, place in members:
        parts += [(split, source, files) for _, source, files in place.parts]
        sidecars += place.sidecars
    return RunLocation(name, tuple(parts), tuple(dict.fromkeys(sidecars)))
