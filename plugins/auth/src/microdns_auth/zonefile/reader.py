"""Zone files (RFC 1035 section 5): all of the format, read to records or to mistakes.

``$ORIGIN``, ``$TTL`` (RFC 2308), ``$INCLUDE``, ``$GENERATE`` (BIND), parentheses, comments,
escapes, owners left blank, TTL and class in either order, TTLs with units (BIND).  Lines of the
common forms go through ``fast``; all others through the tokens.  Nothing is read from disk:
included files are handed in.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import anyio.lowlevel

from microdns.errors import Invalid, TooLarge
from microdns.operations.model import Progress
from microdns_auth.zonefile.fast import FastReader, Scope
from microdns_auth.zonefile.generate import generated
from microdns_auth.zonefile.problems import Problems, TooManyProblems
from microdns_dns import names
from microdns_dns.model import TTL_MAX, Soa
from microdns_dns.rdata import Token, rdata_from_tokens, rdata_to_json, tokens_of, type_number
from microdns_dns.rdata.lexer import CLOSE, OPEN, seconds
from microdns_dns.rdata.numbers import SOA, is_data
from microdns_dns.repository import Draft, ZoneContent
from microdns_dns.repository.rules import breaches

INCLUDE_DEPTH_MAX = 10
SLICE = 500
"""Lines read between two pauses: some milliseconds."""
RRSET_OCTETS_MAX = 60_000
_CLASSES = {"IN": True, "CLASS1": True, "CH": False, "HS": False, "CS": False}
_DIRECTIVES = ("$ORIGIN", "$TTL", "$INCLUDE", "$GENERATE")


@dataclass(frozen=True)
class ZoneText:
    """A zone file's text and what goes with it.

    ``file`` is its name, for messages, and for the zone's name if nothing else gives it
    (``example.com.zone``); ``includes`` holds the text of included files by the path that
    ``$INCLUDE`` names; ``zone`` is the zone's name when it is known.
    """

    text: str
    file: str = "zone file"
    includes: Mapping[str, str] = field(default_factory=dict)
    zone: str = ""


async def read_zone(
    source: ZoneText, *, records_max: int = 2_000_000, progress: Progress | None = None
) -> ZoneContent:
    """Read a zone file, letting other tasks run meanwhile.

    Raises ``Invalid`` with every mistake (its path is ``file:line``), ``TooLarge`` for more
    than ``records_max`` records.
    """
    reader = ZoneReader(source, records_max)
    total = source.text.count("\n") + sum(text.count("\n") for text in source.includes.values())
    for done in reader.steps():
        if progress is not None:
            progress(done, max(done, total), "lines")
        await anyio.lowlevel.checkpoint()
    return reader.content()


@dataclass
class _Place:
    """Where the reader is: a file, its line, and how deep in includes."""

    file: str
    line: int = 0
    depth: int = 0


class ZoneReader:
    """Reads one zone; ``steps`` does the work in slices, ``content`` gives what came of it."""

    def __init__(self, source: ZoneText, records_max: int = 2_000_000) -> None:
        self._source = source
        self._records_max = records_max
        self._problems = Problems()
        self._drafts: list[Draft] = []
        self._places: list[tuple[str, int]] = []
        self._soa: Soa | None = None
        self._zone: bytes | None = None
        self._origin: bytes | None = None
        self._fast: FastReader | None = None
        self._owner = ""
        self._default_ttl: int | None = None
        self._last_ttl: int | None = None
        self._lines_read = 0
        self._place = _Place(source.file)

    def steps(self) -> Iterator[int]:
        """Read everything, yielding the number of lines read so far every so often."""
        try:
            self._begin()
            yield from self._file(self._source.text, self._place)
            if self._soa is None and not self._problems:
                self._problems.add(self._source.file, 0, "the zone has no SOA record")
            if not self._problems:
                self._check_rules()
        except TooManyProblems:
            return

    def content(self) -> ZoneContent:
        """The zone; raises ``Invalid`` if anything was wrong."""
        self._problems.raise_if_any()
        if self._soa is None or self._zone is None:
            raise Invalid(f"{self._source.file}: nothing was read")
        ttl = self._soa.minimum if self._default_ttl is None else self._default_ttl
        return ZoneContent(names.to_text(self._zone), self._soa, ttl, self._drafts)

    def _begin(self) -> None:
        """Where relative names start from: the zone given, or the one the file is named after."""
        source = self._source
        if source.zone:
            self._zone = names.from_text(source.zone)
            self._set_origin(self._zone)
            return
        base = source.file.replace("\\", "/").rpartition("/")[2]
        stem = base.removesuffix(".zone")
        if stem != base and stem:
            try:
                self._origin = names.from_text(stem)
            except ValueError:
                self._origin = None  # a file of another kind of name says nothing

    def _set_origin(self, origin: bytes | None) -> None:
        self._origin = origin
        self._fast = None
        if self._zone is not None and origin is not None:
            self._fast = FastReader(Scope(self._zone, origin))

    def _file(self, text: str, place: _Place) -> Iterator[int]:
        outer, self._place = self._place, place
        text = text.removeprefix("\ufeff").replace("\r\n", "\n")
        lines = enumerate(text.split("\n"), 1)
        for number, line in lines:
            place.line = number
            self._lines_read += 1
            if self._lines_read % SLICE == 0:
                yield self._lines_read
            fast = self._fast
            try:
                record = None if fast is None else fast.read(line)
                if record is not None:
                    self._add(*record)
                    continue
                if not line or line.isspace():
                    continue
                included = self._careful(line, lines)
            except ValueError as error:
                self._problems.add(place.file, number, error)
                continue
            if included is not None:
                yield from self._include(included)
        self._place = outer

    def _careful(self, line: str, lines: Iterator[tuple[int, str]]) -> list[Token] | None:
        """Read a line, and those its parentheses span; returns the words of an ``$INCLUDE``."""
        words = self._words(line, lines)
        if not words:
            return None
        blank = line[0] in " \t"
        if not blank and not words[0].quoted and words[0].text.startswith("$"):
            return self._directive(words)
        self._record(words, blank)
        return None

    def _words(self, line: str, lines: Iterator[tuple[int, str]]) -> list[Token]:
        """The tokens of a line, and of the lines after it while a parenthesis is open."""
        found: list[Token] = []
        depth = 0
        while True:
            for token in tokens_of(line):
                if token is OPEN:
                    depth += 1
                elif token is CLOSE:
                    depth -= 1
                    if depth < 0:
                        raise ValueError("a parenthesis is closed that was not opened")
                else:
                    found.append(token)
            if depth == 0:
                return found
            try:
                _, line = next(lines)
            except StopIteration:
                raise ValueError("a parenthesis is not closed") from None
            self._lines_read += 1

    def _directive(self, words: list[Token]) -> list[Token] | None:
        name, values = words[0].text.upper(), words[1:]
        if name == "$INCLUDE":
            if not 1 <= len(values) <= 2:
                raise ValueError("write $INCLUDE file [origin]")
            return values
        if name == "$GENERATE":
            for made in generated(values):
                self._record(made, blank=False)
        elif name not in _DIRECTIVES:
            raise ValueError(f"{words[0].text[:40]!r} is not a directive: {', '.join(_DIRECTIVES)}")
        elif len(values) != 1:
            raise ValueError(f"{name} takes one value")
        elif name == "$ORIGIN":
            self._set_origin(names.from_text(values[0].text, self._origin))
        else:
            self._default_ttl = seconds(values[0].text, TTL_MAX)
        return None

    def _include(self, values: list[Token]) -> Iterator[int]:
        """Read an included file; origin and owner are afterwards as before (RFC 1035 5.1)."""
        path = values[0].octets().decode("utf-8", "replace")
        place, line = self._place, self._place.line
        text = self._source.includes.get(path)
        if text is None or place.depth >= INCLUDE_DEPTH_MAX:
            problem = "is not there" if text is None else "includes too deep, or itself"
            self._problems.add(place.file, line, f"the included file {path[:200]!r} {problem}")
            return
        origin, owner = self._origin, self._owner
        try:
            if len(values) == 2:
                self._set_origin(names.from_text(values[1].text, origin))
        except ValueError as error:
            self._problems.add(place.file, line, error)
            return
        yield from self._file(text, _Place(path, depth=place.depth + 1))
        self._set_origin(origin)
        self._owner = owner

    def _record(self, words: list[Token], blank: bool) -> None:
        """A record in tokens: ``[owner] [ttl] [class] type data``."""
        owner = None if blank else self._wire(words[0])
        at, ttl = self._ttl_and_class(words, 0 if blank else 1)
        if at >= len(words):
            raise ValueError("the type is missing")
        if words[at].quoted:
            raise ValueError(f"{words[at].text[:40]!r} is not a record type")
        kind = type_number(words[at].text)
        if kind == SOA and self._zone is None and owner is not None:
            self._zone = owner
            self._set_origin(self._origin or owner)
        if not is_data(kind):
            raise ValueError(f"{words[at].text} is not a type that a zone may hold")
        rdata = rdata_from_tokens(kind, words[at + 1 :], self._origin)
        if kind == SOA:
            self._take_soa(owner, ttl, rdata)
        else:
            self._add("" if owner is None else self._relative(owner), ttl, kind, rdata)

    def _wire(self, word: Token) -> bytes:
        if word.quoted:
            raise ValueError("an owner may not be in quotes")
        if self._origin is None and not word.text.endswith("."):
            raise ValueError(
                f"{word.text[:80]!r} is relative, and nothing says to what: "
                "name the zone, or begin with $ORIGIN"
            )
        return names.from_text(word.text, self._origin)

    def _relative(self, owner: bytes) -> str:
        if self._zone is None:
            raise ValueError("the first record must be the SOA, or the zone be named")
        if not names.is_subdomain(owner, self._zone):
            outside, zone = names.to_text(owner), names.to_text(self._zone)
            raise ValueError(f"{outside} is outside of the zone {zone}")
        return names.to_relative_text(owner, self._zone)

    @staticmethod
    def _ttl_and_class(words: list[Token], at: int) -> tuple[int, int | None]:
        """Skip TTL and class, in either order; where the type stands, and the TTL."""
        ttl: int | None = None
        classed = False
        while at < len(words) and not words[at].quoted:
            text = words[at].text
            if ttl is None and text[:1].isdigit():
                ttl = seconds(text, TTL_MAX)
            elif not classed and text.upper() in _CLASSES:
                classed = True
                if not _CLASSES[text.upper()]:
                    raise ValueError(f"class {text}: only IN is served")
            else:
                break
            at += 1
        return at, ttl

    def _take_soa(self, owner: bytes | None, ttl: int | None, rdata: bytes) -> None:
        if owner is None or self._zone is None:
            raise ValueError("the SOA has no owner")
        if names.fold(owner) != names.fold(self._zone):
            zone = names.to_text(self._zone)
            raise ValueError(f"the SOA is of {names.to_text(owner)}, not of the zone {zone}")
        data = rdata_to_json(SOA, rdata)
        if self._default_ttl is None and self._last_ttl is None and ttl is None:
            self._default_ttl = min(data["minimum"], TTL_MAX)  # as BIND does
        self._owner = "@"
        soa = Soa(ttl=self._ttl(ttl), **data)
        if self._soa is not None and self._soa != soa:
            raise ValueError("the zone has two different SOA records")
        self._soa = soa  # the same again ends the output of a transfer

    def _ttl(self, ttl: int | None) -> int:
        """The TTL given, or the default (RFC 2308 section 4), or the last one (RFC 1035 5.1)."""
        if ttl is not None:
            self._last_ttl = ttl
            return ttl
        found = self._last_ttl if self._default_ttl is None else self._default_ttl
        if found is None:
            raise ValueError("no TTL is given: begin with $TTL")
        return found

    def _add(self, owner: str, ttl: int | None, kind: int, rdata: bytes) -> None:
        if owner:
            self._owner = owner
        elif not self._owner:
            raise ValueError("there is no owner before")
        if ttl is None:
            ttl = self._default_ttl
            if ttl is None:
                ttl = self._ttl(None)
        else:
            self._last_ttl = ttl
        if len(self._drafts) >= self._records_max:
            raise TooLarge(f"the zone has more than {self._records_max} records")
        self._drafts.append(Draft(self._owner, kind, rdata, ttl))
        self._places.append((self._place.file, self._place.line))

    def _check_rules(self) -> None:
        broken = list(breaches(self._drafts, RRSET_OCTETS_MAX))
        if broken:
            places = dict(zip(map(id, self._drafts), self._places, strict=True))
            for breach in broken:
                self._problems.add(*places[id(breach.record)], breach.message)
