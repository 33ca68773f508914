"""RocksDB, and the only module that knows rocksdict.

The binding has traps; each is avoided here and has a regression test:

- its default mode unpickles what it reads: everything here is raw mode, ``bytes`` only;
- its snapshots show later writes: a consistent view is an iterator (``Cursor``), which sees the
  state of its creation;
- iterator bounds are mixed up and dangle: cursors compare keys themselves;
- ``close`` leaves the lock held while any column family, handle or iterator lives: the engine
  keeps track of them and lets go of all;
- an iterator that ends because of an error looks like one that ends: ``status`` is asked;
- the default recovery mode silently drops what follows a corrupt log record: here only a torn
  tail (a write that nobody was promised, see ``watermark``) is accepted.

``open``, ``reopen``, ``release``, ``flush_wal``, ``probe`` and ``checkpoint`` wait for the disk,
and may run in another thread; everything else belongs to the loop's.
"""

import contextlib
import errno
import fcntl
import logging
import os
import re
import shutil
import struct
import weakref
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, cast

import rocksdict

from microdns.errors import StorageFault
from microdns.store import logevents
from microdns.store.ahead import LogAhead
from microdns.store.errors import StoreLocked
from microdns.store.files import sync_path
from microdns.store.options import StoreOptions
from microdns.store.watermark import Watermark

if TYPE_CHECKING:
    from rocksdict import ColumnFamily, Rdict, RdictIter

log = logging.getLogger("microdns.store")

Row = tuple[bytes, bytes]

PROBE_BYTES = 1 << 20
_CHECKPOINT = "checkpoint"
_WATERMARK = b"watermark"
"""Its row, in RocksDB's default family, which has no other."""

_LOCK_TAKEN = re.compile(r"lock hold by current process|LOCK: Resource temporarily unavailable")


class Cursor:
    """Rows of one column family as they were when the cursor was made."""

    __slots__ = ("__weakref__", "_rows")

    def __init__(self, rows: "RdictIter") -> None:
        self._rows: RdictIter | None = rows

    def get(self, key: bytes) -> bytes | None:
        """The value under ``key`` at the cursor's instant."""
        rows = self._live()
        try:
            rows.seek(key)
            if rows.valid():
                return bytes(rows.value()) if rows.key() == key else None
            rows.status()
        except Exception as error:
            raise fault("read", error) from error
        return None

    def ascending(self, start: bytes, end: bytes | None, limit: int) -> list[Row]:
        """Up to ``limit`` rows with ``start <= key < end``, in key order."""
        rows = self._live()
        found: list[Row] = []
        try:
            rows.seek(start)
            valid, key_of, value_of, step = rows.valid, rows.key, rows.value, rows.next
            while len(found) < limit:
                if not valid():
                    rows.status()
                    break
                key = key_of()
                if end is not None and key >= end:
                    break
                found.append((key, value_of()))
                step()
        except Exception as error:
            raise fault("read", error) from error
        return found

    def descending(self, start: bytes, end: bytes | None, limit: int) -> list[Row]:
        """Up to ``limit`` rows with ``start <= key < end``, in reverse key order."""
        rows = self._live()
        found: list[Row] = []
        try:
            if end is None:
                rows.seek_to_last()
            else:
                rows.seek_for_prev(end)
                if rows.valid() and rows.key() == end:
                    rows.prev()
            valid, key_of, value_of, step = rows.valid, rows.key, rows.value, rows.prev
            while len(found) < limit:
                if not valid():
                    rows.status()
                    break
                key = key_of()
                if key < start:
                    break
                found.append((key, value_of()))
                step()
        except Exception as error:
            raise fault("read", error) from error
        return found

    def under(self, prefixes: Iterable[bytes]) -> list[Row]:
        """The rows whose keys begin with one of these, which come in order, none within another.

        What lies behind one of them is looked for once: new names side by side cost one search.
        """
        rows = self._live()
        found: list[Row] = []
        try:
            seek, valid, key_of = rows.seek, rows.valid, rows.key
            key: bytes | None = b""
            for prefix in prefixes:
                if key is not None and key < prefix:
                    seek(prefix)
                    key = key_of() if valid() else None
                while key is not None and key.startswith(prefix):
                    found.append((key, rows.value()))
                    rows.next()
                    key = key_of() if valid() else None
            if key is None:
                rows.status()
        except Exception as error:
            raise fault("read", error) from error
        return found

    def close(self) -> None:
        """Let go of the iterator; reading from it raises StorageFault from now on."""
        self._rows = None

    def _live(self) -> "RdictIter":
        if self._rows is None:
            raise StorageFault("the view of the database that was being read is gone")
        return self._rows


