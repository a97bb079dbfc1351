"""Files that say less of a training that another file of the same logger holds in full.

MMEngine writes the scalars of a run to `<run>/vis_data/scalars.json`, the same lines to
`<run>/vis_data/<run>.json` and a rounded print to `<run>/<run>.log` (its
`hooks/logger_hook.py` and `visualization/vis_backend.py`). W&B keeps the console's text as
`files/output.log` beside the `.wandb` file with the history. The Hugging Face Trainer repeats its
history in every checkpoint (`checkpoint_states`). One of them is the run.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lrdiag.sources.checkpoint_states import repeated_states
from lrdiag.sources.interface import Discovery

_MMENGINE = "printed copy of what MMEngine's {name} holds in full"
_WANDB = "console text of a W&B run whose history is in the .wandb file"


def without_copies(discovery: Discovery) -> Discovery:
    """Leave out the copies, with the reason. Files that were given by name stay."""
    files = {
        place.parts[0][2][0]: place
        for place in discovery.locations
        if len(place.parts) == 1 and len(place.parts[0][2]) == 1
    }
    histories: dict[Path, list[Path]] = {}
    for path in files:
        if path.suffix == ".wandb":
            histories.setdefault(path.parent, []).append(path)
    repeated = repeated_states(files)
    reasons = {
        place.name: (str(path), reason)
        for path, place in files.items()
        if place.name not in discovery.named
        and (reason := repeated.get(path) or _copy_of(path, files, histories))
    }
    if not reasons:
        return discovery
    kept = tuple(place for place in discovery.locations if place.name not in reasons)
    return replace(discovery, locations=kept, left_out=(*discovery.left_out, *reasons.values()))


def _copy_of(path: Path, files: Collection[Path], histories: Mapping[Path, Sequence[Path]]) -> str:
    """Why a file is only a copy of one of `files`; "" if it is not.

    `histories`: the `.wandb` files of each folder.
    """
    folder = path.parent
    if path.name == "output.log" and folder.name == "files":
        return _WANDB if any(map(_has_history, histories.get(folder.parent, ()))) else ""
    if path.name == f"{folder.name}.log":
        folder, run = folder / "vis_data", folder.name
    elif folder.name == "vis_data" and path.suffix == ".json":
        run = folder.parent.name
    else:
        return ""
    better = (folder / "scalars.json", folder / f"{run}.json")
    found = next((f for f in better if f in files), path)
    copies = (*better[1:], folder.parent / f"{run}.log")
    return _MMENGINE.format(name=found.name) if found != path and path in copies else ""


def _has_history(path: Path) -> bool:
    from lrdiag.sources.wandb_offline import has_history

    return has_history(path)
