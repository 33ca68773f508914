"""Copies of a whole store, journal included: made while it runs, put back where there is none.

A backup is a folder: the database as RocksDB's checkpoint, and ``backup.json`` which says what it
is.  Files are shared with the store where the file system can (hard links), so on the same disk
it is quick and small, and protects against mistakes rather than against the loss of the disk.
"""

import asyncio
import errno
from pathlib import Path

import msgspec

from microdns.errors import Invalid, Problem
from microdns.store import meta
from microdns.store.engine import Engine
from microdns.store.files import Progress, copy_tree, new_folder, no_progress, tree_bytes
from microdns.store.options import StoreOptions

DATABASE = "database"
LABEL = "backup.json"
_FORMAT = 1


class Backup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What ``backup.json`` says: where the journal stood, when (Unix time in ns), how big it is."""

    microdns_backup: int
    sequence: int
    time_ns: int
    octets: int


def make_backup(engine: Engine, target: Path, sequence: int, time_ns: int) -> Backup:
    """Copy an open store to a new folder ``target``; waits for the disk, so not on the loop.

    Raises Conflict when there is something at ``target``, StorageFault when the disk fails.
    """
    with new_folder(target) as folder:
        engine.flush_wal()
        with engine.checkpoint() as copy:
            try:
                copy.rename(folder / DATABASE)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                copy_tree(copy, folder / DATABASE, no_progress)
        label = Backup(_FORMAT, sequence, time_ns, tree_bytes(folder))
        (folder / LABEL).write_bytes(msgspec.json.encode(label))
    return label


async def restore_store(backup: Path, path: Path, progress: Progress = no_progress) -> Backup:
    """Make a store at ``path`` of a backup, all or nothing.

    ``path`` must not exist, or be empty: Conflict otherwise.  Raises Invalid when ``backup`` is
    not a backup or is damaged, StorageFault when the disk fails.
    """
    return await asyncio.to_thread(_restore, backup, path, progress)


def _restore(backup: Path, path: Path, progress: Progress) -> Backup:
    label = read_label(backup)
    with new_folder(path) as folder:
        copy_tree(backup / DATABASE, folder, progress)
        found = _last_sequence(folder)
        if found < label.sequence:
            raise _not_a_backup(backup, f"it ends at {found}, and says {label.sequence}")
    return label


def read_label(backup: Path) -> Backup:
    """What a backup says of itself; raises Invalid when it says nothing that is known."""
    try:
        label = msgspec.json.decode((backup / LABEL).read_bytes(), type=Backup)
    except (OSError, msgspec.MsgspecError) as error:
        raise _not_a_backup(backup, str(error)) from error
    if label.microdns_backup > _FORMAT:
        raise _not_a_backup(backup, "it was made by a newer version")
    return label


def _last_sequence(folder: Path) -> int:
    engine = Engine(folder, StoreOptions())
    engine.open()
    try:
        return meta.last_sequence(engine)
    finally:
        engine.release(engine.detach())


def _not_a_backup(path: Path, why: str) -> Invalid:
    return Invalid(
        f"{path} is not a backup that can be restored", [Problem(path=str(path), message=why)]
    )
