"""Commands that put a whole database in place, where there is none yet."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import click
import msgspec

from microdns.cli.output import ProgressBar, show
from microdns.cli.settings import common_options, settings
from microdns.store import import_store, restore_store


@click.command(short_help="Put a backup in the place of a database that does not exist yet.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def restore(folder: Path) -> None:
    """Copy the backup in FOLDER to the database path of the config.

    An existing database is never overwritten: move it away first.
    """
    _fill(restore_store, folder)


@click.command("import", short_help="Make a database of an export.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(file: Path) -> None:
    """Make the database of the config from FILE, which `microdns export` has written.

    All or nothing, and only where no database is yet.
    """
    _fill(import_store, file)


def _fill(fill: Callable[..., Awaitable[Any]], source: Path) -> None:
    from microdns.lifecycle.configure import kernel_configuration

    target = kernel_configuration(settings().config_path, settings().overrides).database.path
    with ProgressBar() as bar:
        outcome = anyio.run(fill, source, target, bar.show)
    facts = {"path": str(target), **msgspec.to_builtins(outcome)}
    show(facts, as_json=settings().json)


for _command in (restore, import_):
    common_options(_command)
