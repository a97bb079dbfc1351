"""The fenced blocks of README and docs, and a place where they can run."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/**/*.md")
_MARK = re.compile(r"<!-- not run: (?P<reason>.+?) -->", re.S)
_OUTPUT = re.compile(r"<!-- output of: lrdiag .+ -->")


@dataclass(frozen=True)
class Block:
    """A fenced block; `reason` says why it is not run, "" where it is."""

    page: str
    line: int
    language: str
    text: str
    reason: str = ""
    is_output: bool = False

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    return sorted(path for pattern in PAGES for path in ROOT.glob(pattern))


def blocks_of(path: Path) -> Iterator[Block]:
    before = ""
    for token in MarkdownIt("commonmark").parse(path.read_text("utf-8")):
        if token.type in ("fence", "code_block"):
            mark = _MARK.search(before)
            yield Block(
                path.relative_to(ROOT).as_posix(),
                (token.map or [0])[0] + 1,
                token.info.strip() or token.type,
                token.content,
                mark["reason"] if mark else "",
                bool(_OUTPUT.search(before)),
            )
        before = token.content if token.type == "html_block" else ""


def all_blocks() -> list[Block]:
    return [block for path in pages() for block in blocks_of(path)]


RULES = """version: 1
name: ours
extends: default
rules:
  - id: recall-too-low
    when: val_recall.last < 0.8
    severity: error
    summary: Recall is too low
    message: "val_recall ends at {val_recall_last:.1%}."
"""
CASES = """version: 1
cases:
  - {name: low, series: {val_recall: 0.7x20, lr: 0.1x20}, fires: [recall-too-low]}
  - {name: high, series: {val_recall: 0.9x20, lr: 0.1x20}, silent: [recall-too-low]}
"""
POLICY = "version: 1\nname: ours\nfail_on: error\nrequire: {roles: [val_recall]}\n"


def scratch(place: Path) -> Path:
    """What a reader has: the samples, healthy logs of their own, rules, a policy."""
    shutil.copytree(ROOT / "sample_logs", place / "sample_logs", dirs_exist_ok=True)
    shutil.copytree(ROOT / "rules", place / "rules")
    for folder in ("logs/resnet/run3", "baseline/run", "candidate/run"):
        (place / folder).mkdir(parents=True)
        (place / folder / "metrics.csv").write_text(_healthy())
    (place / "log.csv").write_text(_without_rate())
    (place / "our-rules.yml").write_text(RULES)
    (place / "our-rules.cases.yml").write_text(CASES)
    (place / "bin").mkdir()
    for name, command in (("lrdiag", "-m lrdiag"), ("python", ""), ("python3", "")):
        script = place / "bin" / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {command} "$@"\n')
        script.chmod(0o755)
    return place


def environment(place: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PATH": f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "LRDIAG_CACHE_DIR": str(place / "cache"),
        "MPLBACKEND": "agg",
        "NO_COLOR": "1",
    }


def _healthy() -> str:
    rows = ["epoch,lr,train/loss,val/loss,val/accuracy,val/recall"]
    for epoch in range(40):
        dropped = epoch >= 20
        fall = 0.85 ** (epoch if not dropped else epoch - 20)
        wiggle, other = (0.004 * ((epoch * k) % 5 - 2) for k in (7, 3))
        level = 0.25 + 0.2 * fall if dropped else 0.5 + 1.5 * fall
        train, val = level + wiggle, level + 0.05 + 2 * other  # each with noise of its own
        accuracy = (0.92 - 0.05 * fall if dropped else 0.85 - 0.5 * fall) + wiggle / 4
        recall = accuracy - 0.02
        rate = 0.01 if dropped else 0.1
        rows.append(f"{epoch},{rate},{train:.4f},{val:.4f},{accuracy:.4f},{recall:.4f}")
    return "\n".join(rows) + "\n"


def _without_rate() -> str:
    rows = ["epoch,train_loss,val_loss"]
    for epoch in range(90):
        level = 1.0 if epoch < 30 else 0.6 if epoch < 60 else 0.5
        loss = level + 0.3 * 0.8 ** (epoch % 30) + 0.004 * ((epoch * 7) % 5 - 2)
        rows.append(f"{epoch},{loss:.4f},{loss + 0.05:.4f}")
    return "\n".join(rows) + "\n"