class Family:
    """One column family; it survives a reopening of the database.

    ``staged`` holds rows that count as written and are to be applied with the next batch.
    """

    __slots__ = ("_data", "_engine", "_get", "_shared", "handle", "name", "staged")

    def __init__(self, name: str, engine: "Engine") -> None:
        self.name = name
        self.staged: dict[bytes, bytes | None] = {}
        self._shared: Cursor | None = None
        self._engine = engine
        self.detach()

    def get(self, key: bytes) -> bytes | None:
        """The latest value written under ``key``."""
        if self.staged and key in self.staged:
            return self.staged[key]
        try:
            return self._get(key)
        except Exception as error:
            raise fault(f"read from {self.name}", error) from error

    def cursor(self) -> Cursor:
        """A consistent view of the family from now on; close it, it holds files."""
        if self.staged:
            self._engine.on_view()
        return self._cursor()

    def applied(self) -> Cursor:
        """A view of what has been applied, without what is staged: shared until the next write.

        Making one costs as much as reading a row or two, so transactions of one round share it.
        """
        if self._shared is None:
            self._shared = self._cursor()
            self._engine.sharing.append(self)
        return self._shared

    def unshare(self) -> None:
        """Let the next one who asks for ``applied`` see what is written now."""
        self._shared = None

    def _cursor(self) -> Cursor:
        if self._data is None:
            raise StorageFault("the database is not open")
        try:
            cursor = Cursor(self._data.iter())
        except Exception as error:
            raise fault(f"read from {self.name}", error) from error
        self._engine.cursors.add(cursor)
        return cursor

    def chunks(self, start: bytes, end: bytes, size: int) -> Iterator[list[bytes]]:
        """The values of all rows with ``start <= key < end``, so many at a time.

        In a third of the time that a cursor takes, for reading everything at a start: to be read
        without a pause, since nothing closes it when the database is reopened.
        """
        if self.staged:
            self._engine.on_view()
        if self._data is None:
            raise StorageFault("the database is not open")
        try:
            rows = cast("Iterator[Row]", self._data.items(from_key=start))
            while chunk := list(islice(rows, size)):
                if chunk[-1][0] >= end:
                    yield [value for key, value in chunk if key < end]
                    return
                yield [value for _, value in chunk]
        except Exception as error:
            raise fault(f"read from {self.name}", error) from error

    def attach(self, database: "Rdict") -> None:
        """Belong to a database just opened."""
        data = database.get_column_family(self.name)
        self._data: Rdict | None = data
        self.handle: ColumnFamily | None = database.get_column_family_handle(self.name)
        self._get: Callable[[bytes], bytes | None] = data.get

    def detach(self) -> None:
        """Hold nothing of the database."""
        self._shared = None
        self._data = None
        self.handle = None
        self._get = _get_detached


