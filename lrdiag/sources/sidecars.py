"""Files beside a log that hold the hyper-parameters of the run."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from lrdiag.findings import Problem
from lrdiag.sources.interface import HEAD_BYTES
from lrdiag.sources.namespace_line import parse_namespace
from lrdiag.sources.plain_yaml import PlainYamlError, load_plain_yaml

MAX_BYTES = 1 << 20
MAX_FILES = 12
"""Files of one folder that are looked at."""

_NAMES = (
    "hparams.yaml",
    "hparams.yml",
    "hparams.json",
    "args.yaml",
    "args.yml",
    "args.json",
    ".hydra/config.yaml",
    "opt.yaml",
    "opt.yml",
    "config.yaml",
    "config.yml",
    "config.json",
    "params",
    "files/config.yaml",
    "args.txt",
    "opt.txt",
    "config.txt",
)
"""Names in order of trust: written for this run first, general configurations last."""

_OTHER = re.compile(
    r"(?:.*[_.-])?(?:train|training|run|exp|experiment)?[_.-]?"
    r"(?:config|configs|cfg|hparams|hyperparameters|hyperparams|hyper_params|args|arguments|params|"
    r"options|opts|settings)(?:[_.-].*)?\.(?:ya?ml|json)"
)
_PRINTED = (".txt", ".log", ".out")
_NOT_PARAMS = re.compile(
    r"(?:tokenizer|generation|preprocessor|processor|special_tokens|quantize|adapter|feature)_.*|"
    r"tsconfig.*|jsconfig.*|package.*|lrdiag\..*|.*\.log\.json|pnpm.*|renovate.*"
)
_TRAINING = re.compile(
    r"\b(?:lr|learning_?rate|base_lr|lr0|lrs|max_lr|milestones?|gamma|step_?size|lr_?steps?|"
    r"(?:lr_?)?scheduler\w*|lr_?schedule|lr_?decay\w*|(?:num_|max_|n_)?(?:train_)?epochs?|"
    r"optimizer|optim)\b",
    re.IGNORECASE,
)


def find_sidecars(directory: str | os.PathLike[str]) -> tuple[Path, ...]:
    """Files in (and just below) a run's folder that may hold hyper-parameters, best first."""
    folder = Path(directory)
    try:
        entries = {entry.name: entry.is_file() for entry in os.scandir(folder)}
    except OSError:
        return ()
    names = sorted(name for name, is_file in entries.items() if is_file)
    # The listing answers for most names; asking for each costs a system call a name and folder.
    likely = [name for name in _NAMES if name.split("/", 1)[0] in entries]
    known = [folder / name for name in likely if _is_param_path(folder / name)]
    others = [
        folder / name
        for name in names
        if _OTHER.fullmatch(name.lower())
        and not _NOT_PARAMS.fullmatch(name.lower())
        and folder / name not in known
    ]
    return tuple([*known, *others, *_printed(folder, names)][:MAX_FILES])


def _printed(folder: Path, names: Sequence[str]) -> list[Path]:
    """The one text that begins with a `Namespace(...)`; of several it is unknown whose is whose."""
    texts = [name for name in names if name.endswith(_PRINTED) and name not in _NAMES][:MAX_FILES]
    found = [folder / name for name in texts if _prints(folder / name)]
    return found if len(found) == 1 else []


def _prints(path: Path) -> bool:
    """Whether a text begins with arguments; a watched one that only grew is not read again."""
    try:
        status = path.stat()
    except OSError:
        return False
    size = min(status.st_size, HEAD_BYTES)
    changed = status.st_mtime_ns if size < HEAD_BYTES else 0
    return _prints_as_it_is(path, (status.st_dev, status.st_ino, size, changed))


@lru_cache(maxsize=4096)
def _prints_as_it_is(path: Path, _state: tuple[int, ...]) -> bool:
    return b"Namespace(" in _head(path)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError:
        return b""


