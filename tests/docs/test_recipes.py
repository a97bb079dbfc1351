"""The recipes of docs/adding.md, followed to the letter in a copy of the tree.

A recipe names the files it touches. Its blocks are those files (first line: the path) and the
commands that show that it works; `# says: …` is what a command must print.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from blocks import ROOT, Block, blocks_of, environment

PAGE = ROOT / "docs" / "adding.md"
FILE = re.compile(r"# (?P<path>[\w./-]+\.(?:py|yml|toml))\n")
SAYS = re.compile(r"^(?P<command>.*?)\s+# says: (?P<word>.+)$")


def sections() -> dict[str, tuple[int, int]]:
    lines = PAGE.read_text("utf-8").splitlines()
    starts = [i for i, line in enumerate(lines, 1) if line.startswith("## ")]
    ends = [*starts[1:], len(lines) + 1]
    return {lines[a - 1][3:]: (a, b) for a, b in zip(starts, ends, strict=True)}


def blocks_in(title: str) -> list[Block]:
    start, end = sections()[title]
    return [block for block in blocks_of(PAGE) if start < block.line < end]


def text_of(title: str) -> str:
    start, end = sections()[title]
    return "\n".join(PAGE.read_text("utf-8").splitlines()[start:end])


def files_of(title: str) -> dict[str, str]:
    found = {}
    for block in blocks_in(title):
        if block.language != "sh":
            name = FILE.match(block.text)
            assert name, f"{block.place} does not begin with its path"
            found[name["path"]] = block.text.removeprefix(name[0])
    return found


@pytest.fixture
def tree(tmp_path):
    """A copy of what a clone holds and a recipe may touch."""
    for folder in ("lrdiag", "rules", "sample_logs"):
        shutil.copytree(
            ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    for name in ("tests/sources", "tests/checks", "tests/reports", "bin"):
        (tmp_path / name).mkdir(parents=True)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name, command in (("lrdiag", "-m lrdiag"), ("python", "")):
        script = tmp_path / "bin" / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {command} "$@"\n')
        script.chmod(0o755)
    return tmp_path


RECIPES = ["A log format", "A check", "A rule", "A report"]


@pytest.mark.parametrize("title", RECIPES)
def test_a_recipe_does_what_it_promises_with_the_files_it_names(title, tree):
    files = files_of(title)
    for name, text in files.items():
        assert not (tree / name).exists(), f"{name} exists already"
        (tree / name).write_text(text, "utf-8")
    env = {**environment(tree), "PYTHONPATH": str(tree)}
    for block in blocks_in(title):
        if block.language == "sh":
            for line in block.text.splitlines():
                follow(line, tree, env)


def follow(line: str, tree: Path, env: dict[str, str]) -> None:
    said = SAYS.match(line)
    command = said["command"] if said else line
    done = subprocess.run(
        ["bash", "-c", command], cwd=tree, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    if said:
        assert said["word"] in done.stdout, f"{line}\n{done.stdout}"


@pytest.mark.parametrize("title", RECIPES)
def test_a_recipe_names_every_file_it_touches(title):
    named = text_of(title).split("```")[0]
    for path in files_of(title):
        assert f"`{path}`" in named or (title == "A check" and path.startswith("grad-norm"))


def test_a_rule_is_yaml_only():
    assert {Path(path).suffix for path in files_of("A rule")} == {".yml"}


def test_the_code_of_the_recipes_is_in_the_style_of_the_project(tree):
    for title in RECIPES:
        for name, text in files_of(title).items():
            (tree / name).write_text(text, "utf-8")
    made = [n for t in RECIPES for n in files_of(t) if n.endswith(".py")]
    for command in (["ruff", "check", "--no-cache"], ["ruff", "format", "--check", "--no-cache"]):
        done = subprocess.run(
            [sys.executable, "-m", *command, *made],
            cwd=tree, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout


def test_the_same_classes_work_from_a_package_of_ones_own(tree):
    """Entry points instead of the folder: nothing in lrdiag is touched."""
    package = tree / "elsewhere" / "my_package"
    package.mkdir(parents=True)
    for title in ("A log format", "A check", "A report"):
        for name, text in files_of(title).items():
            if name.startswith("lrdiag/"):
                (package / Path(name).name).write_text(text, "utf-8")
    (text,) = files_of("In a package of your own").values()
    info = tree / "elsewhere" / "my_package-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my_package\nVersion: 1\n")
    points = re.sub(r'\[project\.entry-points\."(.+)"\]', r"[\1]", text).replace('"', "")
    (info / "entry_points.txt").write_text(points)
    env = {**environment(tree), "PYTHONPATH": f"{tree}:{tree / 'elsewhere'}"}
    follow("lrdiag analyze sample_logs/fraud --format oneline # says: accuracy-paradox", tree, env)
    follow("lrdiag rules list --kinds # says: grad_norm_limit", tree, env)
    (tree / "run.beacon").write_text("BEACON 1\n@ 0 val_loss=2\n@ 1 val_loss=1\n")
    follow("lrdiag export run.beacon # says: beacon", tree, env)
