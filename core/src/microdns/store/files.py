"""Making files and folders that are there whole or not at all."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from microdns.errors import Conflict, StorageFault

Progress = Callable[[int, int | None, str], None]
"""``progress(done, total or None, what)``."""


def no_progress(done: int, total: int | None, what: str) -> None:
    """For callers that show none."""


@contextlib.contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A file to fill, which appears at ``path``, on disk, when the block is left without error.

    It is readable by its owner only, since there may be secrets in it; so are the folders below.

    Raises Conflict when there is something at ``path``, StorageFault when the disk fails.
    """
    _refuse_existing(path, empty_folder=False)
    partial = path.with_name(f".{path.name}.partial")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.link(partial, path)
        sync_path(path.parent)
    except FileExistsError:
        raise Conflict(f"{path} exists already") from None
    except OSError as error:
        raise StorageFault(f"can't write {path}: {error}") from error
    finally:
        partial.unlink(missing_ok=True)


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder to fill, which takes the place of ``path`` when the block is left without error.

    Raises Conflict when ``path`` is there and is not an empty folder, StorageFault when the disk
    fails.
    """
    _refuse_existing(path, empty_folder=True)
    partial = path.with_name(f".{path.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True, mode=0o700)
        yield partial
        sync_tree(partial)
        os.rename(partial, path)
        sync_path(path.parent)
    except OSError as error:
        raise StorageFault(f"can't write {path}: {error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def copy_tree(source: Path, target: Path, progress: Progress) -> None:
    """Copy a folder's files, telling how many bytes are done."""
    files = [path for path in source.rglob("*") if path.is_file()]
    total, done = sum(path.stat().st_size for path in files), 0
    target.mkdir(exist_ok=True)
    for path in files:
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        done += copy.stat().st_size
        progress(done, total, "bytes")


def tree_bytes(path: Path) -> int:
    """Size of all files in a folder."""
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def sync_tree(path: Path) -> None:
    """Bring a folder and all that is in it to disk."""
    for file in path.rglob("*"):
        sync_path(file)
    sync_path(path)


def sync_path(path: Path) -> None:
    """Bring one file's data, or a folder's list of files, to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refuse_existing(path: Path, *, empty_folder: bool) -> None:
    if not path.exists() or (empty_folder and path.is_dir() and not any(path.iterdir())):
        return
    raise Conflict(f"{path} exists already" + (" and is not empty" if empty_folder else ""))
