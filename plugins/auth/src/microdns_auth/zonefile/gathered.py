"""The lines of a zone file and what was read from them, in either of two ways.

Where the compiled modules are, a file is octets, lines of the common forms go from there into a
packed run, and no line, record or name of them is ever an object.  Elsewhere, and for text that has
no octets (lone surrogates, out of JSON), it is a list of lines, read by ``fast``.  Both read the
same files to the same records and the same mistakes.
"""

from collections.abc import Sequence
from typing import Protocol

from microdns_auth.zonefile.fast import FastReader, Gathered, Scope
from microdns_dns import names
from microdns_dns.bulk import is_built
from microdns_dns.repository import BULK_MIN, BulkDrafts, Draft

COMPILED = is_built()

if COMPILED:
    from microdns_dns.bulk.lines import LineReader
    from microdns_dns.bulk.run import RecordRun


class Lines(Protocol):
    """The lines of a file, taken one after the other.

    ``at`` is how many have been taken, ``count`` how many there are, ``slice`` how many of the
    common forms may be read between two pauses: some milliseconds.
    """

    at: int
    count: int
    slice: int

    def next(self) -> str:
        """The next line."""

    def run(self, scope: Scope, end: int) -> None:
        """Read lines of the common forms, up to ``end`` or to the first that is of none."""


class PackedGathered:
    """As ``Gathered``, its records packed."""

    def __init__(self) -> None:
        self.run = RecordRun()
        self.owner = ""
        self.default_ttl: int | None = None
        self.last_ttl: int | None = None

    def add(self, kind: int, rdata: bytes, ttl: int, line: int) -> None:
        """Take a record of the present owner, which stands on this line."""
        self.run.add(names.relative_key(self.owner), self.owner, kind, ttl, rdata, line)

    def line(self, place: int) -> int:
        """The line of a record, by its place among all."""
        return self.run.line(place)

    def suspects(self, rrset_octets_max: int) -> tuple[Sequence[int], Sequence[Draft]]:
        """Places and drafts of all records whose owners may break a rule."""
        self.run.sort()
        drafts = BulkDrafts(self.run)
        places = self.run.suspects(rrset_octets_max)
        return places, [drafts[place] for place in places]

    def content(self) -> Sequence[Draft]:
        """All records; those of a small zone one by one."""
        drafts = BulkDrafts(self.run)
        return drafts if len(drafts) >= BULK_MIN else list(drafts)

    def __len__(self) -> int:
        return len(self.run)


def lines_of(text: str, gathered: Gathered | PackedGathered) -> Lines:
    """The lines of a text, read into ``gathered``."""
    if isinstance(gathered, Gathered):
        return _ListedLines(text, gathered)
    try:
        return _PackedLines(text.encode(), gathered)
    except UnicodeEncodeError:
        return _CarefulLines(text, Gathered())


class _ListedLines:
    slice = 500

    def __init__(self, text: str, gathered: Gathered) -> None:
        self._all = text.split("\n")
        self._gathered = gathered
        self._reader: FastReader | None = None
        self.count = len(self._all)
        self.at = 0

    def next(self) -> str:
        line = self._all[self.at]
        self.at += 1
        return line

    def run(self, scope: Scope, end: int) -> None:
        if self._reader is None or self._reader.scope is not scope:
            self._reader = FastReader(scope)
        self.at = self._reader.run(self._all, self.at, end, self._gathered)


class _CarefulLines(_ListedLines):
    """Lines that have no octets: each is left to the careful reader."""

    def run(self, scope: Scope, end: int) -> None:
        """None is of a common form."""


class _PackedLines:
    slice = 20_000

    def __init__(self, octets: bytes, gathered: PackedGathered) -> None:
        self._octets = octets
        self._gathered = gathered
        self._place = 0
        self._scope: Scope | None = None
        self.count = octets.count(b"\n") + 1
        self.at = 0

    def next(self) -> str:
        end = self._octets.find(b"\n", self._place)
        if end < 0:
            end = len(self._octets)
        line = self._octets[self._place : end].decode()
        self._place = min(end + 1, len(self._octets))
        self.at += 1
        return line

    def run(self, scope: Scope, end: int) -> None:
        gathered = self._gathered
        if scope is not self._scope:
            self._scope = scope
            self._reader = LineReader(scope.origin, scope.suffix, scope.ending)
        self._place, self.at, gathered.owner, gathered.last_ttl = self._reader.run(
            self._octets,
            self._place,
            self.at,
            end - self.at,
            gathered.run,
            gathered.owner,
            gathered.default_ttl,
            gathered.last_ttl,
        )
