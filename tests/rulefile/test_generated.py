"""Generated files are what would be generated now, and the schemas accept what lrdiag accepts."""

from __future__ import annotations

import json

import pytest

from lrdiag.rulefile.documents import load_document
from lrdiag.rulefile.location import rules_folder, shipped_packs
from lrdiag.rulefile.policies import shipped_policies

DOCS = rules_folder().parent / "docs"
CHECKOUT = (rules_folder().parent / "pyproject.toml").is_file()


@pytest.mark.skipif(not CHECKOUT, reason="only a checkout holds the documentation")
def test_generated_files_are_fresh():
    from lrdiag.rulefile.generated import generated_files

    stale = [
        str(path)
        for path, text in generated_files(DOCS).items()
        if not path.is_file() or path.read_text("utf-8") != text
    ]
    assert stale == [], "run: python -m lrdiag.rulefile.generated"


def validator(name):
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((rules_folder() / name).read_text("utf-8"))
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


@pytest.mark.parametrize("path", shipped_packs().values(), ids=lambda p: p.stem)
def test_the_schema_accepts_shipped_packs(path):
    assert list(validator("schema.json").iter_errors(load_document(path))) == []


@pytest.mark.parametrize("path", shipped_policies().values(), ids=lambda p: p.stem)
def test_the_schema_accepts_shipped_policies(path):
    assert list(validator("policies/schema.json").iter_errors(load_document(path))) == []


@pytest.mark.parametrize(
    "path", sorted((rules_folder() / "cases").glob("*.yml")), ids=lambda p: p.stem
)
def test_the_schema_accepts_shipped_cases(path):
    assert list(validator("cases/schema.json").iter_errors(load_document(path))) == []


@pytest.mark.parametrize(
    "rule",
    [
        {"id": "a", "severity": "error"},
        {"id": "a", "check": "overfittin", "severity": "error"},
        {"id": "a", "check": "overfitting", "severity": "eror"},
        {"id": "a", "check": "overfitting", "severity": "error", "parameters": {"nope": 1}},
        {"id": "a", "when": "lr.last > 0", "severity": "error", "scop": "run"},
        {"id": "a", "when": "lr.last > 0", "severity": "error", "scope": "drops"},
    ],
)
def test_the_schema_refuses_what_lrdiag_refuses(rule):
    assert list(validator("schema.json").iter_errors({"version": 1, "rules": [rule]}))
