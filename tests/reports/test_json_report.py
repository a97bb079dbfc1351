from __future__ import annotations

import json
import math
from pathlib import Path

import jsonschema
import pytest

from lrdiag.findings import HealthReport, Verdict
from lrdiag.reports.json_report import JsonFormat

SCHEMA = Path(__file__).parents[2] / "docs" / "report_schema.json"


@pytest.fixture(scope="module")
def schema():
    loaded = json.loads(SCHEMA.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(loaded)
    return loaded


def strict(text: str):
    def refuse(constant: str):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("name", ["healthy", "sick", "mixed", "hostile"])
def test_every_report_fits_the_published_schema(examples, schema, name):
    data = strict(JsonFormat(curves=True).render(getattr(examples, name)()))
    assert list(jsonschema.Draft202012Validator(schema).iter_errors(data)) == []


def test_the_schema_describes_every_field_that_is_written(examples, schema):
    data = strict(JsonFormat(curves=True).render(examples.sick()))
    run = data["runs"][0]
    defs = schema["$defs"]
    pairs = [
        (data, schema), (run, defs["run"]), (run["findings"][0], defs["finding"]),
        (data["problems"][0], defs["problem"]), (run["schedule"]["drops"][0], defs["change"]),
        (run["schedule"]["segments"][0], defs["segment"]),
        (run["metrics"]["val_loss"], defs["metric"]), (run["curves"][0], defs["curve"]),
        (run["schedule"], defs["run"]["properties"]["schedule"]["oneOf"][1]),
    ]  # fmt: skip
    for value, described in pairs:
        assert set(value) <= set(described["properties"])


def test_the_schema_refuses_another_verdict(examples, schema):
    data = strict(JsonFormat().render(examples.healthy()))
    data["verdict"] = "fine"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(data)


def test_the_shape_other_tools_read(examples):
    data = strict(JsonFormat().render(examples.sick()))
    run = data["runs"][0]
    assert data["format_version"] == 1
    assert data["verdict"] == run["verdict"] == "unhealthy"
    assert run["deployable"] is False
    first = run["schedule"]["drops"][0]
    assert (first["step"], first["from"], first["to"]) == (100, 0.1, 0.1 * 0.1)
    assert first["source"] == "logged"
    assert run["findings"][0]["suggested"] == {"milestones": [100, 120]}
    assert "curves" not in run


def test_a_number_that_is_not_finite_is_null_and_told_beside(examples):
    finding = strict(JsonFormat().render(examples.hostile()))["runs"][0]["findings"][0]
    assert finding["observed"] is None
    assert finding["observed_text"] == "inf"
    assert finding["threshold_text"] == "nan"


def test_names_come_back_exactly(examples):
    runs = strict(JsonFormat().render(examples.hostile()))["runs"]
    assert [run["run"] for run in runs] == list(examples.HOSTILE)
    assert [next(iter(run["series"])) for run in runs] == list(examples.HOSTILE)


def test_numpy_values_and_nested_params_are_written(examples):
    import dataclasses

    import numpy as np

    params = {"a": {"b": [np.float64(1.5), np.int64(2), math.nan]}, "c": {3, 1}, "d": (1,)}
    run = dataclasses.replace(examples.run(), params=params)
    data = strict(JsonFormat().render(HealthReport((run,), verdict=Verdict.HEALTHY)))
    assert data["runs"][0]["params"] == {"a": {"b": [1.5, 2, None]}, "c": [1, 3], "d": [1]}


def test_the_same_report_gives_the_same_bytes(examples):
    assert JsonFormat().render(examples.mixed()) == JsonFormat().render(examples.mixed())


def test_the_report_of_the_sample_logs_fits_the_schema(schema):
    import lrdiag

    report = lrdiag.analyze(SCHEMA.parents[1] / "sample_logs")
    data = strict(report.render("json", curves=True))
    assert len(data["runs"]) > 5
    jsonschema.Draft202012Validator(schema).validate(data)
