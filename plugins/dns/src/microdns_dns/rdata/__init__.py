"""The data of records, type by type: wire bytes, JSON, zone-file text.

A type is a file in ``types`` named after its mnemonic, which holds one ``TYPE``; it is loaded when
first used.  Types without a file go through dnspython where it knows them, and otherwise have
the generic form of RFC 3597.

Names inside the data: in JSON absolute, with or without a final dot (``mail.example.com``); in
text as in zone files, relative to the origin unless a dot ends them.
"""

from functools import cache, lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import cast

from microdns.errors import Invalid, Problem
from microdns_dns.rdata.base import Json, RdataType, within_limit
from microdns_dns.rdata.foreign import Foreign, is_known
from microdns_dns.rdata.generic import MARK, Generic, generic_octets, generic_text
from microdns_dns.rdata.lexer import Token, Words, tokens_of
from microdns_dns.rdata.numbers import BY_NUMBER, is_data, type_name, type_number

__all__ = [
    "Json",
    "RdataType",
    "Token",
    "data_type_number",
    "generic_text",
    "rdata_canonical",
    "rdata_check",
    "rdata_from_json",
    "rdata_from_text",
    "rdata_from_tokens",
    "rdata_to_json",
    "rdata_to_text",
    "rdata_type",
    "tokens_of",
    "type_name",
    "type_number",
]


@cache
def rdata_type(number: int) -> RdataType:
    """Everything about a type, by its number (0 to 65535)."""
    mnemonic = BY_NUMBER.get(number)
    if mnemonic is None:
        return Generic(type_name(number), number)
    module = f"{__name__}.types.{mnemonic.lower().replace('-', '_')}"
    if find_spec(module) is not None:
        return cast(RdataType, import_module(module).TYPE)
    if is_known(number):
        return Foreign(mnemonic, number)
    return Generic(mnemonic, number)


def rdata_from_json(type: str, data: Json, path: str = "data") -> tuple[int, bytes]:
    """Type number and wire rdata of ``{"type": type, "data": data}``.

    Raises ``Invalid``, its problems' paths below ``path``.
    """
    try:
        number = data_type_number(type)
    except ValueError as error:
        raise Invalid.of(Problem(f"{path}.type", str(error))) from None
    try:
        return number, rdata_type(number).from_json(data)
    except Invalid as error:
        raise Invalid.of(
            *[
                Problem(_below(f"{path}.data", problem.path), problem.message)
                for problem in error.problems
            ]
        ) from None


def _below(path: str, inner: str) -> str:
    return path + (inner if inner.startswith("[") or not inner else f".{inner}")


@lru_cache(256)
def data_type_number(name: str) -> int:
    """The number of a type that zones may hold; raises ValueError."""
    number = type_number(name)
    if not is_data(number):
        raise ValueError(f"{type_name(number)} is not a type that a zone may hold")
    return number


def rdata_to_json(type: int, rdata: bytes) -> Json:
    """The ``data`` part of a record's JSON."""
    return rdata_type(type).to_json(rdata)


def rdata_from_text(
    type: int, text: str, origin: bytes | None = None, *, typed: bool = False
) -> bytes:
    """Wire rdata of one line of zone-file text, names relative to ``origin``; raises ValueError.

    Text that a person ``typed`` must end names that have dots in them with a dot.
    """
    return rdata_from_tokens(type, tokens_of(text), origin, typed=typed)


def rdata_from_tokens(
    type: int, tokens: list[Token], origin: bytes | None = None, *, typed: bool = False
) -> bytes:
    """Wire rdata of tokens; any type may be in the generic form (RFC 3597). Raises ValueError."""
    words = Words(tokens, origin, typed=typed)
    kind = rdata_type(type)
    if words.peek() == MARK and not tokens[0].quoted:
        rdata = generic_octets(words)
        kind.check(rdata)
    else:
        rdata = kind.from_text(words)
    words.end()
    return within_limit(rdata)


def rdata_to_text(type: int, rdata: bytes) -> str:
    """Rdata as zone-file text, names absolute."""
    return rdata_type(type).to_text(rdata)


def rdata_check(type: int, rdata: bytes) -> None:
    """Raise ValueError unless the octets are valid data of the type, without compression."""
    within_limit(rdata)
    rdata_type(type).check(rdata)


def rdata_canonical(type: int, rdata: bytes) -> bytes:
    """Bytes that are equal for equal data: embedded names folded."""
    return rdata_type(type).canonical(rdata)
