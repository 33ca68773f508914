"""The common forms of a record on one line, read without tokens.

Most lines of most zone files are ``owner [ttl] [IN] type data`` with plain letters and nothing to
unescape.  They are taken apart by one regular expression.  Whatever does not fit, and whatever
looks wrong, is left to the careful reader, which also finds the words for the mistake: what is
read here is read there to the same record.
"""

import re
import socket
from collections.abc import Callable

from microdns_dns import names
from microdns_dns.model import TTL_MAX
from microdns_dns.rdata.numbers import BY_NAME

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
        self._ending = "." + names.to_absolute_text(zone).lower() if zone != names.ROOT else "."
        relative = names.to_relative_text(origin, zone)
        self._suffix: str | None = "" if relative == "@" else f".{relative}"
        if not names.is_subdomain(origin, zone):
            self._suffix = None
        self._room = names.NAME_MAX - len(origin)
        self._targets: dict[str, bytes] = {}

    def owner(self, text: str) -> str:
        """An owner in plain letters, relative to the zone; raises Misfit."""
        if text.endswith("."):
            return self._absolute_owner(text)
        suffix = self._suffix
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
        if not text.lower().endswith(self._ending) or len(text) >= names.NAME_MAX:
            raise Misfit  # the zone's own name, a name outside, or a wrong one
        relative = text[: -len(self._ending)]
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


class FastReader:
    """Reads one line at a time within a scope."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._owner_text = ""
        self._owner = ""

    def read(self, line: str) -> tuple[str, int | None, int, bytes] | None:
        """Owner (relative; empty for the one before), TTL, type, rdata; None for a misfit."""
        match = _LINE.fullmatch(line)
        if match is None:
            return None
        owner, ttl_before, ttl_after, kind, data = match.groups()
        if owner and owner != self._owner_text:
            try:
                self._owner = self.scope.owner(owner)
            except Misfit:
                return None
            self._owner_text = owner
        number, reader = _READERS[kind]
        try:
            rdata = reader(self.scope, data.rstrip(" \t"))
        except _MISFITS:
            return None
        if ttl_before is None:
            ttl_before = ttl_after
        elif ttl_after is not None:
            return None
        if ttl_before is None:
            return (self._owner if owner else ""), None, number, rdata
        ttl = int(ttl_before)
        return ((self._owner if owner else ""), ttl, number, rdata) if ttl <= TTL_MAX else None
