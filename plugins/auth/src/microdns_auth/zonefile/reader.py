"""Zone files (RFC 1035 section 5): all of the format, read to records or to mistakes.

``$ORIGIN``, ``$TTL`` (RFC 2308), ``$INCLUDE``, ``$GENERATE`` (BIND), parentheses, comments,
escapes, owners left blank, TTL and class in either order, TTLs with units (BIND).  Lines of the
common forms go through ``fast``; all others through the tokens.  Nothing is read from disk:
included files are handed in.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import anyio.lowlevel

from microdns.errors import Invalid, TooLarge
from microdns.operations.model import Progress
from microdns_auth.zonefile.fast import Gathered, Scope
from microdns_auth.zonefile.gathered import COMPILED, Lines, PackedGathered, lines_of
from microdns_auth.zonefile.generate import generated
from microdns_auth.zonefile.problems import Problems, TooManyProblems
from microdns_dns import names
from microdns_dns.model import TTL_MAX, Soa
from microdns_dns.rdata import Token, rdata_from_tokens, rdata_to_json, tokens_of, type_number
from microdns_dns.rdata.lexer import CLOSE, OPEN, seconds
from microdns_dns.rdata.numbers import SOA, is_data
from microdns_dns.repository import ZoneContent
from microdns_dns.repository.rules import breaches

INCLUDE_DEPTH_MAX = 10
SLICE = 500
"""Lines read carefully between two pauses: some milliseconds."""
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
    total = sum(text.count("\n") + 1 for text in (source.text, *source.includes.values()))
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
        self._gathered: Gathered | PackedGathered = PackedGathered() if COMPILED else Gathered()
        self._files: list[tuple[int, str]] = []
        self._soa: Soa | None = None
        self._zone: bytes | None = None
        self._origin: bytes | None = None
        self._scope: Scope | None = None
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
        ttl = (
            self._soa.minimum if self._gathered.default_ttl is None else self._gathered.default_ttl
        )
        drafts = self._gathered.content()
        return ZoneContent(names.to_text(self._zone), self._soa, ttl, drafts)

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
        self._scope = None
        if self._zone is not None and origin is not None:
            self._scope = Scope(self._zone, origin)

    def _file(self, text: str, place: _Place) -> Iterator[int]:
        outer, self._place = self._place, place
        self._enter(place.file)
        text = text.removeprefix("\ufeff").replace("\r\n", "\n")
        lines = lines_of(text, self._gathered)
        while lines.at < lines.count:
            before = lines.at
            end = min(before + lines.slice, lines.count)
            included = self._slice(lines, end)
            self._lines_read += lines.at - before
            if len(self._gathered) > self._records_max:
                raise TooLarge(f"the zone has more than {self._records_max} records")
            yield self._lines_read
            if included is not None:
                yield from self._include(included)
                self._enter(place.file)
        self._place = outer

    def _enter(self, file: str) -> None:
        """Note that records from now on stand in this file."""
        self._files.append((len(self._gathered), file))

    def _slice(self, lines: Lines, end: int) -> list[Token] | None:
        """Read some lines, up to an ``$INCLUDE``, whose words are returned."""
        careful = 0
        while lines.at < end and careful < SLICE:
            careful += 1
            if self._scope is not None:
                lines.run(self._scope, end)
                if lines.at >= end:
                    return None
            line = lines.next()
            self._place.line = number = lines.at
            if not line or line.isspace():
                continue
            try:
                included = self._careful(line, lines)
            except ValueError as error:
                self._problems.add(self._place.file, number, error)
                continue
            if included is not None:
                return included
        return None

    def _careful(self, line: str, lines: Lines) -> list[Token] | None:
        """Read a line, and those its parentheses span; returns the words of an ``$INCLUDE``."""
        words = self._words(line, lines)
        if not words:
            return None
        blank = line[0] in " \t"
        if not blank and not words[0].quoted and words[0].text.startswith("$"):
            return self._directive(words)
        self._record(words, blank)
        return None

    def _words(self, line: str, lines: Lines) -> list[Token]:
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
            if lines.at >= lines.count:
                raise ValueError("a parenthesis is not closed")
            line = lines.next()

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
            self._gathered.default_ttl = seconds(values[0].text, TTL_MAX)
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
        origin, owner = self._origin, self._gathered.owner
        try:
            if len(values) == 2:
                self._set_origin(names.from_text(values[1].text, origin))
        except ValueError as error:
            self._problems.add(place.file, line, error)
            return
        yield from self._file(text, _Place(path, depth=place.depth + 1))
        self._set_origin(origin)
        self._gathered.owner = owner

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
        if self._gathered.default_ttl is None and self._gathered.last_ttl is None and ttl is None:
            self._gathered.default_ttl = min(data["minimum"], TTL_MAX)  # as BIND does
        self._gathered.owner = "@"
        soa = Soa(ttl=self._ttl(ttl), **data)
        if self._soa is not None and self._soa != soa:
            raise ValueError("the zone has two different SOA records")
        self._soa = soa  # the same again ends the output of a transfer

    def _ttl(self, ttl: int | None) -> int:
        """The TTL given, or the default (RFC 2308 section 4), or the last one (RFC 1035 5.1)."""
        if ttl is not None:
            self._gathered.last_ttl = ttl
            return ttl
        found = (
            self._gathered.last_ttl
            if self._gathered.default_ttl is None
            else self._gathered.default_ttl
        )
        if found is None:
            raise ValueError("no TTL is given: begin with $TTL")
        return found

    def _add(self, owner: str, ttl: int | None, kind: int, rdata: bytes) -> None:
        gathered = self._gathered
        if owner:
            gathered.owner = owner
        elif not gathered.owner:
            raise ValueError("there is no owner before")
        gathered.add(kind, rdata, self._ttl(ttl), self._place.line)

    def _check_rules(self) -> None:
        places, drafts = self._gathered.suspects(RRSET_OCTETS_MAX)
        broken = list(breaches(drafts, RRSET_OCTETS_MAX))
        if broken:
            numbers = {id(draft): place for place, draft in zip(places, drafts, strict=True)}
            for breach in broken:
                self._problems.add(*self._where(numbers[id(breach.record)]), breach.message)

    def _where(self, number: int) -> tuple[str, int]:
        """File and line of a record, by its place among all."""
        at = bisect_right(self._files, number, key=lambda entered: entered[0]) - 1
        return self._files[at][1], self._gathered.line(number)
