"""`lrdiag cache`."""

from __future__ import annotations

import sys

import click


@click.group("cache")
def command() -> None:
    """Show or clear the cache of earlier results.

    Results of unchanged logs are reused between invocations. They lie in the user's cache
    folder (LRDIAG_CACHE_DIR, else XDG_CACHE_HOME/lrdiag, else ~/.cache/lrdiag), never among
    the logs.
    """


@command.command("show")
def show() -> None:
    """Say where the cache is and what it holds."""
    from lrdiag.cli.output import visible
    from lrdiag.fleet.store import Store, StoreError, cache_folder, size_on_disk

    path = cache_folder() / "results.sqlite"
    if not path.exists():
        click.echo(f"{visible(str(path))}: no cache yet")
        return
    try:
        store = Store()
    except StoreError as error:
        click.echo(f"Not usable: {visible(str(error))}")
        sys.exit(2)
    count = store.count()
    store.close()
    click.echo(f"{visible(str(path))}: {count} runs, {size_on_disk(path) / 1e6:.1f} MB")


@command.command("clear")
def clear() -> None:
    """Delete the cache, and the local copies of remote logs."""
    from lrdiag.cli.output import visible
    from lrdiag.fleet.store import cache_folder, clear_folder

    freed = clear_folder(cache_folder())
    click.echo(f"{visible(str(cache_folder()))}: {freed / 1e6:.1f} MB freed")
