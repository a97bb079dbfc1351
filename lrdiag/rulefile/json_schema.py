"""JSON Schemas of rule files, policies and case files, for editors."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from lrdiag.checks.registry import check_kinds
from lrdiag.rulefile.build import EXPR_KIND
from lrdiag.rulefile.cases import CaseFileModel
from lrdiag.rulefile.lint import parameter_texts
from lrdiag.rulefile.policies import PolicyModel
from lrdiag.rulefile.schema import RuleFileModel, parameter_model

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def rule_file_schema() -> dict[str, Any]:
    """The schema of a rule file; the parameters of each check kind are spelt out."""
    schema = _schema(RuleFileModel, "lrdiag rule file")
    rule = schema["$defs"]["RuleModel"]
    rule["properties"]["check"] = {
        "enum": list(check_kinds()),
        "default": EXPR_KIND,
        "description": "check kind",
    }
    rule["anyOf"] = [{"required": ["check"]}, {"required": ["when"]}]
    rule["allOf"] = [_branch(name) for name in check_kinds()]
    for kind in check_kinds().values():
        model = parameter_model(kind)
        parameters = model.model_json_schema()
        for name, text in parameter_texts(kind).items():
            parameters.get("properties", {}).get(name, {})["description"] = text
        if kind.kind == EXPR_KIND:
            parameters.pop("required", None)  # the condition may stand at the rule's own level
        schema["$defs"][model.__name__] = parameters
    return schema


def _branch(kind: str) -> dict[str, Any]:
    name = parameter_model(check_kinds()[kind]).__name__
    return {
        "if": {"properties": {"check": {"const": kind}}, "required": ["check"]},
        "then": {"properties": {"parameters": {"$ref": f"#/$defs/{name}"}}},
    }


def policy_schema() -> dict[str, Any]:
    """The schema of a gate policy."""
    return _schema(PolicyModel, "lrdiag gate policy")


def case_file_schema() -> dict[str, Any]:
    """The schema of a file of rule cases."""
    return _schema(CaseFileModel, "lrdiag rule cases")


def _schema(model: type[BaseModel], title: str) -> dict[str, Any]:
    schema = model.model_json_schema(by_alias=True)
    return {"$schema": DIALECT, **schema, "title": title}
