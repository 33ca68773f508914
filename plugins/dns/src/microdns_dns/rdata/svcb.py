"""SVCB and HTTPS: how a service is reached (RFC 9460).

JSON is ours; text, with its two levels of escapes, and the rules between parameters are
dnspython's.
"""

import base64
import socket
from collections.abc import Callable
from typing import NamedTuple

from microdns.errors import Invalid, Problem
from microdns_dns import names
from microdns_dns.rdata.base import Json, RdataType, expect_text, invalid, kind_of, within_limit
from microdns_dns.rdata.fields import Integer, Name, counted, octets_from_json, octets_to_json
from microdns_dns.rdata.foreign import (
    check_foreign,
    foreign_canonical,
    foreign_octets,
    foreign_text,
)
from microdns_dns.rdata.lexer import Words


class _Parameter(NamedTuple):
    """A SvcParam: how its value is read from and written as JSON."""

    name: str
    to_json: Callable[[bytes], Json]
    from_json: Callable[[Json], bytes]


def _expect_list(value: Json) -> list[Json]:
    if not isinstance(value, list | tuple) or not value:
        raise ValueError("must be a list of at least one")
    return list(value)


def _flag_to_json(_value: bytes) -> Json:
    return True


def _flag_from_json(value: Json) -> bytes:
    if value is not True:
        raise ValueError("must be true, or left out")
    return b""


def _keys_to_json(value: bytes) -> Json:
    return [_key_name(int.from_bytes(value[at : at + 2], "big")) for at in range(0, len(value), 2)]


def _keys_from_json(value: Json) -> bytes:
    numbers = sorted(_key_number(expect_text(key)) for key in _expect_list(value))
    return b"".join([number.to_bytes(2, "big") for number in numbers])


def _strings_to_json(value: bytes) -> Json:
    found: list[Json] = []
    at = 0
    while at < len(value):
        end = at + 1 + value[at]
        found.append(octets_to_json(value[at + 1 : end]))
        at = end
    return found


def _strings_from_json(value: Json) -> bytes:
    return b"".join([counted(octets_from_json(item)) for item in _expect_list(value)])


def _port_to_json(value: bytes) -> Json:
    return int.from_bytes(value, "big")


def _addresses_to_json(family: socket.AddressFamily, octets: int) -> Callable[[bytes], Json]:
    def to_json(value: bytes) -> Json:
        starts = range(0, len(value), octets)
        return [socket.inet_ntop(family, value[at : at + octets]) for at in starts]

    return to_json


def _addresses_from_json(family: socket.AddressFamily) -> Callable[[Json], bytes]:
    def from_json(value: Json) -> bytes:
        try:
            return b"".join([socket.inet_pton(family, item) for item in _expect_list(value)])
        except (OSError, TypeError, ValueError):
            raise ValueError("must be a list of addresses") from None

    return from_json


def _base64_to_json(value: bytes) -> Json:
    return base64.b64encode(value).decode()


def _base64_from_json(value: Json) -> bytes:
    return base64.b64decode(expect_text(value), validate=True)


def _other_to_json(value: bytes) -> Json:
    return octets_to_json(value) if value else True


def _other_from_json(value: Json) -> bytes:
    return b"" if value is True else octets_from_json(value)


_KNOWN: dict[int, _Parameter] = {
    0: _Parameter("mandatory", _keys_to_json, _keys_from_json),
    1: _Parameter("alpn", _strings_to_json, _strings_from_json),
    2: _Parameter("no-default-alpn", _flag_to_json, _flag_from_json),
    3: _Parameter("port", _port_to_json, Integer("port", 2).from_json),
    4: _Parameter(
        "ipv4hint",
        _addresses_to_json(socket.AF_INET, 4),
        _addresses_from_json(socket.AF_INET),
    ),
    5: _Parameter("ech", _base64_to_json, _base64_from_json),
    6: _Parameter(
        "ipv6hint",
        _addresses_to_json(socket.AF_INET6, 16),
        _addresses_from_json(socket.AF_INET6),
    ),
    7: _Parameter("dohpath", _other_to_json, _other_from_json),
    8: _Parameter("ohttp", _flag_to_json, _flag_from_json),
}
_NUMBERS = {parameter.name: number for number, parameter in _KNOWN.items()}


