"""Adding a suppression to `lrdiag.yml` without touching anything else in it."""

from __future__ import annotations

import json
from pathlib import Path

from lrdiag.errors import ConfigError
from lrdiag.rulefile.documents import Document, parse_document
from lrdiag.suppressions import Suppression


def with_suppression(text: str, file: str, new: Suppression) -> str:
    """The text of a configuration with one more suppression, the newest first.

    Raises:
        ConfigError: `suppressions` is there and is not a plain list of entries.
        InvalidRuleFileError: the file is not valid YAML.
    """
    document = parse_document(text, file)
    root = document.root.value if document.root else {}
    if not isinstance(root, dict):
        raise ConfigError(f"{file}: expected a mapping of settings.", "See docs/configuration.md.")
    if "suppressions" not in root:
        start = text if not text or text.endswith("\n") else text + "\n"
        return f"{start}suppressions:\n{_entry('  ', new)}"
    return _inserted(text, document, new)


def _inserted(text: str, document: Document, new: Suppression) -> str:
    assert document.root is not None
    node = document.root.value["suppressions"]
    key_line = document.root.keys["suppressions"][0]
    lines = text.split("\n")
    if node.value in ([], None) and lines[key_line - 1].split("#")[0].strip() in (
        "suppressions:", "suppressions: []",
    ):  # fmt: skip
        indent = " " * (document.root.keys["suppressions"][1] + 1)
        added = _entry(indent, new).rstrip("\n")
        return "\n".join([*lines[: key_line - 1], "suppressions:", added, *lines[key_line:]])
    if not isinstance(node.value, list) or not node.value or node.line == key_line:
        raise ConfigError(
            f"{document.file}:{key_line}: suppressions is not a list with one entry a line.",
            "Write it as a block: `suppressions:` and below it `  - fingerprint: …`.",
        )
    for entry in node.value:
        known = entry.value.get("fingerprint") if isinstance(entry.value, dict) else None
        if known is not None and known.plain() == new.fingerprint:
            raise ConfigError(
                f"{document.file}:{entry.line}: {new.fingerprint} is accepted already.",
                "Change its reason or date there.",
            )
    added = _entry(" " * (node.column - 1), new).rstrip("\n")
    return "\n".join([*lines[: node.line - 1], added, *lines[node.line - 1 :]])


def _entry(indent: str, new: Suppression) -> str:
    # JSON's quoted texts are YAML's: whatever the reason holds stays one value.
    return (
        f"{indent}- fingerprint: {json.dumps(new.fingerprint)}\n"
        f"{indent}  reason: {json.dumps(new.reason)}\n"
        f"{indent}  owner: {json.dumps(new.owner)}\n"
        f"{indent}  expires: {new.expires.isoformat()}\n"
    )


def accept(path: Path, new: Suppression) -> None:
    """Write a suppression into a configuration file, which need not exist yet.

    Raises:
        ConfigError: the file cannot be read or written, or is no YAML configuration.
    """
    if path.suffix == ".toml":
        raise ConfigError(
            f"{path}: suppressions are written into lrdiag.yml only.",
            "Pass --config lrdiag.yml, or add the entry under [[tool.lrdiag.suppressions]].",
        )
    try:
        text = path.read_text("utf-8") if path.exists() else ""
        changed = with_suppression(text, str(path), new)
        path.write_text(changed, "utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read or written: {error}.") from None
