"""Copies of the whole store, made while it is in use."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from microdns.errors import Conflict, Invalid
from microdns.lifecycle.operations.base import KernelOperations
from microdns.operations import Call, Cli, Operation


class Folder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    folder: Annotated[str, Meta(description="A folder that does not exist yet.")]


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    file: Annotated[str, Meta(description="A file that does not exist yet.")]


class Written(msgspec.Struct, frozen=True):
    """Where something was written, and up to which journal sequence it goes."""

    path: str
    sequence: int


class StorageOperations(KernelOperations):
    """``store.*``.  The server writes the files, so these are not offered over the network."""

    def operations(self) -> list[Operation[Any, Any]]:
        return [
            Operation(
                name="store.backup",
                conditional=False,
                summary="Copy the database to a new folder while it is in use.",
                description="The copy is consistent, holds the journal too, and is put back with "
                "microdns restore.  The server writes it, so the folder must be one that the "
                "server's user may make.",
                input=Folder,
                output=Written,
                handler=self.backup,
                scope="store:write",
                offline=True,
                local=True,
                cli=Cli(command="backup", convert=_absolute_folder),
                examples=("microdns backup ./backup-monday",),
            ),
            Operation(
                name="store.export",
                conditional=False,
                summary="Write everything in the store to a new file of JSON Lines.",
                description="The file holds the present state without the journal, whatever plugin "
                "it belongs to, and fills an empty database with microdns import.",
                input=File,
                output=Written,
                handler=self.export,
                scope="store:write",
                offline=True,
                local=True,
                cli=Cli(command="export", convert=_absolute_file),
                examples=("microdns export ./everything.jsonl",),
            ),
        ]

    async def backup(self, call: Call, wanted: Folder) -> Written:
        target = _new_path(wanted.folder)
        sequence = self._kernel.store.sequence
        if not call.dry_run:
            sequence = (await self._kernel.store.backup(target)).sequence
        return Written(str(target), sequence)

    async def export(self, call: Call, wanted: File) -> Written:
        target = _new_path(wanted.file)
        sequence = self._kernel.store.sequence
        if not call.dry_run:
            sequence = (await self._kernel.store.export(target, call.progress)).sequence
        return Written(str(target), sequence)


def _absolute_folder(given: Folder) -> Folder:
    return Folder(str(Path(given.folder).absolute()))


def _absolute_file(given: File) -> File:
    return File(str(Path(given.file).absolute()))


def _new_path(text: str) -> Path:
    path = Path(text)
    if not path.is_absolute():
        raise Invalid(f"{text}: the path must be absolute")
    if path.exists():
        raise Conflict(f"{text} exists already")
    return path
