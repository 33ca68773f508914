"""The common forms of a record on one line, read without tokens.

Most lines of most zone files are ``owner [ttl] [IN] type data`` with plain letters and nothing to
unescape.  They are taken apart by one regular expression.  Whatever does not fit, and whatever
looks wrong, is left to the careful reader, which also finds the words for the mistake: what is
read here is read there to the same record.
"""

import re
import socket
from collections.abc import Callable, Sequence

from microdns_dns import names
from microdns_dns.model import TTL_MAX
from microdns_dns.rdata.numbers import BY_NAME
from microdns_dns.repository import Draft

_LINE = re.compile(
    r"(@|[A-Za-z0-9_*/.-]*)[ \t]+"
    r"(?:([0-9]{1,10})[ \t]+)?(?:IN[ \t]+)?(?:([0-9]{1,10})[ \t]+)?"
    r"(A|AAAA|CNAME|MX|NS|PTR|SRV|TXT)[ \t]+([^ \t].*)"
)
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_*/.-]+")
_CACHED_NAMES_MAX = 100_000

_inet_pton = socket.inet_pton
_AF_INET, _AF_INET6 = socket.AF_INET, socket.AF_INET6


class Misfit(Exception):
    """The line is not of a common form."""


class Scope:
    """What owners and targets are relative to: ``$ORIGIN`` within the zone."""

    def __init__(self, zone: bytes, origin: bytes) -> None:
        self.zone = zone
        self.origin = origin
        self.ending = "." + names.to_absolute_text(zone).lower() if zone != names.ROOT else "."
        relative = names.to_relative_text(origin, zone)
        self.suffix: str | None = "" if relative == "@" else f".{relative}"
        """What makes an owner relative to the zone; None while the origin is outside of it."""
        if not names.is_subdomain(origin, zone):
            self.suffix = None
        self._room = names.NAME_MAX - len(origin)
        self.plain_max = 0 if self.suffix is None else min(names.LABEL_MAX, self._room - 1)
        """Octets of an owner without dots for which ``suffix`` is all that is missing."""
        self._targets: dict[str, bytes] = {}

    def owner(self, text: str) -> str:
        """An owner in plain letters, relative to the zone; raises Misfit."""
        if text.endswith("."):
            return self._absolute_owner(text)
        suffix = self.suffix
        if suffix is None or len(text) >= self._room:
            raise Misfit
        if "." in text:
            _check_labels(text)
        elif len(text) > names.LABEL_MAX:
            raise Misfit
        elif text == "@":
            return suffix[1:] or "@"
        return text + suffix

    def _absolute_owner(self, text: str) -> str:
        if not text.lower().endswith(self.ending) or len(text) >= names.NAME_MAX:
            raise Misfit  # the zone's own name, a name outside, or a wrong one
        relative = text[: -len(self.ending)]
        if not relative:
            raise Misfit
        _check_labels(relative)
        return relative

    def target(self, text: str) -> bytes:
        """A name in plain letters, on the wire; raises Misfit."""
        found = self._targets.get(text)
        if found is None:
            if not _PLAIN_NAME.fullmatch(text):
                raise Misfit
            try:
                found = names.from_text(text, self.origin)
            except ValueError:
                raise Misfit from None
            if len(self._targets) < _CACHED_NAMES_MAX:
                self._targets[text] = found
        return found


def _check_labels(text: str) -> None:
    for label in text.split("."):
        if not 0 < len(label) <= names.LABEL_MAX:
            raise Misfit


def _a(_scope: Scope, data: str) -> bytes:
    return _inet_pton(_AF_INET, data)


def _aaaa(_scope: Scope, data: str) -> bytes:
    return _inet_pton(_AF_INET6, data)


def _name(scope: Scope, data: str) -> bytes:
    return scope.target(data)


def _mx(scope: Scope, data: str) -> bytes:
    preference, exchange = data.split()
    return _uint16(preference) + scope.target(exchange)


def _srv(scope: Scope, data: str) -> bytes:
    priority, weight, port, target = data.split()
    return _uint16(priority) + _uint16(weight) + _uint16(port) + scope.target(target)


def _txt(_scope: Scope, data: str) -> bytes:
    """One string in quotes without escapes."""
    if data[0] != '"' or data[-1] != '"' or "\\" in data or data.count('"') != 2:
        raise Misfit
    octets = data[1:-1].encode()
    return bytes((len(octets),)) + octets


def _uint16(text: str) -> bytes:
    if not (text.isascii() and text.isdigit()):
        raise Misfit
    return int(text).to_bytes(2, "big")


_READERS: dict[str, tuple[int, Callable[[Scope, str], bytes]]] = {
    kind: (BY_NAME[kind], reader)
    for kind, reader in {
        "A": _a, "AAAA": _aaaa, "CNAME": _name, "MX": _mx, "NS": _name, "PTR": _name,
        "SRV": _srv, "TXT": _txt,
    }.items()
}  # fmt: skip

_MISFITS = (Misfit, OSError, ValueError, OverflowError)
"""A wrong address, too few or many words, a number or string too large: not for here."""


class Gathered:
    """What was read so far, and what the next line may leave out."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self.lines: list[int] = []
        """Of each draft, the line that it stands on."""
        self.owner = ""
        """Of the record before, relative to the zone; empty before the first."""
        self.default_ttl: int | None = None
        self.last_ttl: int | None = None

    def add(self, kind: int, rdata: bytes, ttl: int, line: int) -> None:
        """Take a record of the present owner, which stands on this line."""
        self.drafts.append(Draft(self.owner, kind, rdata, ttl))
        self.lines.append(line)

    def line(self, place: int) -> int:
        """The line of a record, by its place among all."""
        return self.lines[place]

    def suspects(self, rrset_octets_max: int) -> tuple[Sequence[int], Sequence[Draft]]:
        """Places and drafts of all records whose owners may break a rule."""
        return range(len(self.drafts)), self.drafts

    def content(self) -> Sequence[Draft]:
        """All records."""
        return self.drafts

    def __len__(self) -> int:
        return len(self.drafts)


class FastReader:
    """Reads lines within a scope."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._text = ""
        self._owner = ""

    def run(self, lines: list[str], at: int, end: int, gathered: Gathered) -> int:
        """Read lines up to ``end`` or to the first misfit; where it stopped is returned.

        One long loop, since it runs for every line of a file.
        """
        scope, fullmatch = self.scope, _LINE.fullmatch
        suffix, plain_max = scope.suffix or "", scope.plain_max
        draft, line = gathered.drafts.append, gathered.lines.append
        default_ttl = gathered.default_ttl
        while at < end:
            match = fullmatch(lines[at])
            if match is None:
                break
            text, ttl_before, ttl_after, kind, data = match.groups()
            try:
                if not text:
                    owner = gathered.owner
                elif text == self._text:
                    owner = self._owner
                elif "." not in text and len(text) <= plain_max and text != "@":
                    owner = text + suffix
                else:
                    owner = self._owner = scope.owner(text)
                    self._text = text
                number, reader = _READERS[kind]
                rdata = reader(scope, data.rstrip(" \t"))
            except _MISFITS:
                break
            if ttl_before is None:
                ttl_before = ttl_after
            elif ttl_after is not None:
                break
            if ttl_before is not None:
                ttl: int | None = int(ttl_before)
                gathered.last_ttl = ttl
            else:
                ttl = gathered.last_ttl if default_ttl is None else default_ttl
            if ttl is None or ttl > TTL_MAX or not owner:
                break
            gathered.owner = owner
            draft(Draft(owner, number, rdata, ttl))
            at += 1
            line(at)
        return at
