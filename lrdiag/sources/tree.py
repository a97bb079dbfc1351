"""Find the runs below paths, and read them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from lrdiag.errors import SourceError
from lrdiag.findings import Problem
from lrdiag.runs import Run
from lrdiag.sources.folders import Folder, special_file, unreadable, walk
from lrdiag.sources.interface import HEAD_BYTES, Discovery, LogSource, RunLocation
from lrdiag.sources.joining import join_parts
from lrdiag.sources.memory import KindMemory, SearchMemory
from lrdiag.sources.registry import log_sources, source_named
from lrdiag.sources.run_homes import home_of, merge_homes, runs_of

_NEVER_LOGS = frozenset(
    {
        ".bin", ".ckpt", ".gif", ".h5", ".html", ".ipynb", ".jpeg", ".jpg", ".mp4", ".npy", ".npz",
        ".onnx", ".pb", ".pdf", ".pickle", ".pkl", ".png", ".pt", ".pth", ".py", ".pyc",
        ".safetensors", ".so", ".svg", ".tar", ".tgz", ".wav", ".zip",
    }
)  # fmt: skip


def discover(paths: Sequence[str | Path], kinds: KindMemory | None = None) -> Discovery:
    """Find the runs below `paths`, each a folder or one log file, without reading them.

    With several paths the names start with the path as given, so that they stay unique; each
    file among them is a run of its own.
    `kinds` remembers of earlier searches what files are, so that they need not be opened.

    Raises:
        SourceError: a path does not exist.
    """
    memory = SearchMemory(kinds)
    roots = list(dict.fromkeys(Path(p) for p in paths))
    locations: list[RunLocation] = []
    problems: list[Problem] = []
    left_out: list[tuple[str, str]] = []
    for root in roots:
        found = _below(root, problems, left_out, memory)
        locations += found if len(roots) == 1 else [_under(root, place) for place in found]
    used = {str(path) for place in locations for path in place.sidecars}
    unused = tuple(entry for entry in left_out if entry[0] not in used)
    given = {root.as_posix() for root in roots} if len(roots) > 1 else set()
    named = frozenset(p.name for p in locations if p.name in given and Path(p.name).is_file())
    return Discovery(tuple(locations), tuple(problems), unused, named)


def read_location(location: RunLocation) -> Run:
    """Read one run. What cannot be read becomes a problem of the run."""
    parts: list[tuple[str, Run]] = []
    for split, source, files in location.parts:
        try:
            parts.append((split, source_named(source).read(files, location.name)))
        except SourceError as error:
            parts.append((split, _unread(location.name, files, error)))
    run = join_parts(location.name, parts)
    return _with_sidecars(run, location.sidecars)


def read_runs(path: str | Path) -> list[Run]:
    """Read every run below a path, one a folder of event files or one a file of other logs.

    Names are paths below the root, `.` for the root itself. Files that were skipped (links out
    of the folder, FIFOs, files that are no logs) are listed by `discover`.

    Raises:
        SourceError: the path does not exist.
    """
    return [read_location(place) for place in discover([path]).locations]


def never_a_log(path: PurePath) -> bool:
    """Whether a name alone says that a file is no log (checkpoints, pictures, code)."""
    return path.suffix.lower() in _NEVER_LOGS


def _below(
    root: Path, problems: list[Problem], left_out: list[tuple[str, str]], memory: SearchMemory
) -> list[RunLocation]:
    if root.is_dir():
        found: list[RunLocation] = []
        for folder in walk(root, problems):
            found += _runs_in(folder, problems, left_out, root, memory)
        return merge_homes(found)
    if not root.exists():
        raise SourceError(f"{root} does not exist.", "Give a folder of logs or a log file.")
    problem = special_file(root)
    if problem:
        problems.append(problem)
        return []
    alone = Folder(str(root.parent), ".", [root.name])
    return _runs_in(alone, problems, left_out, root.parent, memory)


def _under(root: Path, place: RunLocation) -> RunLocation:
    if root.is_file():
        inside = place.name.removeprefix(root.name) if place.name.startswith(root.name) else ""
        return replace(place, name=root.as_posix() + inside)
    below = "" if place.name == "." else f"/{place.name}"
    return replace(place, name=f"{root.as_posix()}{below}")


def _runs_in(
    folder: Folder,
    problems: list[Problem],
    left_out: list[tuple[str, str]],
    root: Path,
    memory: SearchMemory,
) -> list[RunLocation]:
    groups: dict[tuple[str, str], list[Path]] = {}
    home = Path(folder.path)
    for name in folder.files:
        path = Path(folder.path, name)
        source = _source_of(path, problems, left_out, memory)
        if source is None:
            continue
        inside = name if folder.name == "." else f"{folder.name}/{name}"
        for key in runs_of(source, path, folder.name, inside):
            groups.setdefault(key, []).append(path)
        home = home_of(source, path)
    if not groups:
        return []
    beside = _sidecars(home, root, memory)
    return [
        RunLocation(name, (("", source, tuple(files)),), beside)
        for (source, name), files in groups.items()
    ]


def _source_of(
    path: Path, problems: list[Problem], left_out: list[tuple[str, str]], memory: SearchMemory
) -> LogSource | None:
    named = path.name
    if "tfevents" in named:
        return source_named("tensorboard")
    if path.suffix.lower() in _NEVER_LOGS:
        left_out.append((str(path), f"{path.suffix} files are no logs"))
        return None
    kind = memory.recall(path)
    if kind is None:
        try:
            kind = _sniffed(path)
        except OSError as error:
            problems.append(unreadable(str(path), error))
            return None
        memory.learn(path, kind)
    if kind:
        return source_named(kind)
    left_out.append((str(path), "no log format that lrdiag knows"))
    return None


def _sniffed(path: Path) -> str:
    """The name of the format that a file is of; "" for none."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    return next((source.name for source in log_sources() if source.sniff(path, head)), "")


_LOGGERS_OWN = re.compile(
    r"version_\d+|lightning_logs|csv_logs?|tb(_logs?)?|tensorboard|logs?|runs?"
)


def _sidecars(folder: Path, root: Path, memory: SearchMemory) -> tuple[Path, ...]:
    found = memory.sidecars(folder)
    climb = True
    while not found and climb and folder not in (root, folder.parent):
        # A logger's own folders (lightning_logs/version_0) hold the log only; what the user
        # wrote about the run lies above them. Of any other folder one parent is looked at.
        climb = _LOGGERS_OWN.fullmatch(folder.name) is not None
        folder = folder.parent
        found = memory.sidecars(folder)
    return found


def _unread(name: str, files: Sequence[Path], error: SourceError) -> Run:
    file = str(files[0]) if files else name
    problem = Problem(file, "unreadable", "error", error.what, action=error.action)
    return Run(name, {}, (), (problem,))


def _with_sidecars(run: Run, sidecars: tuple[Path, ...]) -> Run:
    if not sidecars or run.params:
        return run
    from lrdiag.sources.sidecars import read_params

    params, origin, problems = read_params(sidecars)
    return replace(run, params=params, params_origin=origin, problems=(*run.problems, *problems))
