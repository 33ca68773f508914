"""TXT and its like: one or more character-strings (RFC 1035 3.3.14)."""

from microdns.errors import Invalid, Problem
from microdns_dns.rdata.base import Json, RdataType, invalid, within_limit
from microdns_dns.rdata.fields import counted, octets_from_json, octets_to_json
from microdns_dns.rdata.lexer import Words, quote


class Strings(RdataType):
    """Character-strings.  JSON is one text, split every 255 octets, or a list of strings.

    Text is UTF-8 taken literally: no escapes.  Strings of other octets are ``{"hex": "ff00"}``.
    """

    def check(self, rdata: bytes) -> None:
        self._strings(rdata)

    @staticmethod
    def _strings(rdata: bytes) -> list[bytes]:
        found: list[bytes] = []
        at = 0
        while at < len(rdata):
            end = at + 1 + rdata[at]
            found.append(rdata[at + 1 : end])
            at = end
        if at != len(rdata) or not found:
            raise ValueError("a string is cut off" if found else "there is no string")
        return found

    def to_json(self, rdata: bytes) -> Json:
        strings = self._strings(rdata)
        whole = b"".join(strings)
        if self._split(whole) == rdata:
            return octets_to_json(whole)
        return [octets_to_json(string) for string in strings]

    def from_json(self, data: Json) -> bytes:
        try:
            if isinstance(data, list | tuple):
                return within_limit(self._join(data))
            return within_limit(self._split(octets_from_json(data)))
        except ValueError as error:
            raise invalid(error) from None

    @staticmethod
    def _join(data: list[Json] | tuple[Json, ...]) -> bytes:
        if not data:
            raise ValueError("must have at least one string")
        pieces: list[bytes] = []
        problems: list[Problem] = []
        for position, value in enumerate(data):
            try:
                pieces.append(counted(octets_from_json(value)))
            except ValueError as error:
                problems.append(Problem(f"[{position}]", str(error)))
        if problems:
            raise Invalid.of(*problems)
        return b"".join(pieces)

    @staticmethod
    def _split(octets: bytes) -> bytes:
        """Octets as strings of 255 each, the last one shorter."""
        starts = range(0, len(octets) or 1, 255)
        return b"".join([counted(octets[at : at + 255]) for at in starts])

    def to_text(self, rdata: bytes) -> str:
        return " ".join(map(quote, self._strings(rdata)))

    def from_text(self, words: Words) -> bytes:
        if not len(words):
            raise ValueError("a string is missing")
        return b"".join([counted(token.octets()) for token in words.rest()])
