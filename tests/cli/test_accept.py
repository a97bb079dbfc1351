"""`lrdiag accept`: one command, with reason, owner and expiry."""

from __future__ import annotations

import datetime

import pytest

from lrdiag.config import load_config
from lrdiag.suppressions import parse_suppressions

PRINT = "0123456789abcdef"


def test_writes_an_entry_that_holds_thirty_days(lrdiag, tmp_path):
    code, out, _ = lrdiag("accept", PRINT, "--reason", "known", "--owner", "ada")
    assert code == 0
    assert f"Accepted {PRINT} until" in out
    (entry,) = parse_suppressions(load_config(tmp_path).suppressions)
    today = datetime.datetime.now(datetime.UTC).date()
    assert entry.expires - today == datetime.timedelta(days=30)
    assert (entry.reason, entry.owner) == ("known", "ada")


def test_the_date_can_be_chosen(lrdiag, tmp_path):
    lrdiag("accept", PRINT, "--reason", "r", "--owner", "o", "--expires", "2099-01-31")
    (entry,) = parse_suppressions(load_config(tmp_path).suppressions)
    assert entry.expires == datetime.date(2099, 1, 31)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("xyz", "--reason", "r", "--owner", "o"), "no fingerprint"),
        ((PRINT, "--reason", " ", "--owner", "o"), "A reason and an owner are needed."),
        ((PRINT, "--reason", "r", "--owner", "o", "--expires", "2020-01-01"), "is in the past"),
        ((PRINT, "--owner", "o"), "Missing option '--reason'"),
        ((PRINT, "--reason", "r"), "Missing option '--owner'"),
        ((PRINT, "--reason", "r", "--owner", "o", "--config", "pyproject.toml"), "lrdiag.yml only"),
    ],
)
def test_what_is_refused_exits_2(lrdiag, tmp_path, arguments, message):
    code, _, err = lrdiag("accept", *arguments)
    assert code == 2
    assert message in err
    assert not (tmp_path / "lrdiag.yml").exists()
