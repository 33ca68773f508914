"""Types that nobody described: octets in the form of RFC 3597 section 5 (``\\# 4 0a000001``)."""

from microdns_dns.rdata.base import Json, RdataType, expect_text, invalid, within_limit
from microdns_dns.rdata.lexer import Words, tokens_of

MARK = "\\#"


def generic_text(rdata: bytes) -> str:
    """Any data in the generic form."""
    return f"{MARK} {len(rdata)} {rdata.hex()}".rstrip()


def generic_octets(words: Words) -> bytes:
    """The data that the generic form stands for; raises ValueError."""
    if words.word("data") != MARK:
        raise ValueError(f"data of this type are written {MARK} LENGTH HEX (RFC 3597)")
    length = words.integer("length", 0xFFFF)
    try:
        octets = bytes.fromhex(words.joined("data"))
    except ValueError:
        raise ValueError("data must be pairs of hexadecimal digits") from None
    if len(octets) != length:
        raise ValueError(f"{len(octets)} octets of data follow where {length} are announced")
    return octets


class Generic(RdataType):
    """A type of which only the number is known; its JSON is the generic text."""

    def check(self, rdata: bytes) -> None:
        """Any octets will do."""

    def to_json(self, rdata: bytes) -> Json:
        return generic_text(rdata)

    def from_json(self, data: Json) -> bytes:
        try:
            words = Words(tokens_of(expect_text(data)))
            octets = within_limit(generic_octets(words))
            words.end()
        except ValueError as error:
            raise invalid(error) from None
        return octets

    def to_text(self, rdata: bytes) -> str:
        return generic_text(rdata)

    def from_text(self, words: Words) -> bytes:
        return generic_octets(words)
