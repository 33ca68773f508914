"""``$GENERATE``: BIND's way to write many similar records in a line."""

import re
from collections.abc import Iterator

from microdns_dns.rdata.lexer import Token

GENERATE_MAX = 65_536
"""Records that one directive may make."""

_RANGE = re.compile(r"([0-9]{1,10})-([0-9]{1,10})(?:/([0-9]{1,10}))?")
_PLACE = re.compile(r"\\.|\$\$|\$\{([^}]*)\}|\$", re.DOTALL)
_MODIFIER = re.compile(r"([+-]?[0-9]{1,10})(?:,([0-9]{1,3})(?:,([doxXnN]))?)?")


def generated(words: list[Token]) -> Iterator[list[Token]]:
    """The records, as tokens, that ``range owner [ttl] [class] type data`` stands for.

    Raises ValueError.
    """
    if len(words) < 4:
        raise ValueError("write $GENERATE range owner [ttl] [class] type data")
    for number in _numbers(words[0].text):
        yield [word._replace(text=_filled(word.text, number)) for word in words[1:]]


def _numbers(text: str) -> range:
    match = _RANGE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:40]!r} is not a range: write 1-100 or 1-100/2")
    start, stop, step = int(match[1]), int(match[2]), int(match[3] or 1)
    if stop < start or step == 0:
        raise ValueError(f"the range {text} is empty")
    numbers = range(start, stop + 1, step)
    if len(numbers) > GENERATE_MAX:
        raise ValueError(f"the range {text} makes {len(numbers)} records; {GENERATE_MAX} at most")
    return numbers


def _filled(text: str, number: int) -> str:
    """The text with the number for ``$`` and ``${offset,width,base}``; ``$$`` is a ``$``."""

    def value(match: re.Match[str]) -> str:
        if match[0].startswith("\\"):
            return match[0]
        if match[0] == "$$":
            return "\\$"
        return _formatted(number, match[1] or "0")

    return _PLACE.sub(value, text) if "$" in text else text


def _formatted(number: int, modifier: str) -> str:
    match = _MODIFIER.fullmatch(modifier)
    if match is None:
        raise ValueError(f"${{{modifier[:40]}}} is not of the form ${{offset,width,base}}")
    value, width, base = number + int(match[1]), int(match[2] or 0), match[3] or "d"
    if value < 0:
        raise ValueError(f"${{{modifier}}} makes {value}, which is negative")
    if base in "nN":
        return _nibbles(value, width, base)
    return format(value, base).rjust(width, "0")


def _nibbles(value: int, width: int, base: str) -> str:
    """Hex digits from the lowest, with dots between; ``width`` counts the dots too."""
    digits = format(value, "x" if base == "n" else "X")[::-1]
    return ".".join(digits.ljust((width + 1) // 2, "0"))
