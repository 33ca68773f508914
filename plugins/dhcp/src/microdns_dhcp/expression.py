"""Expressions over a packet, by which clients are put into classes.

::

    vendor_class startswith "PXEClient" and arch in [7, 9]
    option(43) exists and not (mac == 02:00:00:00:00:01)

Nothing is evaluated but what stands here: values are octets, text or numbers; there are
comparisons, ``in``, ``startswith``, ``endswith``, ``contains``, ``exists``, ``and``, ``or``,
``not`` and parentheses.  The cost of a check grows with the length of the expression and the
packet, and with nothing else; there are no loops and no patterns that could run away.

::

    either     = both ("or" both)*
    both       = negated ("and" negated)*
    negated    = "not" negated | "(" either ")" | test
    test       = field ["exists" | operator value | "in" list]
    field      = NAME | NAME "(" NUMBER | NAME ")" ["." "hex" | "text" | "number"]
    value      = STRING | NUMBER | 0xHEX | aa:bb:cc… | "true" | "false"
    list       = "[" value ("," value)* "]"

A field that the packet lacks is absent: every test of it is false, so ``not`` makes it true.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

P = TypeVar("P")

Value = bytes | str | int | bool | None
Field = Callable[[Any], Value]
Test = Callable[[Any], bool]
FieldFinder = Callable[[str, str | int | None], Field]
"""Gives the reader of a field by its name and argument; raises ValueError for an unknown one."""

LENGTH_MAX = 2_000
DEPTH_MAX = 32

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<mac>[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2})+)
    | (?P<hex>0x[0-9A-Fa-f]*)
    | (?P<number>\d+)
    | (?P<name>[A-Za-z_][A-Za-z0-9_-]*)
    | (?P<mark>==|!=|<=|>=|[<>()\[\],.])
    )""",
    re.VERBOSE,
)


class BadExpression(ValueError):
    """What is wrong with an expression, and where."""


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


def compile_expression(text: str, find: FieldFinder) -> Test:
    """A function of a packet that says whether the expression is true; never raises when called.

    ``find`` knows the fields.  Raises BadExpression.
    """
    if len(text) > LENGTH_MAX:
        raise BadExpression(f"an expression has at most {LENGTH_MAX} characters")
    return _Parser(list(_tokens(text)), find).whole()


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise BadExpression(f"at {at + 1}: {text[at : at + 10].strip()!r} is not understood")
        kind = str(match.lastgroup)
        yield _Token(kind, match[kind], match.start(kind))
        at = match.end()
    yield _Token("end", "the end", end)


