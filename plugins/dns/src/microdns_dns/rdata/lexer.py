"""The presentation format's lowest level: tokens, quotes and escapes (RFC 1035 5.1)."""

import re
from typing import NamedTuple

from microdns_dns import names

_TOKEN = re.compile(
    r'(?P<space>[ \t]*)(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>(?:[^ \t"();\\]|\\.)+)'
    r"|(?P<mark>[()])|(?P<end>;|$))",
    re.DOTALL,
)
_UNIT = re.compile("([0-9]+)([wdhmsWDHMS])")
_UNITS = re.compile("(?:[0-9]+[wdhmsWDHMS])+")
_UNIT_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_NEEDS_ESCAPE = re.compile(rb"[^ !#-\[\]-~]")


class Token(NamedTuple):
    """A word of a line: its text, escapes kept; whether it was in quotes; whether it follows the
    token before it without a space (``alpn="h2"`` is two tokens, the second one glued)."""

    text: str
    quoted: bool = False
    glued: bool = False

    def octets(self) -> bytes:
        """What the token stands for as octets: escapes resolved, Unicode as UTF-8."""
        octets = self.text.encode()
        if b"\\" not in octets:
            return octets
        resolved = bytearray()
        at = 0
        while at < len(octets):
            if octets[at] == 0x5C:
                octet, at = names.unescape(octets, at)
                resolved.append(octet)
            else:
                resolved.append(octets[at])
                at += 1
        return bytes(resolved)

    def source(self) -> str:
        """The token as it was written."""
        return f'"{self.text}"' if self.quoted else self.text


OPEN = Token("(")
CLOSE = Token(")")


def tokens_of(line: str) -> list[Token]:
    """The tokens of one line up to its comment; parentheses are ``OPEN`` and ``CLOSE`` themselves.

    Raises ValueError for a quote that is not closed and for a backslash at the end.
    """
    found: list[Token] = []
    at = 0
    while True:
        match = _TOKEN.match(line, at)
        if match is None:
            rest = line[at:].lstrip(" \t")
            raise ValueError(
                "a quoted string is not closed"
                if rest.startswith('"')
                else "a backslash at the end escapes nothing"
            )
        kind = match.lastgroup
        if kind == "end":
            return found
        if kind == "mark":
            found.append(OPEN if match["mark"] == "(" else CLOSE)
        else:
            glued = at > 0 and not match["space"]
            found.append(Token(match[kind or ""], kind == "quoted", glued))
        at = match.end()


class Words:
    """The tokens of one record's data, read from left to right; names are below ``origin``.

    ``typed`` is for text that a person just typed: a name with dots in it must say by a final dot
    that it is absolute, since most who leave it out mean it so.
    """

    def __init__(
        self, tokens: list[Token], origin: bytes | None = None, *, typed: bool = False
    ) -> None:
        self.origin = origin
        self._typed = typed
        self._tokens = tokens
        self._at = 0

    def __len__(self) -> int:
        return len(self._tokens) - self._at

    def peek(self) -> str:
        """The next token's text without taking it, or an empty string."""
        return self._tokens[self._at].text if len(self) else ""

    def token(self, what: str) -> Token:
        """The next token; ``what`` names it in the error when there is none."""
        if not len(self):
            raise ValueError(f"{what} is missing")
        self._at += 1
        return self._tokens[self._at - 1]

    def word(self, what: str) -> str:
        """The next token's text; it may not be in quotes."""
        token = self.token(what)
        if token.quoted:
            raise ValueError(f"{what} may not be in quotes")
        return token.text

    def name(self, what: str) -> bytes:
        """The next token as a name, on the wire."""
        word = self.word(what)
        if self._typed and "." in word and not word.endswith(".") and self.origin is not None:
            zone = names.to_absolute_text(self.origin)
            raise ValueError(
                f"{what} {word[:80]!r} has no final dot: write {word[:80]}. for that name, "
                f"or {word[:80]}.{zone} for one in the zone"
            )
        return names.from_text(word, self.origin)

    def glued(self, what: str) -> Token:
        """The next token, which must be in quotes and follow the last one without a space."""
        if not (len(self) and self._tokens[self._at].glued and self._tokens[self._at].quoted):
            raise ValueError(f"{what} is missing")
        return self.token(what)

    def integer(self, what: str, most: int) -> int:
        """The next token as a decimal number from 0 to ``most``."""
        word = self.word(what)
        if not (word.isascii() and word.isdigit()):
            raise ValueError(f"{what} must be a number, not {word[:40]!r}")
        if len(word) > 20 or int(word) > most:
            raise ValueError(f"{what} must be at most {most}, not {word[:40]}")
        return int(word)

    def rest(self) -> list[Token]:
        """All tokens that are left."""
        left = self._tokens[self._at :]
        self._at = len(self._tokens)
        return left

    def joined(self, what: str) -> str:
        """All words that are left, as one: base64 and hex may be split by spaces."""
        return "".join([self.word(what) for _ in range(len(self))])

    def end(self) -> None:
        """Raise ValueError when something is left."""
        if len(self):
            raise ValueError(f"{self.peek()[:40]!r} is too much at the end of the record")


def seconds(word: str, most: int) -> int:
    """A time to live: a number, or numbers with BIND's units (``1w2d3h``); raises ValueError."""
    if word.isascii() and word.isdigit():
        total = int(word[:20])
    elif _UNITS.fullmatch(word):
        parts = _UNIT.findall(word)
        total = sum(int(number[:20]) * _UNIT_SECONDS[unit.lower()] for number, unit in parts)
    else:
        raise ValueError(f"{word[:40]!r} is not a time: write seconds, or units as in 1h30m")
    if total > most:
        raise ValueError(f"{word[:40]} is more than {most} seconds")
    return total


def source_of(tokens: list[Token]) -> str:
    """Tokens as one line of text again."""
    return "".join(
        [("" if token.glued or not at else " ") + token.source() for at, token in enumerate(tokens)]
    )


def quote(octets: bytes) -> str:
    """Octets as a quoted string, with escapes where needed."""
    if _NEEDS_ESCAPE.search(octets) is None:
        return f'"{octets.decode("ascii")}"'
    return '"' + "".join(map(_quoted_octet, octets)) + '"'


def _quoted_octet(octet: int) -> str:
    if octet in b'"\\':
        return "\\" + chr(octet)
    return chr(octet) if 0x20 <= octet < 0x7F else f"\\{octet:03d}"
