"""Rule files to rules.

The shipped default pack alone, which every `analyze` needs, is built from generated JSON and
imports neither a YAML parser nor a schema library; anything else goes through all checks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from lrdiag.errors import RuleFileError
from lrdiag.rulefile.build import build_rule, rule_lines
from lrdiag.rulefile.location import SHIPPED_PREFIX, rules_folder
from lrdiag.rulefile.shipped import shipped_data
from lrdiag.rulefile.values import RuleSet

DEFAULT_PACK = "default"


def load_rules(files: Sequence[Path] = (), *, default: bool = True) -> RuleSet:
    """The rules of the default pack and of further files, in this order.

    Args:
        files: rule files or folders of them (`*.yml`, `*.yaml`).
        default: whether the shipped default pack is the base.

    Raises:
        InvalidRuleFileError: a file is missing or holds mistakes; all are named with places.
    """
    if default and not files:
        try:
            return _shipped_default()
        except (KeyError, TypeError, ValueError, AttributeError):
            pass  # the checked way below says what is wrong, with its place
    from lrdiag.rulefile.packs import load_checked

    return load_checked(files, default=default)


def _shipped_default() -> RuleSet:
    path = rules_folder() / f"{DEFAULT_PACK}.yml"
    raw = path.read_bytes()
    lines = rule_lines(raw.decode("utf-8"))
    name = f"{SHIPPED_PREFIX}{path.name}"
    data = shipped_data(path.name)
    rules = tuple(build_rule(r, name, lines.get(r["id"], 0)) for r in data["rules"])
    if len({rule.id for rule in rules}) != len(rules) or data.keys() & {
        "extends",
        "override",
        "disable",
    }:
        raise ValueError("not a plain pack")
    return RuleSet(rules, (name,), content_digest([raw]))


def content_digest(contents: Sequence[bytes]) -> str:
    """SHA-256 over the contents of all rule files, in order (hexadecimal)."""
    digest = hashlib.sha256()
    for content in contents:
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()


def rule_files(paths: Sequence[Path]) -> list[Path]:
    """The rule files meant by files and folders; a folder means its `*.yml` and `*.yaml`.

    Raises:
        RuleFileError: a path does not exist, or a folder holds no rule file.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(p for p in path.iterdir() if p.suffix in (".yml", ".yaml") and p.is_file())
        inside = [p for p in inside if p.stem != "roles" and not p.stem.endswith(".cases")]
        if not inside:
            raise RuleFileError(f"{path}: no rule file (*.yml) in this folder.", "Check --rules.")
        found.extend(inside)
    return found