def _key_name(number: int) -> str:
    return _KNOWN[number].name if number in _KNOWN else f"key{number}"


def _key_number(name: str) -> int:
    known = _NUMBERS.get(name)
    if known is not None:
        return known
    digits = name[3:]
    if not (name.startswith("key") and digits.isascii() and digits.isdigit() and len(digits) < 6):
        raise ValueError(f"{name[:40]!r} is not a parameter: write {', '.join(_NUMBERS)} or key123")
    if int(digits) > 0xFFFF or str(int(digits)) != digits:
        raise ValueError(f"{name!r} is not a parameter's number")
    return int(digits)


def _parameter(number: int) -> _Parameter:
    return _KNOWN.get(number) or _Parameter(f"key{number}", _other_to_json, _other_from_json)


def _params_to_json(wire: bytes) -> dict[str, Json]:
    found: dict[str, Json] = {}
    at = 0
    while at < len(wire):
        number = int.from_bytes(wire[at : at + 2], "big")
        end = at + 4 + int.from_bytes(wire[at + 2 : at + 4], "big")
        parameter = _parameter(number)
        found[parameter.name] = parameter.to_json(wire[at + 4 : end])
        at = end
    return found


def _params_from_json(params: Json) -> tuple[bytes, list[Problem]]:
    if not isinstance(params, dict):
        return b"", [Problem("params", f"must be an object, not {kind_of(params)}")]
    problems: list[Problem] = []
    values: dict[int, bytes] = {}
    for name, value in params.items():
        try:
            number = _key_number(str(name))
            if number in values:
                raise ValueError("is given twice")
            values[number] = within_limit(_parameter(number).from_json(value))
        except ValueError as error:
            problems.append(Problem(f"params.{name}", str(error)))
    wire = b"".join(
        [
            number.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value
            for number, value in sorted(values.items())
        ]
    )
    return wire, problems


class ServiceBinding(RdataType):
    """SVCB or HTTPS: ``{"priority": 1, "target": ".", "params": {"alpn": ["h2"]}}``."""

    _priority = Integer("priority", 2)
    _target = Name("target")

    def check(self, rdata: bytes) -> None:
        check_foreign(self.number, rdata)

    def to_json(self, rdata: bytes) -> Json:
        end = names.wire_end(rdata, 2)
        return {
            "priority": int.from_bytes(rdata[:2], "big"),
            "target": names.to_text(rdata[2:end]),
            "params": _params_to_json(rdata[end:]),
        }

    def from_json(self, data: Json) -> bytes:
        if not isinstance(data, dict):
            raise invalid(f"must be an object with priority, target, params, not {kind_of(data)}")
        problems = [
            Problem(str(key), f"unknown; {self.name} data have priority, target, params")
            for key in data
            if key not in ("priority", "target", "params")
        ]
        pieces: list[bytes] = []
        for field in (self._priority, self._target):
            try:
                if field.name not in data:
                    raise ValueError("is missing")
                pieces.append(field.from_json(data[field.name]))
            except ValueError as error:
                problems.append(Problem(field.name, str(error)))
        params, wrong = _params_from_json(data.get("params", {}))
        if problems or wrong:
            raise Invalid.of(*problems, *wrong)
        return self._checked(b"".join(pieces) + params)

    def _checked(self, rdata: bytes) -> bytes:
        try:
            self.check(within_limit(rdata))
        except ValueError as error:
            raise invalid(error) from None
        return rdata

    def to_text(self, rdata: bytes) -> str:
        return foreign_text(self.number, rdata)

    def from_text(self, words: Words) -> bytes:
        return foreign_octets(self.number, words)

    def canonical(self, rdata: bytes) -> bytes:
        return foreign_canonical(self.number, rdata)