def _is_param_path(path: Path) -> bool:
    try:
        return path.is_dir() if path.name == "params" else path.is_file()
    except OSError:
        return False


def read_params(files: Sequence[Path]) -> tuple[dict[str, Any], str, tuple[Problem, ...]]:
    """The hyper-parameters of a run: (nested values as found, path, problems).

    The first file that speaks of a rate, a schedule or epochs wins, else the first that holds
    anything. Nothing in the files is run.
    """
    problems: list[Problem] = []
    fallback: tuple[dict[str, Any], str] = ({}, "")
    for path in files:
        try:
            params = _read(path)
        except (OSError, ValueError, RecursionError) as error:
            problems.append(_unreadable(path, error))
            continue
        if params and speaks_of_training(params):
            return params, str(path), tuple(problems)
        if params and not fallback[0]:
            fallback = (params, str(path))
    return (*fallback, tuple(problems))


def _unreadable(path: Path, error: Exception) -> Problem:
    return Problem(
        str(path),
        "unreadable-parameters",
        "info",
        f"the hyper-parameters in it cannot be read: {error}",
        action="Correct the file or give the schedule as options.",
    )


def speaks_of_training(params: Mapping[str, Any]) -> bool:
    """Whether any key names a rate, a schedule, an optimiser or epochs."""
    return any(_TRAINING.search(key) for key in _keys(params, 0))


def _keys(value: Any, depth: int) -> list[str]:
    if depth > 6:
        return []
    if isinstance(value, Mapping):
        own = [str(key) for key in value]
        return own + [k for v in value.values() for k in _keys(v, depth + 1)]
    return []


def _read(path: Path) -> dict[str, Any]:
    if path.is_dir():
        return _mlflow_params(path)
    if path.suffix in _PRINTED and path.name not in _NAMES:
        return parse_namespace(_head(path).decode("utf-8-sig", "replace")) or {}
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"it is larger than {MAX_BYTES >> 20} MiB")
    text = data.decode("utf-8-sig", "replace")
    if path.suffix == ".json":
        return _as_mapping(json.loads(text))
    if path.suffix in (".yaml", ".yml"):
        return _as_mapping(_yaml(text))
    return _text_params(text)


def _yaml(text: str) -> Any:
    try:
        return load_plain_yaml(text)
    except PlainYamlError as error:
        raise ValueError(str(error)) from error


def _as_mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {}
    return {str(k): v for k, v in _without_wandb_values(value).items()}


def _without_wandb_values(params: dict[str, Any]) -> dict[str, Any]:
    """W&B's `config.yaml` wraps every value: `{lr: {value: 0.1, desc: null}}`."""
    inner = {k: v for k, v in params.items() if k not in ("wandb_version", "_wandb")}
    wrapped = [
        isinstance(v, dict) and "value" in v and set(v) <= {"value", "desc"} for v in inner.values()
    ]
    if not inner or not all(wrapped):
        return params
    return {k: v["value"] for k, v in inner.items()}


def _mlflow_params(folder: Path) -> dict[str, Any]:
    """MLflow's file store: one file a parameter."""
    found: dict[str, Any] = {}
    for entry in sorted(os.scandir(folder), key=lambda e: e.name)[:1000]:
        if entry.is_file() and entry.stat().st_size <= 10_000:
            found[entry.name] = plain_value(Path(entry.path).read_text("utf-8", "replace").strip())
    return found


def plain_value(text: str) -> Any:
    """A value that a store keeps as text: number, list, true/false or the text itself."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return {"True": True, "False": False, "None": None}.get(text, text)


def _text_params(text: str) -> dict[str, Any]:
    found = parse_namespace(text)
    if found:
        return found
    pairs = re.findall(r"^\s*(?:--)?([A-Za-z_]\w*)\s*[:=]\s*(\S[^\n]*?)\s*$", text, re.MULTILINE)
    return {name: plain_value(value) for name, value in pairs[:1000]}
