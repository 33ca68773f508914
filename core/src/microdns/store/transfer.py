"""All collections as JSON Lines, for another machine, another version, or a look with other tools.

The first line says what it is and where the journal stood; then comes one line a value, with its
collection, its key and its version; the last line counts them, so that a file cut short is seen.
Neither side needs the plugins whose collections they are.  The journal itself stays behind (a
backup has it): after an import it goes on from the sequence where the export was made.
"""

import asyncio
import base64
import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import msgspec

from microdns.errors import Invalid, NotFound, Problem
from microdns.store import meta
from microdns.store.engine import Batch, Cursor, Engine
from microdns.store.files import Progress, new_file, new_folder, no_progress
from microdns.store.keys import uint
from microdns.store.options import StoreOptions
from microdns.store.plain import from_json, to_json
from microdns.store.table import VALUE, VALUES_END, VERSION_OCTETS, encode, version_of, walk

M = TypeVar("M", bound=msgspec.Struct)

FORMAT = 1
_SLICE_LINES = 500
_LINE_OCTETS_MAX = 64 << 20


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line: the state that the values belong to."""

    microdns_export: int
    time_ns: int
    sequence: int
    unjournaled: int
    migrations: dict[str, int]
    counts: dict[str, int]


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value: ``key`` in base64, ``value`` as ``plain`` writes it."""

    collection: str
    key: str
    version: int
    value: Any


class Tail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last line."""

    end: dict[str, int]


class Summary(msgspec.Struct, frozen=True):
    """What was exported or imported: values by collection, and where the journal stands."""

    sequence: int
    counts: dict[str, int]


async def export_values(
    cursors: Mapping[str, Cursor], head: Head, target: Path, progress: Progress = no_progress
) -> Summary:
    """Write the values that the cursors see to a new file ``target``, all or nothing.

    Counts of ``head`` are made here.  Raises Conflict when the file exists.
    """
    counts = {name: await _count(cursor) for name, cursor in cursors.items()}
    counts = {name: count for name, count in counts.items() if count}
    total, done = sum(counts.values()), 0
    with new_file(target) as file:
        _write(file, msgspec.structs.replace(head, counts=counts))
        for name in counts:
            for row, raw in walk(cursors[name], VALUE, VALUES_END):
                _write(file, _line(name, row, raw))
                done += 1
                if done % _SLICE_LINES == 0:
                    progress(done, total, "values")
                    await asyncio.sleep(0)
        _write(file, Tail(end=counts))
    progress(done, total, "values")
    return Summary(head.sequence, counts)


async def import_store(
    source: Path,
    path: Path,
    progress: Progress = no_progress,
    options: StoreOptions | None = None,
) -> Summary:
    """Make a store at ``path`` of an exported file, all or nothing.

    ``path`` must not exist, or be empty: Conflict otherwise.  Raises Invalid, with the line, when
    the file is damaged or cut short, and NotFound when it can't be opened.
    """
    with _opened(source) as file, new_folder(path) as folder:
        engine = Engine(folder, options or StoreOptions())
        engine.open(meta.OWN_FAMILIES)
        try:
            return await _Import(engine, _Lines(source, file), progress).run()
        finally:
            engine.release(engine.detach())


class _Lines:
    """The lines of an exported file, checked one by one."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path = path
        self._file = file
        self._number = 0

    def take(self, kind: type[M]) -> M:
        """The next line; raises Invalid when it is not one of that kind."""
        self._number += 1
        text = self._file.readline(_LINE_OCTETS_MAX)
        if not text.endswith(b"\n"):
            raise self.wrong("the file ends too early" if not text else "the line is cut short")
        try:
            return msgspec.json.decode(text, type=kind)
        except msgspec.MsgspecError as error:
            raise self.wrong(str(error)) from error

    def ended(self) -> bool:
        """Whether nothing follows."""
        return not self._file.read(1)

    def wrong(self, why: str) -> Invalid:
        """An error about the line taken last."""
        return Invalid.of(Problem(f"{self._path}:{self._number}", why))


class _Import:
    """Fills an empty database from lines."""

    def __init__(self, engine: Engine, lines: _Lines, progress: Progress) -> None:
        self._engine = engine
        self._lines = lines
        self._progress = progress
        self._counts: dict[str, int] = {}

    async def run(self) -> Summary:
        """Take every line; raises Invalid when they do not add up."""
        head = self._lines.take(Head)
        if head.microdns_export > FORMAT:
            raise self._lines.wrong(
                f"the export has format {head.microdns_export}, this version knows {FORMAT}"
            )
        total = sum(head.counts.values())
        for start in range(0, total, _SLICE_LINES):
            self._progress(start, total, "values")
            self._take_values(min(_SLICE_LINES, total - start))
            await asyncio.sleep(0)
        end = self._lines.take(Tail).end
        if end != self._counts or head.counts != self._counts or not self._lines.ended():
            raise self._lines.wrong("the numbers of values do not add up")
        self._finish(head)
        self._progress(total, total, "values")
        return Summary(head.sequence, self._counts)

    def _take_values(self, number: int) -> None:
        batch = Batch()
        for _ in range(number):
            line = self._lines.take(Line)
            name = line.collection
            if name in meta.OWN_FAMILIES:
                raise self._lines.wrong(f"{name} is not a collection")
            self._counts[name] = self._counts.get(name, 0) + 1
            try:
                key = base64.b64decode(line.key, validate=True)
                raw = uint(line.version, VERSION_OCTETS) + encode(from_json(line.value))
            except (ValueError, OverflowError, TypeError) as error:
                raise self._lines.wrong(str(error)) from error
            batch.put(self._engine.family(name), VALUE + key, raw)
        self._engine.write(batch)

    def _finish(self, head: Head) -> None:
        batch, family = Batch(), self._engine.family(meta.META)
        meta.put_number(batch, family, meta.OLDEST, head.sequence + 1)
        meta.put_number(batch, family, meta.UNJOURNALED, head.unjournaled)
        for owner, number in head.migrations.items():
            meta.put_number(batch, family, meta.MIGRATION + owner.encode(), number)
        self._engine.write(batch)
        self._engine.flush_wal()


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        file = open(path, "rb")  # noqa: SIM115 - closed below; only opening it may be NotFound
    except OSError as error:
        raise NotFound(f"can't read {path}: {error.strerror}") from error
    with file:
        yield file


async def _count(cursor: Cursor) -> int:
    count = 0
    for _ in walk(cursor, VALUE, VALUES_END):
        count += 1
        if count % 10_000 == 0:
            await asyncio.sleep(0)
    return count


def _line(name: str, row: bytes, raw: bytes) -> Line:
    return Line(
        collection=name,
        key=base64.b64encode(row[len(VALUE) :]).decode(),
        version=version_of(raw),
        value=to_json(msgspec.msgpack.decode(raw[VERSION_OCTETS:])),
    )


def _write(file: BinaryIO, line: msgspec.Struct) -> None:
    file.write(msgspec.json.encode(line) + b"\n")
