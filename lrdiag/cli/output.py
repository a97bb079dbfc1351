"""Printing for all commands: results on stdout, everything else on stderr, no raw controls."""

from __future__ import annotations

import re

import click

from lrdiag.errors import LrdiagError

# C0 and C1 controls (except newline and tab), bidirectional controls and line separators: a
# log's names must not move the cursor, colour the terminal or reverse text (CWE-150).
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def visible(text: str) -> str:
    r"""Control characters spelt out (`\x1b`), so that they do nothing on a terminal."""
    return _UNSAFE.sub(lambda m: m.group().encode("unicode_escape", "surrogatepass").decode(), text)


def show_error(error: LrdiagError) -> None:
    """One error on stderr: what happened, then what to do."""
    click.echo(f"lrdiag: error: {visible(error.what)}", err=True)
    if error.action:
        click.echo(f"  {visible(error.action)}", err=True)


def say(text: str) -> None:
    """A progress or notice line on stderr."""
    click.echo(visible(text), err=True)
