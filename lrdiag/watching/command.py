"""`--exec`: run a command for a new finding; no shell ever sees a name from a log."""

from __future__ import annotations

import json
import os
import shlex
import subprocess

from lrdiag.errors import ConfigError
from lrdiag.watching.changes import WatchEvent

SECONDS = 60.0
"""After this long the command is ended, so that a stuck one does not stop the watch."""


def parse_command(text: str) -> list[str]:
    """The command's words, split as a POSIX shell would, without any expansion.

    Raises:
        ConfigError: the text is empty or a quote is not closed.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ConfigError(f"--exec {text!r}: {error}.", "Close the quote.") from None
    if not words:
        raise ConfigError("--exec is empty.", "Give a command.")
    return words


def run_command(words: list[str], event: WatchEvent) -> str:
    """Run the command for a finding; a sentence if it failed, else "".

    The finding is given as JSON on standard input and in `LRDIAG_RUN`, `LRDIAG_RULE`,
    `LRDIAG_SEVERITY`, `LRDIAG_VERDICT` and `LRDIAG_MESSAGE`, never as an argument.
    """
    try:
        done = subprocess.run(
            words,
            input=event_json(event),
            env={**os.environ, **_environment(event)},
            timeout=SECONDS,
            check=False,
            text=True,
            encoding="utf-8",
        )
    except subprocess.TimeoutExpired:
        return f"--exec {words[0]}: ended after {SECONDS:.0f} s."
    except OSError as error:
        return f"--exec {words[0]}: {error.strerror or error}."
    return f"--exec {words[0]}: exit code {done.returncode}." if done.returncode else ""


def event_json(event: WatchEvent) -> str:
    """An event as one line of strict JSON in ASCII."""
    from lrdiag.reports.json_report import plain

    data = {
        "kind": event.kind,
        "run": event.run,
        "verdict": event.verdict.value,
        "finding": plain(event.finding),
        "text": event.text,
    }
    return json.dumps(data, separators=(",", ":"), allow_nan=False) + "\n"


def _environment(event: WatchEvent) -> dict[str, str]:
    finding = event.finding
    values = {
        "LRDIAG_RUN": event.run,
        "LRDIAG_VERDICT": event.verdict.value,
        "LRDIAG_RULE": finding.rule if finding else "",
        "LRDIAG_SEVERITY": finding.severity.value if finding else "",
        "LRDIAG_MESSAGE": finding.message if finding else event.text,
    }
    # An environment cannot hold NUL, and lone surrogates have no encoding everywhere.
    return {
        name: text.replace("\0", "").encode("utf-8", "replace").decode()
        for name, text in values.items()
    }
