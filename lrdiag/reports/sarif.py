"""SARIF 2.1.0 for code scanning (OASIS standard; GitHub's reader rejects results without place)."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote

from lrdiag.findings import HealthReport
from lrdiag.reports.escaping import visible
from lrdiag.reports.places import Remark, remarks

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
# GitHub keeps the first 5,000 results of a run and rejects files of over 25,000
# (docs.github.com, "SARIF support for code scanning").
MAX_RESULTS = 5_000


@dataclass(frozen=True, slots=True)
class SarifFormat:
    """Failed findings and damaged logs as SARIF; accepted ones as suppressed results.

    Every result has a physical location: the line of the log where there is one, else the
    line of the rule.
    """

    names: ClassVar[tuple[str, ...]] = ("sarif",)

    def render(self, report: HealthReport) -> str:
        """SARIF as JSON, deterministic."""
        found = remarks(report)
        rules = sorted({r.rule for r in found})
        run = {
            "tool": {"driver": _driver(rules, found)},
            "automationDetails": {"id": "lrdiag/"},
            "columnKind": "unicodeCodePoints",
            "results": [_result(r, rules.index(r.rule)) for r in found[:MAX_RESULTS]],
            "properties": {
                "verdict": report.verdict.value,
                "runs": {visible(r.run): r.verdict.value for r in report.runs},
                "resultsLeftOut": max(0, len(found) - MAX_RESULTS),
            },
        }
        log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
        return json.dumps(log, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def _driver(rules: Sequence[str], found: Sequence[Remark]) -> dict[str, Any]:
    from lrdiag import __version__

    first = {rule: next(r for r in found if r.rule == rule) for rule in rules}
    return {
        "name": "lrdiag",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_descriptor(first[rule]) for rule in rules],
    }


def _descriptor(remark: Remark) -> dict[str, Any]:
    descriptor: dict[str, Any] = {
        "id": remark.rule,
        "shortDescription": {"text": remark.summary},
        "defaultConfiguration": {"level": remark.severity.value},
    }
    if remark.link.startswith(("https://", "http://")):
        descriptor["helpUri"] = quote(remark.link, safe="%/:=&?~#+!$,;'@()*[]")
    return descriptor


def _result(remark: Remark, index: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": remark.rule,
        "ruleIndex": index,
        "level": remark.severity.value,
        "message": {"text": remark.message},
        "locations": [_location(remark.file, remark.line, remark.run)],
        "partialFingerprints": {"lrdiag/v1": fingerprint(remark)},
    }
    if remark.rule_file and remark.rule_file != remark.file:
        related = _location(remark.rule_file, remark.rule_line, "")
        result["relatedLocations"] = [{**related, "message": {"text": "the rule"}}]
    if remark.suppressed:
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": visible(remark.suppressed)}
        ]
    return result


def _location(file: str, line: int, run: str) -> dict[str, Any]:
    place: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": uri(file)},
            "region": {"startLine": line},
        }
    }
    if run:
        place["logicalLocations"] = [{"name": visible(run), "kind": "module"}]
    return place


def uri(path: str) -> str:
    """A path as a URI reference: relative ones stay relative, bytes are percent-encoded."""
    text = path.replace("\\", "/") if os.sep == "\\" else path
    encoded = quote(text.encode("utf-8", "surrogatepass"), safe="/")
    return f"file://{encoded}" if encoded.startswith("/") else encoded.removeprefix("./")


def fingerprint(remark: Remark) -> str:
    """The finding's own, or one made of rule, run and file (no values, no lines)."""
    if remark.fingerprint:
        return remark.fingerprint
    key = f"{remark.rule}\n{remark.run}\n{remark.file}"
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]
