"""What every record type offers: its data as wire bytes, as JSON and as zone-file text."""

from abc import ABC, abstractmethod
from typing import Any

from microdns.errors import Invalid, Problem
from microdns_dns.rdata.lexer import Words

Json = Any
"""A string, a number, a list or a dict, as ``json.loads`` gives them."""

RDATA_MAX = 0xFFFF
"""Octets (RFC 1035 3.2.1)."""


class RdataType(ABC):
    """One RR type.  Wire rdata is without compression, and valid once ``check`` has passed.

    ``example`` is one record's data as zone-file text: for manuals, and for the tests.
    """

    def __init__(self, name: str, number: int, *, example: str = "") -> None:
        self.name = name
        self.number = number
        self.example = example

    @abstractmethod
    def check(self, rdata: bytes) -> None:
        """Raise ValueError unless these octets are valid data of the type."""

    @abstractmethod
    def to_json(self, rdata: bytes) -> Json:
        """The data as JSON."""

    @abstractmethod
    def from_json(self, data: Json) -> bytes:
        """The wire form of JSON; raises ``Invalid`` with paths relative to ``data``."""

    @abstractmethod
    def to_text(self, rdata: bytes) -> str:
        """The data as a zone file writes them, names absolute."""

    @abstractmethod
    def from_text(self, words: Words) -> bytes:
        """The wire form of words, names relative to their origin; raises ValueError."""

    def canonical(self, rdata: bytes) -> bytes:
        """Bytes that are equal when the data mean the same: embedded names folded."""
        return rdata


def invalid(message: str | ValueError, path: str = "") -> Invalid:
    """One wrong value as the error that operations raise."""
    return Invalid.of(Problem(path, str(message)))


def within_limit(rdata: bytes) -> bytes:
    """The data, which must fit a record; raises ValueError."""
    if len(rdata) > RDATA_MAX:
        raise ValueError(f"{len(rdata)} octets of data; {RDATA_MAX} is the most")
    return rdata


def expect_text(value: Json) -> str:
    """The value, which must be a string; raises ValueError."""
    if not isinstance(value, str):
        raise ValueError(f"must be a string, not {kind_of(value)}")
    return value


def kind_of(value: Json) -> str:
    """What JSON calls a value's kind."""
    if value is None:
        return "null"
    kinds = {bool: "a boolean", int: "a number", float: "a number", str: "a string"}
    return kinds.get(type(value), "a list" if isinstance(value, list | tuple) else "an object")
