"""The parameters of SVCB and HTTPS (RFC 9460 section 7): wire, JSON and text of each.

A value's text has two levels of escapes: those of a character-string, which the lexer takes away,
and in lists those of commas (RFC 9460 appendix A.1), which are dealt with here.
"""

import base64
import re
import socket
from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import pairwise

from microdns_dns.rdata.base import Json, expect_text
from microdns_dns.rdata.fields import counted, octets_from_json, octets_to_json

_LIST_ITEM = re.compile(rb"(?:[^,\\]|\\[,\\])*")
_ECH_OCTETS_MIN = 6


class Parameter(ABC):
    """One SvcParam.  ``name`` is its key in text and JSON."""

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def check(self, value: bytes) -> None:
        """Raise ValueError unless the octets are a valid value."""

    @abstractmethod
    def to_json(self, value: bytes) -> Json:
        """The value as JSON; ``true`` stands for none."""

    @abstractmethod
    def from_json(self, value: Json) -> bytes:
        """The octets of a JSON value; raises ValueError."""

    @abstractmethod
    def to_text(self, value: bytes) -> bytes:
        """The octets of the value's text, empty for none."""

    @abstractmethod
    def from_text(self, text: bytes) -> bytes:
        """The octets that a text stands for; raises ValueError."""


class Octets(Parameter):
    """Octets as they are."""

    def check(self, value: bytes) -> None:
        """Any will do."""

    def to_json(self, value: bytes) -> Json:
        return octets_to_json(value) if value else True

    def from_json(self, value: Json) -> bytes:
        return b"" if value is True else octets_from_json(value)

    def to_text(self, value: bytes) -> bytes:
        return value

    def from_text(self, text: bytes) -> bytes:
        return text


class Flag(Parameter):
    """A parameter that is there or not."""

    def check(self, value: bytes) -> None:
        if value:
            raise ValueError("takes no value")

    def to_json(self, value: bytes) -> Json:
        return True

    def from_json(self, value: Json) -> bytes:
        if value is not True:
            raise ValueError("must be true, or left out")
        return b""

    def to_text(self, value: bytes) -> bytes:
        return b""

    def from_text(self, text: bytes) -> bytes:
        self.check(text)
        return b""


class Strings(Parameter):
    """A list of character-strings, none of them empty."""

    def __init__(self, name: str, *, may_be_empty: bool = False) -> None:
        super().__init__(name)
        self._may_be_empty = may_be_empty

    def check(self, value: bytes) -> None:
        items = self._items(value)
        if b"" in items or not (items or self._may_be_empty):
            raise ValueError("must be strings that are not empty")

    @staticmethod
    def _items(value: bytes) -> list[bytes]:
        found: list[bytes] = []
        at = 0
        while at < len(value):
            end = at + 1 + value[at]
            if end > len(value):
                raise ValueError("is cut off")
            found.append(value[at + 1 : end])
            at = end
        return found

    def to_json(self, value: bytes) -> Json:
        return [octets_to_json(item) for item in self._items(value)]

    def from_json(self, value: Json) -> bytes:
        given = [] if value == [] else _expect_list(value)
        return self._join([octets_from_json(item) for item in given])

    def to_text(self, value: bytes) -> bytes:
        items = self._items(value)
        return b",".join([re.sub(rb"[,\\]", rb"\\\g<0>", item) for item in items])

    def from_text(self, text: bytes) -> bytes:
        return self._join(_list_items(text) if text else [])

    def _join(self, items: Sequence[bytes]) -> bytes:
        value = b"".join([counted(item) for item in items])
        self.check(value)
        return value


class Port(Parameter):
    """A port number."""

    def check(self, value: bytes) -> None:
        if len(value) != 2:
            raise ValueError("must have two octets")

    def to_json(self, value: bytes) -> Json:
        return int.from_bytes(value, "big")

    def from_json(self, value: Json) -> bytes:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 0xFFFF:
            raise ValueError("must be a number from 0 to 65535")
        return value.to_bytes(2, "big")

    def to_text(self, value: bytes) -> bytes:
        return str(int.from_bytes(value, "big")).encode()

    def from_text(self, text: bytes) -> bytes:
        if not text.isdigit() or len(text) > 20:
            raise ValueError("must be a number from 0 to 65535")
        return self.from_json(int(text))


