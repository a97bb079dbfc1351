"""Put what the commands print now into the pages: `python docs/update_outputs.py`.

A page marks a block of text with `<!-- output of: lrdiag … -->`; a test compares the two.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MARK = re.compile(
    r"(<!-- output of: (?P<command>lrdiag [^\n]*?) -->\n```text\n)(?P<text>.*?)(```)", re.S
)


def printed(command: str) -> str:
    """What `lrdiag …` prints on a terminal of 80 columns without colours."""
    environment = {
        **os.environ,
        "COLUMNS": "80",
        "NO_COLOR": "1",
        "PYTHONPATH": str(ROOT),
        "PYTHONIOENCODING": "utf-8",
    }
    arguments = [sys.executable, "-m", "lrdiag", *shlex.split(command)[1:]]
    done = subprocess.run(
        arguments, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=False, encoding="utf-8"
    )
    return "".join(line.rstrip() + "\n" for line in done.stdout.splitlines())


def updated(page: str) -> str:
    """The page with the present outputs."""
    return MARK.sub(lambda m: m[1] + printed(m["command"]) + m[4], page)


if __name__ == "__main__":
    for path in sorted((ROOT / "docs").glob("*.md")):
        before = path.read_text("utf-8")
        after = updated(before)
        if after != before:
            path.write_text(after, "utf-8")
            print(path.relative_to(ROOT))
