"""SVCB and HTTPS: how a service is reached (RFC 9460)."""

from collections.abc import Callable
from typing import TypeVar

from microdns.errors import Invalid, Problem
from microdns_dns import names
from microdns_dns.rdata.base import Json, RdataType, invalid, kind_of, within_limit
from microdns_dns.rdata.fields import Integer, Name
from microdns_dns.rdata.lexer import Token, Words, quote
from microdns_dns.rdata.svcparams import (
    ALPN,
    MANDATORY,
    NO_DEFAULT_ALPN,
    Keys,
    number_of,
    parameter,
)

T = TypeVar("T")

Params = dict[int, bytes]


class ServiceBinding(RdataType):
    """``{"priority": 1, "target": ".", "params": {"alpn": ["h2"]}}``; priority 0 is an alias."""

    _priority = Integer("priority", 2)
    _target = Name("target")

    def check(self, rdata: bytes) -> None:
        _, _, params = self._parts(rdata)
        for number, value in params.items():
            _explained(number, parameter(number).check, value)
        _check_together(rdata[:2], params)

    def _parts(self, rdata: bytes) -> tuple[int, bytes, Params]:
        """Priority, target and parameters in their order; raises ValueError."""
        if len(rdata) < 2:
            raise ValueError("priority is cut off")
        at = end = names.wire_end(rdata, 2)
        params: Params = {}
        before = -1
        while at < len(rdata):
            number = int.from_bytes(rdata[at : at + 2], "big")
            start = at + 4
            at = start + int.from_bytes(rdata[at + 2 : start], "big")
            if start > len(rdata) or at > len(rdata):
                raise ValueError("a parameter is cut off")
            if number <= before:
                raise ValueError("parameters are not in ascending order")
            before = number
            params[number] = rdata[start:at]
        return int.from_bytes(rdata[:2], "big"), rdata[2:end], params

    def to_json(self, rdata: bytes) -> Json:
        priority, target, params = self._parts(rdata)
        return {
            "priority": priority,
            "target": names.to_text(target),
            "params": {
                parameter(number).name: parameter(number).to_json(value)
                for number, value in params.items()
            },
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
        try:
            return self._joined(pieces[0], pieces[1], params)
        except ValueError as error:
            raise invalid(error) from None

    def _joined(self, priority: bytes, target: bytes, params: Params) -> bytes:
        _check_together(priority, params)
        pieces = [
            number.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value
            for number, value in sorted(params.items())
        ]
        return within_limit(b"".join([priority, target, *pieces]))

    def to_text(self, rdata: bytes) -> str:
        priority, target, params = self._parts(rdata)
        words = [str(priority), names.to_absolute_text(target)]
        for number, value in params.items():
            shown = parameter(number).to_text(value)
            name = parameter(number).name
            words.append(f"{name}={quote(shown)}" if shown else name)
        return " ".join(words)

    def from_text(self, words: Words) -> bytes:
        priority = self._priority.from_text(words)
        target = self._target.from_text(words)
        params: Params = {}
        while len(words):
            number, value = _param_from_text(words)
            if number in params:
                raise ValueError(f"{parameter(number).name} is given twice")
            params[number] = value
        return self._joined(priority, target, params)

    def canonical(self, rdata: bytes) -> bytes:
        end = names.wire_end(rdata, 2)
        return rdata[:2] + names.fold(rdata[2:end]) + rdata[end:]


def _check_together(priority: bytes, params: Params) -> None:
    """Raise ValueError for parameters that do not go together (RFC 9460 2.4.2, 7.1, 8)."""
    if priority == b"\0\0" and params:
        raise ValueError("an alias (priority 0) has no parameters")
    if NO_DEFAULT_ALPN in params and ALPN not in params:
        raise ValueError("no-default-alpn needs alpn")
    for number in Keys.numbers(params.get(MANDATORY, b"")):
        if number not in params:
            raise ValueError(f"{parameter(number).name} is mandatory and missing")


def _params_from_json(data: Json) -> tuple[Params, list[Problem]]:
    if not isinstance(data, dict):
        return {}, [Problem("params", f"must be an object, not {kind_of(data)}")]
    problems: list[Problem] = []
    params: Params = {}
    for name, value in data.items():
        try:
            number = number_of(str(name))
            if number in params:
                raise ValueError("is given twice")
            octets = within_limit(parameter(number).from_json(value))
            parameter(number).check(octets)
            params[number] = octets
        except ValueError as error:
            problems.append(Problem(f"params.{name}", str(error)))
    return params, problems


def _param_from_text(words: Words) -> tuple[int, bytes]:
    """The next parameter: ``key``, ``key=value`` or ``key="value"``."""
    name, equals, text = words.word("a parameter").partition("=")
    value = Token(text)
    if equals and not text:
        value = words.glued("a value")
    number = number_of(name)
    known = parameter(number)
    octets = value.octets()
    if name != known.name:  # key1 for alpn: the value as it is on the wire
        _explained(number, known.check, octets)
        return number, octets
    return number, _explained(number, known.from_text, octets)


def _explained(number: int, work: Callable[[bytes], T], value: bytes) -> T:
    """Do it; a ValueError names the parameter."""
    try:
        return work(value)
    except ValueError as error:
        raise ValueError(f"{parameter(number).name} {error}") from None