class Addresses(Parameter):
    """IPv4 or IPv6 addresses, at least one."""

    def __init__(self, name: str, family: socket.AddressFamily) -> None:
        super().__init__(name)
        self._family = family
        self._octets = 4 if family == socket.AF_INET else 16

    def check(self, value: bytes) -> None:
        if not value or len(value) % self._octets:
            raise ValueError(f"must be addresses of {self._octets} octets")

    def _texts(self, value: bytes) -> list[str]:
        starts = range(0, len(value), self._octets)
        return [socket.inet_ntop(self._family, value[at : at + self._octets]) for at in starts]

    def to_json(self, value: bytes) -> Json:
        return self._texts(value)

    def from_json(self, value: Json) -> bytes:
        return self._join([expect_text(item) for item in _expect_list(value)])

    def to_text(self, value: bytes) -> bytes:
        return ",".join(self._texts(value)).encode()

    def from_text(self, text: bytes) -> bytes:
        return self._join(text.decode("ascii", "replace").split(","))

    def _join(self, texts: list[str]) -> bytes:
        try:
            return b"".join([socket.inet_pton(self._family, text) for text in texts])
        except (OSError, ValueError):
            raise ValueError("must be a list of addresses") from None


class Ech(Parameter):
    """An ECHConfigList, in base64: its length, then the rest (RFC 9848)."""

    def check(self, value: bytes) -> None:
        if len(value) < _ECH_OCTETS_MIN or int.from_bytes(value[:2], "big") != len(value) - 2:
            raise ValueError("is not an ECHConfigList")

    def to_json(self, value: bytes) -> Json:
        return base64.b64encode(value).decode()

    def from_json(self, value: Json) -> bytes:
        return self.from_text(expect_text(value).encode())

    def to_text(self, value: bytes) -> bytes:
        return base64.b64encode(value)

    def from_text(self, text: bytes) -> bytes:
        try:
            value = base64.b64decode(text, validate=True)
        except ValueError:
            raise ValueError("must be base64") from None
        self.check(value)
        return value


class Keys(Parameter):
    """The list of parameters that a client must understand, in ascending order (RFC 9460 8)."""

    def check(self, value: bytes) -> None:
        if not value or len(value) % 2:
            raise ValueError("must be parameters of two octets")
        keys = self.numbers(value)
        if keys[0] == MANDATORY or any(one >= other for one, other in pairwise(keys)):
            raise ValueError("must name parameters once each, and not itself")

    @staticmethod
    def numbers(value: bytes) -> list[int]:
        """The parameters' numbers."""
        return [int.from_bytes(value[at : at + 2], "big") for at in range(0, len(value), 2)]

    def to_json(self, value: bytes) -> Json:
        return [parameter(number).name for number in self.numbers(value)]

    def from_json(self, value: Json) -> bytes:
        return self._join([expect_text(item) for item in _expect_list(value)])

    def to_text(self, value: bytes) -> bytes:
        return ",".join([parameter(number).name for number in self.numbers(value)]).encode()

    def from_text(self, text: bytes) -> bytes:
        return self._join(text.decode("ascii", "replace").split(","))

    def _join(self, names: list[str]) -> bytes:
        numbers = sorted(number_of(name) for name in names)
        value = b"".join([number.to_bytes(2, "big") for number in numbers])
        self.check(value)
        return value


MANDATORY, ALPN, NO_DEFAULT_ALPN = 0, 1, 2

_KNOWN: dict[int, Parameter] = {
    MANDATORY: Keys("mandatory"),
    ALPN: Strings("alpn"),
    NO_DEFAULT_ALPN: Flag("no-default-alpn"),
    3: Port("port"),
    4: Addresses("ipv4hint", socket.AF_INET),
    5: Ech("ech"),
    6: Addresses("ipv6hint", socket.AF_INET6),
    7: Octets("dohpath"),
    8: Flag("ohttp"),
    10: Strings("docpath", may_be_empty=True),
}
_NUMBERS = {known.name: number for number, known in _KNOWN.items()}


def parameter(number: int) -> Parameter:
    """The parameter of a number; those not known hold plain octets."""
    return _KNOWN.get(number) or Octets(f"key{number}")


def number_of(name: str) -> int:
    """The number of a parameter by its name or as ``key123``; raises ValueError."""
    known = _NUMBERS.get(name)
    if known is not None:
        return known
    digits = name[3:]
    if not (name.startswith("key") and digits.isascii() and digits.isdigit() and len(digits) < 6):
        raise ValueError(f"{name[:40]!r} is not a parameter: write {', '.join(_NUMBERS)} or key123")
    if int(digits) > 0xFFFF or str(int(digits)) != digits:
        raise ValueError(f"{name!r} is not a parameter's number")
    return int(digits)


def _expect_list(value: Json) -> list[Json]:
    if not isinstance(value, list | tuple) or not value:
        raise ValueError("must be a list of at least one")
    return list(value)


def _list_items(text: bytes) -> list[bytes]:
    """Items between commas, with ``\\,`` and ``\\\\`` for commas and backslashes in them."""
    items: list[bytes] = []
    at = 0
    while True:
        match = _LIST_ITEM.match(text, at)
        end = at if match is None else match.end()
        items.append(re.sub(rb"\\([,\\])", rb"\1", text[at:end]))
        if end == len(text):
            return items
        if text[end : end + 1] != b",":
            raise ValueError("a list may escape commas and backslashes only")
        at = end + 1
