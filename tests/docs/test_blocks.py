"""Every command and code block of README and docs runs, or says visibly why it does not."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from blocks import POLICY, ROOT, Block, all_blocks, environment, pages, scratch

from lrdiag.cli.examples import EXAMPLES
from lrdiag.cli.main import COMMANDS, cli

BLOCKS = all_blocks()
RECIPES = "docs/adding.md"  # test_recipes.py follows that page to the letter


def of(*languages: str) -> list[pytest.param]:
    chosen = [b for b in BLOCKS if b.language in languages and not b.reason and b.page != RECIPES]
    return [pytest.param(b, id=b.place) for b in chosen]


@pytest.fixture
def place(tmp_path):
    return scratch(tmp_path)


def finish(command: list[str], place: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=place, env=environment(place), capture_output=True, text=True, check=False,
        timeout=120,
    )  # fmt: skip


def with_baseline(text: str, place: Path) -> None:
    """What a reader has by then: a policy, the report of the model in production."""
    if "gate.yml" in text:
        (place / "gate.yml").write_text(POLICY)
    if "production.json" in text:
        report = ["lrdiag", "analyze", "logs", "--format", "json", "--output", "production.json"]
        assert finish([str(place / "bin" / report[0]), *report[1:]], place).returncode == 0


@pytest.mark.parametrize("block", of("sh"))
def test_a_shell_block_runs(block, place):
    with_baseline(block.text, place)
    done = finish(["bash", "-e", "-o", "pipefail", "-c", block.text], place)
    assert done.returncode == 0, f"{block.text}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("block", of("python"))
def test_a_python_block_runs(block, place):
    with_baseline(block.text, place)
    done = finish([sys.executable, "-c", block.text], place)
    assert done.returncode == 0, f"{block.text}\n{done.stderr}"


@pytest.mark.parametrize("block", of("yaml"))
def test_a_yaml_block_is_valid_for_its_reader(block, place):
    from lrdiag.rulefile.documents import load_document

    text = block.text
    if block.page.startswith("docs/rules/"):
        # A generated example: a case, an empty line, and what is said about it.
        text, said = re.split(r"\n\n(?=\w+: )", text, maxsplit=1)
        assert said.split(":")[0] in ("note", "warning", "error")
        example = load_document(written(place, "case.yml", text))
        case = "\n".join(f"    {line}" for line in text.splitlines())
        text = f"version: 1\ncases:\n  - name: example\n{case}\n    fires: [{rule_of(block)}]\n"
        assert example["series"]
    path = written(place, "block.yml", text)
    READERS[kind_of(load_document(path))](path, block)


def rule_of(block: Block) -> str:
    return Path(block.page).stem


def written(place: Path, name: str, text: str) -> Path:
    path = place / name
    path.write_text(text, "utf-8")
    return path


def kind_of(data: object) -> str:
    if not isinstance(data, Mapping):
        return "action step" if "uses" in data[0] else "unknown"
    marks = {
        "cases": "cases", "patterns": "patterns", "conditions": "policy", "require": "policy",
        "suppressions": "configuration", "roles": "configuration", "schedule": "configuration",
        "rules": "rules", "override": "rules",
    }  # fmt: skip
    return next((kind for key, kind in marks.items() if key in data), "unknown")


def read_rules(path: Path, block: Block) -> None:
    from lrdiag.rulefile.verify import check_files

    text = path.read_text("utf-8")
    (path.parent / "team.yml").write_text("version: 1\nrules: []\n", "utf-8")
    _, mistakes = check_files([path], default="extends" in text)
    assert [m.render() for m in mistakes if m.severity == "error"] == []


def read_cases(path: Path, block: Block) -> None:
    """The cases of a page are about the rules of the same page."""
    rules = [b for b in BLOCKS if b.page == block.page and re.search(r"^rules:", b.text, re.M)]
    files = []
    if rules and not block.page.startswith("docs/rules/"):
        files = [written(path.parent, "own.yml", rules[0].text)]
    packs = [path.parent / "rules" / f"{name}.yml" for name in ("default", "imbalanced")]
    tested = files or [p for p in packs if f"id: {rule_of(block)}\n" in p.read_text("utf-8")]
    command = ["rules", "test", "--no-default", "--no-mutation", "--cases", str(path)]
    if files:
        command.remove("--no-default")
    done = finish([sys.executable, "-m", "lrdiag", *command, *map(str, tested)], path.parent)
    assert done.returncode == 0, done.stdout + done.stderr


def read_policy(path: Path, block: Block) -> None:
    from lrdiag.rulefile.policies import load_policy

    assert load_policy(path).name


def read_configuration(path: Path, block: Block) -> None:
    from lrdiag.config import load_config

    assert load_config(file=path) is not None


def read_patterns(path: Path, block: Block) -> None:
    from lrdiag.sources.text_patterns import load_patterns

    assert load_patterns(path)


def read_step(path: Path, block: Block) -> None:
    from lrdiag.rulefile.documents import load_document

    action = load_document(Path(__file__).parents[2] / "action.yml")
    for step in load_document(path):
        assert step["with"].keys() <= action["inputs"].keys()


READERS = {
    "rules": read_rules,
    "cases": read_cases,
    "policy": read_policy,
    "configuration": read_configuration,
    "patterns": read_patterns,
    "action step": read_step,
}


@pytest.mark.parametrize("block", of("toml"))
def test_a_toml_block_names_groups_that_exist(block):
    groups = tomllib.loads(block.text)["project"]["entry-points"]
    assert groups.keys() <= {"lrdiag.sources", "lrdiag.checks", "lrdiag.reports"}


@pytest.mark.parametrize("page", [pytest.param(p, id=p.name) for p in pages()])
def test_printed_output_is_what_is_printed_now(page):
    from importlib.util import module_from_spec, spec_from_file_location

    text = page.read_text("utf-8")
    if "<!-- output of:" in text:
        spec = spec_from_file_location("outputs", page.parent / "update_outputs.py")
        outputs = module_from_spec(spec)
        spec.loader.exec_module(outputs)
        assert outputs.updated(text) == text, "run python docs/update_outputs.py"


def test_every_block_is_run_or_says_why_not():
    run = {"sh", "python", "yaml", "toml"}
    rest = [b for b in BLOCKS if b.language not in run and not b.reason and not b.is_output]
    assert [b.place for b in rest if b.language != "text" or COMMAND.search(b.text)] == []


def test_the_blocks_that_do_not_run_are_these():
    """Whoever adds one adds it here: the list is short and everybody sees it."""
    skipped = {(b.page, b.language) for b in BLOCKS if b.reason}
    assert skipped == NOT_RUN
    assert all(len(b.reason.split()) >= 3 for b in BLOCKS if b.reason)


NOT_RUN = {
    ("README.md", "sh"),  # the two commands that .ci/run takes from there
    ("docs/start.md", "sh"),  # makes an environment and installs
    ("CONTRIBUTING.md", "sh"),  # installs; runs this test
    ("docs/watching.md", "sh"),  # goes on until the training is unhealthy
    ("docs/watching.md", "python"),  # needs Lightning
    ("docs/reading.md", "sh"),  # benchmarks and the long fuzz
    ("docs/mutation.md", "sh"),  # plants mistakes for an hour
}


COMMAND = re.compile(r"^\s*(?:\$ |\w+=\S+ )*(?:lrdiag|python|pip|git|docker)\b", re.M)
INLINE = re.compile(r"`(?:python -m )?(lrdiag [a-z][^`\n]*)`")


@pytest.mark.parametrize("page", [pytest.param(p, id=p.name) for p in pages()])
def test_commands_in_the_text_exist_with_their_options(page):
    for said in INLINE.findall(page.read_text("utf-8")):
        words = re.findall(r"[^\s\[\]|]+", said)[1:]
        assert words[0] in COMMANDS, said
        command = cli.get_command(click.Context(cli), words[0])
        if isinstance(command, click.Group):
            named = words[1] if len(words) > 1 and words[1] in command.commands else "show"
            command = command.commands.get(named, command)
        known = {option for p in command.params for option in (*p.opts, "-h", "--help")}
        assert {w.split("=")[0] for w in words if re.match(r"--?[a-z]", w)} <= known, said


def test_modules_in_commands_exist():
    """Also in those that are not run: benchmarks, generators, long fuzzing."""
    said = "\n".join(page.read_text("utf-8") for page in pages())
    modules = set(re.findall(r"python -m ((?:benchmarks|lrdiag)[\w.]*)", said))
    assert {"benchmarks.reading", "lrdiag.rulefile.generated"} <= modules
    assert [m for m in modules if find_spec(m.rstrip(".")) is None] == []
    scripts = set(re.findall(r"python ((?:docs|sample_logs)/\w+\.py)", said))
    assert [s for s in scripts if not (ROOT / s).is_file()] == []


@pytest.mark.parametrize("line", sorted({line for lines in EXAMPLES.values() for line in lines}))
def test_an_example_of_the_help_runs(line, place):
    with_baseline(line, place)
    words = shlex.split(line.replace("--idle 3600", "--idle 0.3 --interval 0.1"))
    done = finish([sys.executable, "-m", *words], place)
    assert done.returncode in ((0, 1) if "backtest" in line else (0,)), done.stdout + done.stderr
    assert "Traceback" not in done.stderr
