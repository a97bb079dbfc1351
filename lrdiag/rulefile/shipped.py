"""The data files shipped with lrdiag, read without a YAML parser where possible.

Parsing YAML costs more than all the rest of a small analysis. Every shipped `x.yml` therefore
has a generated twin in `rules/compiled.json`, used only while the SHA-256 of the YAML file is
the one recorded there; an edited file is parsed for real.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

COMPILED = "compiled.json"


@lru_cache(maxsize=16)
def shipped_data(name: str) -> Any:
    """The parsed content of a file in the rules folder, such as `roles.yml`.

    Raises:
        RuleFileError: the file is missing or not valid YAML.
    """
    from lrdiag.rulefile.location import rules_folder

    path = rules_folder() / name
    data = compiled_data(path)
    if data is not None:
        return data
    from lrdiag.rulefile.documents import load_document

    return load_document(path)


def compiled_data(path: Path) -> Any | None:
    """The generated twin of a shipped file, None when it is missing or the file has changed."""
    from lrdiag.rulefile.location import resolved, rules_folder

    if resolved(path).parent != rules_folder():
        return None
    entry = _compiled(rules_folder()).get(path.name)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if not isinstance(entry, dict) or entry.get("sha256") != digest:
        return None
    return entry["data"]


def compile_folder(folder: Path) -> str:
    """The text of `compiled.json` for all YAML files directly in the folder.

    `generated` checks the packs before it writes this.
    """
    from lrdiag.rulefile.documents import load_document

    entries = {
        path.name: {
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "data": load_document(path),
        }
        for path in sorted(folder.glob("*.yml"))
    }
    return json.dumps(entries, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n"


@lru_cache(maxsize=1)
def _compiled(folder: Path) -> dict[str, Any]:
    try:
        data = json.loads((folder / COMPILED).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


if __name__ == "__main__":
    from lrdiag.rulefile.location import rules_folder

    (rules_folder() / COMPILED).write_text(compile_folder(rules_folder()), "utf-8")
