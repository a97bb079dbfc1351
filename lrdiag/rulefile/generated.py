"""Files made from the rules: `python -m lrdiag.rulefile.generated` writes them all.

`rules/compiled.json` (fast start), `rules/schema*.json` (editors) and `docs/rules/` (a page a
rule). A test compares each with what would be written now.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from lrdiag.rulefile import explain, json_schema
from lrdiag.rulefile.case_files import case_files_of
from lrdiag.rulefile.load import DEFAULT_PACK, load_rules
from lrdiag.rulefile.location import file_of, rules_folder, shipped_packs
from lrdiag.rulefile.mistakes import InvalidRuleFileError
from lrdiag.rulefile.shipped import COMPILED, compile_folder
from lrdiag.rulefile.values import Rule
from lrdiag.rulefile.verify import check_files


def generated_files(docs: Path) -> dict[Path, str]:
    """Path to text of every generated file.

    Args:
        docs: the documentation's folder.

    Raises:
        InvalidRuleFileError: a shipped pack holds mistakes: its twin could not be trusted.
    """
    folder = rules_folder()
    _, mistakes = check_files(list(shipped_packs().values()), trust_compiled=False)
    if any(m.severity == "error" for m in mistakes):
        raise InvalidRuleFileError(mistakes)
    schemas = {
        "schema.json": json_schema.rule_file_schema(),
        "policies/schema.json": json_schema.policy_schema(),
        "cases/schema.json": json_schema.case_file_schema(),
    }
    files = {folder / COMPILED: compile_folder(folder)}
    for name, schema in schemas.items():
        files[folder / name] = json.dumps(schema, indent=1, ensure_ascii=True) + "\n"
    rules = shipped_rules()
    for rule in rules:
        files[docs / "rules" / f"{rule.id}.md"] = rule_page(rule, [r.id for r in rules])
    files[docs / "rules" / "README.md"] = index_page(rules)
    return files


def shipped_rules() -> list[Rule]:
    """Every rule of every shipped pack, as its own pack defines it."""
    found: dict[str, Rule] = {}
    packs = shipped_packs()
    for path in (packs[DEFAULT_PACK], *packs.values()):
        for rule in load_rules([path], default=False).rules:
            found.setdefault(rule.id, rule)
    return list(found.values())


def rule_page(rule: Rule, known: Sequence[str]) -> str:
    """The documentation page of a rule."""
    example = explain.example_of(rule, case_files_of(file_of(rule.file)), known)
    return explain.as_markdown(rule, explain.explain_rule(rule, example))


def index_page(rules: Sequence[Rule]) -> str:
    """The table of all rules."""
    lines = ["# Rules", "", "| rule | severity | finds | pack |", "|---|---|---|---|"]
    for rule in rules:
        pack = Path(rule.file).stem
        lines.append(
            f"| [{rule.id}]({rule.id}.md) | {rule.severity.value} | {rule.summary} | {pack} |"
        )
    lines += ["", "*Generated; see `python -m lrdiag.rulefile.generated`.*", ""]
    return "\n".join(lines)


def write_all(docs: Path) -> list[Path]:
    """Write every generated file and remove pages of rules that are gone; returns what changed."""
    files = generated_files(docs)
    changed = []
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            changed.append(path)
    for stale in set((docs / "rules").glob("*.md")) - files.keys():
        stale.unlink()
        changed.append(stale)
    return changed


if __name__ == "__main__":
    for written in write_all(rules_folder().parent / "docs"):
        print(written)
