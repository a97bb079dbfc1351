"""`lrdiag.yml`, `[tool.lrdiag]` and the command line, as one value."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lrdiag.errors import ConfigError, RoleError
from lrdiag.schedule.values import ConfiguredSchedule

FILE_NAMES = ("lrdiag.yml", "lrdiag.yaml")


@dataclass(frozen=True, slots=True)
class Config:
    """What the user configured.

    Attributes:
        roles: role to tag (or pattern with `*`).
        schedule: the configured schedule, which wins over files beside the log.
        epochs, steps_per_epoch: length of the training and of an epoch.
        rules: rule files; default_rules: whether the default pack is used too.
        disable: rule ids that are switched off.
        task: facts about the task: num_classes, majority_rate, kind.
        fail_on: the severity from which `analyze` exits with 1 (None: never).
        policy: gate policy file. suppressions: accepted findings as written.
        text_patterns: file of named-group regular expressions for plain text logs.
        group_by: how runs are grouped (a parameter or a pattern), "" for automatic.
        file: the file this came from, "" for none.
    """

    roles: Mapping[str, str] = field(default_factory=dict)
    schedule: ConfiguredSchedule | None = None
    epochs: int | None = None
    steps_per_epoch: float | None = None
    rules: tuple[Path, ...] = ()
    default_rules: bool = True
    disable: tuple[str, ...] = ()
    task: Mapping[str, Any] = field(default_factory=dict)
    fail_on: str | None = None
    policy: Path | None = None
    suppressions: tuple[Mapping[str, Any], ...] = ()
    text_patterns: Path | None = None
    group_by: str = ""
    file: str = ""


def load_config(start: Path | None = None, file: Path | None = None) -> Config:
    """The configuration in force.

    Args:
        start: folder from which parents are searched for `lrdiag.yml` or a `pyproject.toml`
            with `[tool.lrdiag]` (default: the working directory).
        file: a file named explicitly, which must exist.

    Raises:
        ConfigError: the file is missing, not readable or holds mistakes (all are named).
    """
    if file is not None:
        if not file.is_file():
            raise ConfigError(f"{file}: no such configuration file.", "Check --config.")
        return _from_file(file)
    folder = (start or Path.cwd()).resolve()
    for candidate in (folder, *folder.parents):
        for name in FILE_NAMES:
            if (candidate / name).is_file():
                return _from_file(candidate / name)
        if _has_table(candidate / "pyproject.toml"):
            return _from_file(candidate / "pyproject.toml")
    return Config()


def _has_table(path: Path) -> bool:
    try:
        return path.is_file() and "[tool.lrdiag" in path.read_text("utf-8", errors="replace")
    except OSError:
        return False


def _from_file(path: Path) -> Config:
    return config_from(_parse(path), path)


def _parse(path: Path) -> Mapping[str, Any]:
    if path.suffix == ".toml":
        import tomllib

        try:
            data = tomllib.loads(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ConfigError(f"{path}: {error}.", "Correct the TOML.") from None
        return dict(data.get("tool", {}).get("lrdiag", {}))
    from lrdiag.rulefile.documents import load_document

    data = load_document(path)
    if data is None:
        return {}
    if not isinstance(data, Mapping):
        raise ConfigError(f"{path}: expected a mapping of settings.", "See docs/configuration.md.")
    return data


def config_from(data: Mapping[str, Any], path: Path) -> Config:
    """A Config from parsed settings; paths are taken relative to the file.

    Raises:
        ConfigError: names every unknown key and every wrong type.
    """
    faults: list[str] = []
    settings: dict[str, Any] = {}
    for key, value in data.items():
        reader = _READERS.get(str(key))
        if reader is None:
            faults.append(_unknown(str(key), list(_READERS)))
            continue
        try:
            settings[str(key)] = reader(value, path)
        except (TypeError, ValueError, ConfigError) as error:
            faults.append(f"{key}: {error}")
    if faults:
        raise ConfigError(f"{path}: " + "; ".join(faults) + ".", "See docs/configuration.md.")
    return replace(_with_lengths(Config(**settings)), file=str(path))


def _with_lengths(config: Config) -> Config:
    schedule = config.schedule
    if schedule is None:
        return config
    return replace(
        config,
        epochs=config.epochs or schedule.epochs,
        steps_per_epoch=config.steps_per_epoch or schedule.steps_per_epoch,
    )


def _unknown(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, 1)
    return f"unknown key {key!r}" + (f" (did you mean {close[0]!r}?)" if close else "")


def _roles(value: Any, _path: Path) -> dict[str, str]:
    from lrdiag.roles.resolution import check_role

    if not isinstance(value, Mapping) or not all(isinstance(v, str) for v in value.values()):
        raise TypeError("expected role: tag pairs")
    for role in value:
        try:
            check_role(str(role))
        except RoleError as error:
            raise ValueError(error.what.removesuffix(".")) from None
    return {str(k): str(v) for k, v in value.items()}


def _mapping(value: Any, _path: Path) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError("expected a mapping")
    return {str(k): v for k, v in value.items()}


def _schedule(value: Any, path: Path) -> ConfiguredSchedule | None:
    from lrdiag.schedule.configured import from_options, from_params

    settings = _mapping(value, path)
    plain = {"milestones", "step_size", "gamma", "epochs", "steps_per_epoch", "base_lr", "unit"}
    if settings.keys() <= plain:
        return from_options(**settings, origin=str(path))
    return from_params(settings, str(path))


def _paths(value: Any, path: Path) -> tuple[Path, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not all(isinstance(i, str) for i in items):
        raise TypeError("expected a path or a list of paths")
    return tuple(path.parent / item for item in items)


def _path(value: Any, path: Path) -> Path:
    if not isinstance(value, str):
        raise TypeError("expected a path")
    return path.parent / value


def _texts(value: Any, _path: Path) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not all(isinstance(i, str) for i in items):
        raise TypeError("expected a list of texts")
    return tuple(items)


def _mappings(value: Any, path: Path) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(value, list | tuple):
        raise TypeError("expected a list")
    return tuple(_mapping(item, path) for item in value)


def _whole(value: Any, _path: Path) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise TypeError("expected a whole number above 0")
    return value


def _positive(value: Any, _path: Path) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise TypeError("expected a number above 0")
    return float(value)


def _flag(value: Any, _path: Path) -> bool:
    if not isinstance(value, bool):
        raise TypeError("expected true or false")
    return value


def _text(value: Any, _path: Path) -> str:
    if not isinstance(value, str):
        raise TypeError("expected a text")
    return value


def _severity(value: Any, _path: Path) -> str | None:
    if value in ("note", "warning", "error"):
        return str(value)
    if value in (None, "never"):
        return None
    raise TypeError("expected note, warning, error or never")


_READERS: dict[str, Callable[[Any, Path], Any]] = {
    "roles": _roles,
    "schedule": _schedule,
    "epochs": _whole,
    "steps_per_epoch": _positive,
    "rules": _paths,
    "default_rules": _flag,
    "disable": _texts,
    "task": _mapping,
    "fail_on": _severity,
    "policy": _path,
    "suppressions": _mappings,
    "text_patterns": _path,
    "group_by": _text,
}