class Batch:
    """Writes that happen together or not at all."""

    __slots__ = ("raw",)

    def __init__(self) -> None:
        self.raw = rocksdict.WriteBatch(raw_mode=True)
        """The binding's batch; writing it uses it up."""

    def put(self, family: Family, key: bytes, value: bytes) -> None:
        """Put one row."""
        self.update(family, [(key, value)])

    def update(self, family: Family, rows: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Put every row, or delete it where its value is None."""
        put, delete, handle = self.raw.put, self.raw.delete, family.handle
        if handle is None:
            raise StorageFault("the database is not open")
        for key, value in rows:
            if value is None:
                delete(key, handle)
            else:
                put(key, value, handle)

    def delete_range(self, family: Family, start: bytes, end: bytes) -> None:
        """Delete rows with ``start <= key < end``; costs the same for any number."""
        self.raw.delete_range(start, end, family.handle)


class SortedFile:
    """Rows in ascending order, on their way into a file that a family takes over."""

    __slots__ = ("_first", "_last", "_writer", "path")

    def __init__(self, path: Path, options: "rocksdict.Options") -> None:
        self.path = path
        self._first: bytes | None = None
        self._last = b""
        path.unlink(missing_ok=True)
        try:
            self._writer: rocksdict.SstFileWriter | None = rocksdict.SstFileWriter(options)
            self._writer.open(str(path))
        except Exception as error:
            raise fault(f"write {path}", error) from error

    def extend(self, rows: Iterable[Row]) -> int:
        """Add rows, each key after the one before; how many octets.  Raises StorageFault."""
        writer, octets = self._writer, 0
        if writer is None:
            raise StorageFault(f"{self.path} is finished")
        key = self._last
        try:
            for key, value in rows:
                writer[key] = value
                octets += len(key) + len(value)
                if self._first is None:
                    self._first = key
        except Exception as error:
            raise fault(f"write {self.path}", error) from error
        self._last = key
        return octets

    def finish(self) -> tuple[bytes, bytes]:
        """Bring it to disk; its first key, and a key right after its last one."""
        if self._writer is None or self._first is None:
            raise StorageFault(f"{self.path} has no rows")
        try:
            self._writer.finish()
        except Exception as error:
            raise fault(f"write {self.path}", error) from error
        self._writer = None
        return self._first, self._last + b"\0"

    def discard(self) -> None:
        """Remove the file, if it is still there."""
        self._writer = None
        self.path.unlink(missing_ok=True)


class Engine:
    """One open database: families, batches, cursors."""

    def __init__(self, path: Path, options: StoreOptions) -> None:
        self.path = path
        self.families: dict[str, Family] = {}
        self._options = options
        self.cursors: weakref.WeakSet[Cursor] = weakref.WeakSet()
        self.sharing: list[Family] = []
        """Families whose applied state somebody looked at since the last write."""
        self.on_view: Callable[[], None] = self.unstage
        """Called before a view of a family with staged rows is made; it has to apply them."""
        self._database: Rdict | None = None
        self._watermark = Watermark(None)
        self._ahead = LogAhead(path)
        self._cache = rocksdict.Cache(options.block_cache_bytes)

    def open(self, names: Iterable[str] = ()) -> None:
        """Open or create the database with at least these families.

        Families found on disk are opened whether named or not.  Raises StoreLocked when it is
        open elsewhere and StorageFault for anything else.
        """
        try:
            new = not self.path.exists()
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            wanted = dict.fromkeys([*self._names_on_disk(), *self.families, *names])
            options = {name: self._family_options() for name in wanted if name != "default"}
            database = self._opened(options)
            self._watermark = Watermark(database.get(_WATERMARK))
        except Exception as error:
            if _LOCK_TAKEN.search(str(error)):
                raise StoreLocked(str(self.path), self._holder(str(error))) from error
            raise fault(f"open the database at {self.path}", error) from error
        for name in options:
            self.families.setdefault(name, Family(name, self)).attach(database)
        self._database = database
        shutil.rmtree(self.path / _CHECKPOINT, ignore_errors=True)  # of a backup cut short
        if new:
            sync_path(self.path.parent)

    def _opened(self, families: "dict[str, rocksdict.Options]") -> "Rdict":
        """The database, whose log may end in a write that was cut short."""
        mode = rocksdict.DBRecoveryMode.tolerate_corrupted_tail_records()
        try:
            return rocksdict.Rdict(str(self.path), self._database_options(mode), families)
        except Exception as error:
            if not _is_damage(error) or not self._cut_short():
                raise
            logevents.CUT_SHORT(
                log,
                "left out the log's last write, which was cut short and promised to nobody (%s)",
                error,
            )
        mode = rocksdict.DBRecoveryMode.point_in_time()
        return rocksdict.Rdict(str(self.path), self._database_options(mode), families)

    def _cut_short(self) -> bool:
        """Whether all that anybody was promised comes before what can't be read of the log.

        Looked at without changing anything, in case that it does not.
        """
        mode = rocksdict.DBRecoveryMode.point_in_time()
        look_only = rocksdict.AccessType.read_only(False)
        options = self._database_options(mode)
        database = rocksdict.Rdict(str(self.path), options, access_type=look_only)
        try:
            row = database.get(_WATERMARK)
        finally:
            database.close()
        if row is None:
            return False
        survived = Watermark(bytes(row))
        return survived.promised(self.path) <= survived.written

    def family(self, name: str) -> Family:
        """The column family of that name, made when there is none."""
        found = self.families.get(name)
        if found is None:
            database = self._open_database()
            try:
                database.create_column_family(name, self._family_options())
            except Exception as error:
                raise fault(f"create the column family {name}", error) from error
            found = self.families[name] = Family(name, self)
            found.attach(database)
        return found

    def write(self, batch: Batch) -> None:
        """Apply the batch and hand its log record to the operating system (not yet to disk)."""
        database = self._database
        if database is None:
            raise StorageFault("the database is not open")
        self.unshare()
        raw = batch.raw
        raw.put(_WATERMARK, self._watermark.row())
        octets = raw.size_in_bytes()
        try:
            database.write(raw)
        except Exception as error:
            raise fault("write", error) from error
        self._ahead.wrote(octets)

    def sorted_file(self, path: Path) -> SortedFile:
        """A file to fill for ``ingest``, on the file system of the database."""
        return SortedFile(path, self._family_options())

    def ingest(self, family: Family, paths: list[Path]) -> None:
        """Take over sorted files into a family, all at once; durable when this returns."""
        options = rocksdict.IngestExternalFileOptions()
        options.set_move_files(True)
        if family._data is None:
            raise StorageFault("the database is not open")
        self.unshare()
        try:
            family._data.ingest_external_file([str(path) for path in paths], options)
        except Exception as error:
            raise fault(f"take over files into {family.name}", error) from error

    def flush_wal(self) -> None:
        """Bring everything written so far to disk; other threads may run meanwhile."""
        database, watermark = self._open_database(), self._watermark
        written = watermark.written
        try:
            database.flush_wal(True)
        except Exception as error:
            raise fault("flush the log", error) from error
        watermark.durable = written

    @contextlib.contextmanager
    def checkpoint(self) -> Iterator[Path]:
        """A copy of the whole database, in a folder beside it that is gone after the block.

        The copy shares the database's files, so making it is quick.  (The binding holds the GIL
        meanwhile: were the copy to go to another disk at once, the process would stand still.)
        """
        database = self._open_database()
        path = self.path / _CHECKPOINT
        shutil.rmtree(path, ignore_errors=True)
        try:
            rocksdict.Checkpoint(database).create_checkpoint(str(path))
        except Exception as error:
            raise fault("copy the database", error) from error
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def figure(self, name: str) -> int:
        """A figure of RocksDB's, summed over the families; 0 while the database is closed."""
        values = [
            family._data.property_int_value(name) or 0
            for family in self.families.values()
            if family._data is not None
        ]
        return sum(values)

    def unshare(self) -> None:
        """Views that transactions share end here: something is written, or time has passed."""
        for family in self.sharing:
            family.unshare()
        self.sharing.clear()

    def unstage(self) -> None:
        """Forget staged rows: they have been applied, or will never be."""
        for family in self.families.values():
            family.staged.clear()

    def probe(self) -> None:
        """Raise StorageFault unless the disk has room for a reopening, and takes a write.

        Reopening writes the content of the log out anew, so that much must be free.
        """
        path = self.path / "probe"
        try:
            logs = sum(log.stat().st_size for log in self.path.glob("*.log"))
            disk = os.statvfs(self.path)
            if disk.f_bavail * disk.f_frsize < logs + PROBE_BYTES:
                raise StorageFault(
                    f"the disk is full: {self.path} needs {(logs >> 20) + 2} MiB of free space"
                )
            with open(path, "wb") as file:
                file.write(b"\xa5" * PROBE_BYTES)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise fault(f"write to {self.path}", error) from error
        finally:
            path.unlink(missing_ok=True)

    def reopen(self, detached: "Rdict | None") -> None:
        """Close what ``detach`` left and open the database anew, everything in it durable."""
        self.release(detached)
        self.open()
        self.flush_wal()

    def release(self, detached: "Rdict | None") -> None:
        """Close what ``detach`` left; the lock is free afterwards."""
        if detached is not None:
            with contextlib.suppress(Exception):  # one that has failed is only to let go
                detached.close()

    def detach(self) -> "Rdict | None":
        """Drop every handle; reads raise StorageFault.  What is left goes to ``release``."""
        for cursor in list(self.cursors):
            cursor.close()
        for family in self.families.values():
            family.detach()
        database, self._database = self._database, None
        return database

    def _open_database(self) -> "Rdict":
        if self._database is None:
            raise StorageFault("the database is not open")
        return self._database

    def _names_on_disk(self) -> list[str]:
        if not (self.path / "CURRENT").exists():
            return []
        return list(rocksdict.Rdict.list_cf(str(self.path)))

    def _holder(self, message: str) -> int | None:
        if "current process" in message:
            # Opening and closing the file here would release this process's own lock (POSIX).
            return os.getpid()
        try:
            with open(self.path / "LOCK", "rb+") as lock:
                asked = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
                answer = fcntl.fcntl(lock, fcntl.F_GETLK, asked)
        except OSError:
            return None
        kind, _, _, _, pid = struct.unpack("hhqqi4x", answer)
        return pid if kind != fcntl.F_UNLCK and pid > 0 else None

    def _database_options(self, mode: "rocksdict.DBRecoveryMode") -> "rocksdict.Options":
        limits = self._options
        options = self._family_options()
        options.create_if_missing(True)
        options.create_missing_column_families(True)
        options.set_wal_recovery_mode(mode)
        options.set_db_write_buffer_size(limits.memtables_bytes)
        options.set_max_total_wal_size(limits.wal_bytes_max)
        options.set_max_open_files(limits.open_files_max)
        options.set_env(_background())
        options.set_max_background_jobs(2)
        options.set_keep_log_file_num(2)
        options.set_max_log_file_size(1 << 20)
        options.set_stats_dump_period_sec(0)
        options.set_stats_persist_period_sec(0)
        return options

    def _family_options(self) -> "rocksdict.Options":
        options = rocksdict.Options(raw_mode=True)
        table = rocksdict.BlockBasedOptions()
        table.set_block_cache(self._cache)
        table.set_bloom_filter(10, False)
        options.set_block_based_table_factory(table)
        options.set_write_buffer_size(self._options.memtable_bytes)
        options.set_max_write_buffer_number(4)
        options.set_compression_type(rocksdict.DBCompressionType.lz4())
        return options


def _background() -> "rocksdict.Env":
    """Has RocksDB's own threads (nice 19) wait for ours: on a single processor, what they sort and
    pack for tens of milliseconds would hold up answers."""
    environment = rocksdict.Env()
    environment.lower_high_priority_thread_pool_cpu_priority()
    environment.lower_thread_pool_cpu_priority()
    return environment


def fault(doing: str, error: BaseException) -> StorageFault:
    """``error`` as something that an operator can act on."""
    text = str(error)
    if isinstance(error, StorageFault):
        return error
    if os.strerror(errno.ENOSPC) in text:
        return StorageFault(f"can't {doing}: the disk is full ({text})")
    if _is_damage(error):
        return StorageFault(
            f"can't {doing}: the database is damaged ({text}); restore it from a backup"
        )
    return StorageFault(f"can't {doing}: {text or type(error).__name__}")


def _is_damage(error: BaseException) -> bool:
    return str(error).startswith("Corruption")


def _get_detached(_key: bytes) -> bytes | None:
    raise StorageFault("the database is not open")
