"""`lrdiag export` writes what was read, strictly and safely."""

import csv
import json
import struct

import event_codec as codec
import pytest
from click.testing import CliRunner

from lrdiag import read_runs
from lrdiag.cli.export import command
from lrdiag.errors import LrdiagError

NAME = "events.out.tfevents.17.host"


@pytest.fixture
def logs(tmp_path):
    folder = tmp_path / "logs" / "run1"
    folder.mkdir(parents=True)
    values = [1.0, float("nan"), float("inf"), 0.5]
    frames = [
        codec.frame(codec.event(k, 10.0 + k, [codec.scalar("=loss", v)]))
        for k, v in enumerate(values)
    ]
    (folder / NAME).write_bytes(b"".join(frames) + b"\x01\x02\x03")
    (tmp_path / "logs" / "model.pt").write_bytes(b"x")
    return tmp_path / "logs"


def run(*arguments):
    return CliRunner().invoke(command, [str(a) for a in arguments], catch_exceptions=False)


def test_a_run_at_the_root_is_named_as_read_runs_names_it(logs, monkeypatch):
    for folder, path in ((logs, logs / "run1"), (logs / "run1", ".")):
        monkeypatch.chdir(folder)
        (series,) = json.loads(run(path).stdout)["series"]
        assert [series["run"]] == [found.name for found in read_runs(path)] == ["."]


def test_json_is_strict_and_holds_the_problems(logs, tmp_path):
    output = tmp_path / "out.json"
    assert run(logs, "--format", "json", "--output", output).exit_code == 0
    found = json.loads(output.read_text(), parse_constant=pytest.fail)
    (series,) = found["series"]
    assert (series["run"], series["tag"], series["count"]) == ("run1", "=loss", 4)
    assert series["points"] == [[0, 1.0], [1, "NaN"], [2, "Infinity"], [3, 0.5]]
    kinds = {p["kind"]: p for p in found["problems"]}
    assert kinds["incomplete-record"]["file"].endswith(NAME)
    assert kinds["left-out"]["file"].endswith("model.pt")
    assert found["crashed"] is False


def test_json_goes_to_standard_output_without_a_file(logs):
    assert json.loads(run(logs).stdout)["series"][0]["run"] == "run1"


@pytest.mark.parametrize("form", ["json", "csv"])
def test_nothing_to_read_is_told(tmp_path, form):
    (tmp_path / "notes.txt").write_text("no log\n")
    found = run(tmp_path, "--format", form)
    assert found.exit_code == 3
    assert "No run found." in found.stderr
    assert "no log format" in found.stdout + found.stderr


def test_csv_is_one_long_table_without_formulas(logs, tmp_path):
    output = tmp_path / "out.csv"
    result = run(logs, "--format", "csv", "--output", output)
    rows = list(csv.reader(output.read_text().splitlines()))
    assert rows[0] == ["run", "tag", "step", "wall_time", "value"]
    assert rows[1] == ["run1", "'=loss", "0", "10.0", "1.0"]
    assert len(rows) == 5
    assert "incomplete" in result.stderr


def test_parquet_round_trips(logs, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    output = tmp_path / "out.parquet"
    run(logs, "--format", "parquet", "--output", output)
    table = parquet.read_table(output).to_pydict()
    assert table["tag"] == ["=loss"] * 4 and table["step"] == [0, 1, 2, 3]
    assert struct.pack("<d", table["value"][1]) == struct.pack("<d", float("nan"))


def test_parquet_needs_a_file_and_output_must_be_writable(logs, tmp_path):
    with pytest.raises(LrdiagError, match="standard output"):
        run(logs, "--format", "parquet")
    with pytest.raises(LrdiagError, match="cannot write"):
        run(logs, "--output", tmp_path / "missing" / "out.json")
