"""Where the shipped rules lie."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from lrdiag.errors import RuleFileError

# The text in findings and reports: the same on every machine, unlike an absolute path.
SHIPPED_PREFIX = "rules/"


@lru_cache(maxsize=1)
def rules_folder() -> Path:
    """The folder of the shipped rules: inside the installed package, else the checkout's.

    Raises:
        RuleFileError: neither exists (the installation is damaged).
    """
    package = Path(__file__).resolve().parent.parent
    installed = package / "rules"
    if (installed / "default.yml").is_file():
        return installed
    checkout = package.parent / "rules"
    if (package.parent / "pyproject.toml").is_file() and checkout.is_dir():
        return checkout
    raise RuleFileError(
        f"The shipped rules are missing: neither {installed} nor {checkout} exists.",
        "Reinstall lrdiag.",
    )


def shipped_packs() -> dict[str, Path]:
    """Name of a shipped rule pack (`default`, `imbalanced`) to its file."""
    # roles.yml is no rule pack: it says what tags mean.
    return {p.stem: p for p in sorted(rules_folder().glob("*.yml")) if p.stem != "roles"}


def resolved(path: Path) -> Path:
    """A path without links; a loop of links stays as it is (and is no file)."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # RuntimeError for a loop until Python 3.12
        return path.absolute()


def shown(path: Path) -> str:
    """A file as reports show it: shipped ones as `rules/default.yml`, others as given."""
    try:
        return SHIPPED_PREFIX + resolved(path).relative_to(rules_folder()).as_posix()
    except (RuleFileError, ValueError):
        return str(path)


def file_of(name: str) -> Path:
    """The file behind a name made by `shown`."""
    if name.startswith(SHIPPED_PREFIX):
        inside = rules_folder() / name.removeprefix(SHIPPED_PREFIX)
        if inside.is_file():
            return inside
    return Path(name)
