from __future__ import annotations

import pytest

from lrdiag.cli.output import show_error, visible
from lrdiag.errors import ConfigError


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("loss", "loss"),
        ("verlust/größe", "verlust/größe"),
        ("a\x1b[31mred", "a\\x1b[31mred"),
        ("a\x07b", "a\\x07b"),
        ("abc\u202edef", "abc\\u202edef"),
        ("two\nlines\tand tab", "two\nlines\tand tab"),
        ("\ud800", "\\ud800"),
    ],
)
def test_controls_are_spelt_out(raw, shown):
    assert visible(raw) == shown


def test_an_error_tells_what_and_what_to_do(capsys):
    show_error(ConfigError("lrdiag.yml: bad \x1b[2J key.", "Correct it."))
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "lrdiag: error: lrdiag.yml: bad \\x1b[2J key.\n  Correct it.\n"
