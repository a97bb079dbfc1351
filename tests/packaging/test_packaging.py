"""What the package says of itself, and the command line as it is installed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

import lrdiag
from lrdiag.cli.examples import EXAMPLES
from lrdiag.cli.main import COMMANDS, cli

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False)


def test_the_version_has_one_place():
    assert "version" in PROJECT["project"]["dynamic"]
    assert "version" not in PROJECT["project"]
    assert PROJECT["tool"]["hatch"]["version"]["path"] == "lrdiag/__init__.py"
    assert run("-m", "lrdiag", "--version").stdout == f"lrdiag {lrdiag.__version__}\n"


def test_the_citation_names_the_released_version_and_the_licence():
    from lrdiag.rulefile.documents import load_document

    citation = load_document(ROOT / "CITATION.cff")
    needed = {"cff-version", "message", "title", "authors", "version", "date-released", "license"}
    assert needed <= citation.keys()
    assert str(citation["version"]) == lrdiag.__version__
    assert citation["license"] == PROJECT["project"]["license"] == "Apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text("utf-8")


def test_every_extra_is_tried_alone_by_ci():
    extras = PROJECT["project"]["optional-dependencies"]
    assert {"tensorboard", "plots", "remote", "dask", "watch", "dev"} <= extras.keys()
    tried = re.search(r"names=\(base ([\w ]+)\)", (ROOT / ".ci/extras").read_text("utf-8"))
    assert tried is not None
    assert set(tried[1].split()) == set(extras)


def test_extras_hold_nothing_that_the_base_needs_twice():
    base = {re.split(r"[\[>=<]", d)[0] for d in PROJECT["project"]["dependencies"]}
    for name in ("plots", "remote", "dask", "watch"):
        needs = PROJECT["project"]["optional-dependencies"][name]
        assert base.isdisjoint(re.split(r"[\[>=<]", d)[0] for d in needs), name


def commands() -> list[tuple[str, click.Command]]:
    found: list[tuple[str, click.Command]] = []

    def walk(path: str, command: click.Command) -> None:
        found.append((path, command))
        if isinstance(command, click.Group):
            for name, inner in command.commands.items():
                walk(f"{path} {name}", inner)

    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        walk(name, command)
    return found


@pytest.mark.parametrize(("path", "command"), [pytest.param(p, c, id=p) for p, c in commands()])
def test_every_help_stands_alone(path, command):
    text = command.get_help(click.Context(command, info_name=f"lrdiag {path}"))
    assert "Examples:" in text
    assert re.search(r"[Ee]xit codes:", " ".join(text.split()))
    assert len((command.help or "").split()) >= 5
    silent = [p.name for p in command.params if isinstance(p, click.Option) and not p.help]
    # --format lists its choices and --output its FILE; nothing else may go without a word.
    assert set(silent) <= {"form", "format_name", "output"}


def test_examples_belong_to_commands():
    assert EXAMPLES.keys() == {path for path, _ in commands()}


def test_bash_completes_commands_and_options():
    script = run("-m", "lrdiag", _LRDIAG_COMPLETE="bash_source")
    assert "_lrdiag_completion" in script.stdout
    words = {"lrdiag ana": "plain,analyze", "lrdiag gate --pol": "plain,--policy"}
    for line, expected in words.items():
        count = str(line.count(" "))
        done = run(
            "-m", "lrdiag", _LRDIAG_COMPLETE="bash_complete", COMP_WORDS=line, COMP_CWORD=count
        )
        assert expected in done.stdout.splitlines()


def test_a_shell_takes_the_completion_script():
    script = run("-m", "lrdiag", _LRDIAG_COMPLETE="bash_source").stdout
    done = subprocess.run(
        ["bash", "-c", f"{script}\ncomplete -p lrdiag"], capture_output=True, text=True, check=False
    )
    if "4.4" in done.stderr:
        pytest.skip("bash is older than 4.4")
    assert "_lrdiag_completion" in done.stdout


def test_the_changelog_is_collected_from_fragments():
    kinds = {kind["directory"] for kind in PROJECT["tool"]["towncrier"]["type"]}
    marker = "<!-- towncrier release notes start -->"
    assert marker in (ROOT / "CHANGELOG.md").read_text("utf-8")
    for path in (ROOT / "changes").glob("*.md"):
        if path.name != "README.md":
            assert re.fullmatch(rf"(\d+|\+[\w-]+)\.({'|'.join(kinds)})(\.\d+)?\.md", path.name)
            assert path.read_text("utf-8").strip()