class _Parser:
    """Recursive descent, with a bound on its depth."""

    def __init__(self, tokens: list[_Token], find: FieldFinder) -> None:
        self._tokens = tokens
        self._find = find
        self._at = 0
        self._depth = 0

    def whole(self) -> Test:
        test = self._either()
        self._expect("end", "the end")
        return test

    def _either(self) -> Test:
        tests = [self._both()]
        while self._take("name", "or"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda p: any(test(p) for test in tests)

    def _both(self) -> Test:
        tests = [self._negated()]
        while self._take("name", "and"):
            tests.append(self._negated())
        return tests[0] if len(tests) == 1 else lambda p: all(test(p) for test in tests)

    def _negated(self) -> Test:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise BadExpression(f"is nested deeper than {DEPTH_MAX}")
        try:
            if self._take("name", "not"):
                test = self._negated()
                return lambda p: not test(p)
            if self._take("mark", "("):
                test = self._either()
                self._expect("mark", ")")
                return test
            return self._test()
        finally:
            self._depth -= 1

    def _test(self) -> Test:
        field = self._field()
        if self._take("name", "exists"):
            return lambda p: field(p) is not None
        if self._take("name", "in"):
            values = self._list()
            return lambda p: any(_equal(field(p), value) for value in values)
        for name, compare in _OPERATORS.items():
            kind = "name" if name.isalpha() else "mark"
            if self._take(kind, name):
                value = self._value()
                return _comparison(field, compare, value)
        return lambda p: bool(field(p))

    def _field(self) -> Field:
        name = self._expect("name", "")
        argument: str | int | None = None
        if self._take("mark", "("):
            token = self._next()
            if token.kind not in ("number", "name", "string"):
                raise self._unexpected(token, "a number or a name")
            argument = int(token.text) if token.kind == "number" else _unquoted(token)
            self._expect("mark", ")")
        try:
            field = self._find(name.text, argument)
        except ValueError as error:
            raise BadExpression(f"at {name.at + 1}: {error}") from None
        return self._converted(field) if self._take("mark", ".") else field

    def _converted(self, field: Field) -> Field:
        name = self._expect("name", "")
        convert = _CONVERSIONS.get(name.text)
        if convert is None:
            raise self._unexpected(name, ".hex, .text or .number")
        return lambda p: None if (value := field(p)) is None else convert(value)

    def _list(self) -> list[Value]:
        self._expect("mark", "[")
        values = [self._value()]
        while self._take("mark", ","):
            values.append(self._value())
        self._expect("mark", "]")
        return values

    def _value(self) -> Value:
        token = self._next()
        if token.kind == "string":
            return _unquoted(token)
        if token.kind == "number":
            return int(token.text)
        if token.kind == "hex":
            return bytes.fromhex(token.text[2:].zfill(len(token.text[2:]) + 1 & ~1))
        if token.kind == "mac":
            return bytes.fromhex(token.text.replace(":", ""))
        if token.text in ("true", "false"):
            return token.text == "true"
        raise self._unexpected(token, 'a value: "text", 1, 0x01 or 02:00:00:00:00:01')

    def _next(self) -> _Token:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _take(self, kind: str, text: str) -> bool:
        token = self._tokens[self._at]
        if token.kind == kind and token.text == text:
            self._at += 1
            return True
        return False

    def _expect(self, kind: str, text: str) -> _Token:
        token = self._next()
        if token.kind != kind or (text and token.text != text):
            raise self._unexpected(token, text or "a field's name")
        return token

    @staticmethod
    def _unexpected(token: _Token, wanted: str) -> BadExpression:
        return BadExpression(f"at {token.at + 1}: {token.text[:40]!r} where {wanted} should be")


def _unquoted(token: _Token) -> str:
    if token.kind != "string":
        return token.text
    return re.sub(r"\\(.)", r"\1", token.text[1:-1])


def _comparison(field: Field, compare: Callable[[Any, Any], bool], value: Value) -> Test:
    def test(packet: Any) -> bool:
        found = field(packet)
        if found is None:
            return False
        one, other = _alike(found, value)
        return type(one) is type(other) and compare(one, other)

    return test


def _equal(found: Value, value: Value) -> bool:
    if found is None:
        return False
    one, other = _alike(found, value)
    return type(one) is type(other) and one == other


def _alike(found: Value, value: Value) -> tuple[Value, Value]:
    """A field's value and a written one in one type, where that makes sense."""
    if isinstance(found, bytes):
        if isinstance(value, str):
            return found, value.encode()
        if isinstance(value, int) and not isinstance(value, bool):
            return int.from_bytes(found, "big"), value
    if isinstance(found, str) and isinstance(value, bytes):
        return found.encode(), value
    return found, value


def _within(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Only for octets and text."""
    return lambda one, other: isinstance(one, bytes | str) and compare(one, other)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Only for numbers."""
    return lambda one, other: isinstance(one, int) and compare(one, other)


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda one, other: bool(one == other),
    "!=": lambda one, other: bool(one != other),
    "<=": _ordered(lambda one, other: bool(one <= other)),
    ">=": _ordered(lambda one, other: bool(one >= other)),
    "<": _ordered(lambda one, other: bool(one < other)),
    ">": _ordered(lambda one, other: bool(one > other)),
    "startswith": _within(lambda one, other: bool(one.startswith(other))),
    "endswith": _within(lambda one, other: bool(one.endswith(other))),
    "contains": _within(lambda one, other: other in one),
}


def _as_number(value: Value) -> Value:
    if isinstance(value, bytes):
        return int.from_bytes(value[:8], "big")
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) < 20 else None
    return value


def _as_text(value: Value) -> Value:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _as_hex(value: Value) -> Value:
    if isinstance(value, bytes):
        return value.hex()
    return value.encode().hex() if isinstance(value, str) else value


_CONVERSIONS: dict[str, Callable[[Value], Value]] = {
    "hex": _as_hex,
    "text": _as_text,
    "number": _as_number,
}
