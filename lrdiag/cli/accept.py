"""`lrdiag accept`."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import click

# As Snyk's command line does: long enough to repair, short enough not to be forgotten.
DEFAULT_DAYS = 30
_FINGERPRINT = re.compile(r"[0-9a-f]{16}\Z")


@click.command("accept")
@click.argument("fingerprint")
@click.option("--reason", required=True, help="Why it is acceptable.")
@click.option("--owner", required=True, help="Who answers for it.")
@click.option(
    "--expires",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help=f"Last day it holds (default: {DEFAULT_DAYS} days from now).",
)
@click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    metavar="FILE",
    help="The configuration to write (default: the one in force, else lrdiag.yml here).",
)
def command(
    *,
    fingerprint: str,
    reason: str,
    owner: str,
    expires: datetime.datetime | None,
    path: Path | None,
) -> None:
    """Accept a finding, with a reason and an expiry date.

    FINGERPRINT is shown by `lrdiag rules explain RULE PATH` and in the JSON report. Afterwards
    the finding no longer fails; from the day after the date on it does again.
    """
    from lrdiag.accepting import accept
    from lrdiag.config import load_config
    from lrdiag.errors import ConfigError
    from lrdiag.suppressions import Suppression

    today = datetime.datetime.now(datetime.UTC).date()
    until = expires.date() if expires else today + datetime.timedelta(days=DEFAULT_DAYS)
    if not _FINGERPRINT.match(fingerprint):
        raise ConfigError(
            f"{fingerprint[:40]!r} is no fingerprint (16 characters 0-9 a-f).",
            "See `lrdiag rules explain RULE PATH` or the JSON report.",
        )
    if until < today:
        raise ConfigError(f"--expires {until} is in the past.", "Choose a later date.")
    if not reason.strip() or not owner.strip():
        raise ConfigError("A reason and an owner are needed.", "Say why, and who answers for it.")
    target = path or Path(load_config().file or "lrdiag.yml")
    accept(target, Suppression(reason.strip(), owner.strip(), until, fingerprint))
    click.echo(f"Accepted {fingerprint} until {until} in {target}.")
