"""Types that dnspython knows and we did not write down: their JSON is their text.

dnspython takes a while to load, so it is imported by the first record that needs it.
"""

from typing import TYPE_CHECKING

from microdns_dns import names
from microdns_dns.rdata.base import Json, RdataType, expect_text, invalid, within_limit
from microdns_dns.rdata.lexer import Words, source_of, tokens_of

if TYPE_CHECKING:
    import dns.rdata


class Foreign(RdataType):
    """A type whose forms dnspython converts."""

    def check(self, rdata: bytes) -> None:
        check_foreign(self.number, rdata)

    def to_json(self, rdata: bytes) -> Json:
        return self.to_text(rdata)

    def from_json(self, data: Json) -> bytes:
        try:
            words = Words(tokens_of(expect_text(data)))
            return within_limit(self.from_text(words))
        except ValueError as error:
            raise invalid(error) from None

    def to_text(self, rdata: bytes) -> str:
        return foreign_text(self.number, rdata)

    def from_text(self, words: Words) -> bytes:
        return foreign_octets(self.number, words)

    def canonical(self, rdata: bytes) -> bytes:
        return foreign_canonical(self.number, rdata)


def is_known(number: int) -> bool:
    """Whether dnspython has code for a type."""
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype

    # dnspython leaves this function of its public interface untyped
    known: object = dns.rdata.get_rdata_class(  # type: ignore[no-untyped-call]
        dns.rdataclass.IN, dns.rdatatype.RdataType.make(number)
    )
    return known is not dns.rdata.GenericRdata


def _parsed(number: int, rdata: bytes) -> "dns.rdata.Rdata":
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype

    kind = dns.rdatatype.RdataType.make(number)
    return dns.rdata.from_wire(dns.rdataclass.IN, kind, rdata, 0, len(rdata))


def check_foreign(number: int, rdata: bytes) -> None:
    """Raise ValueError unless dnspython finds the octets valid, and brings them back from text."""
    import dns.exception

    try:
        text = _parsed(number, rdata).to_text()
    except dns.exception.DNSException as error:
        raise ValueError(_reason(error)) from None
    if foreign_octets(number, Words(tokens_of(text))) != rdata:
        raise ValueError("the data can't be written as text")


def foreign_text(number: int, rdata: bytes) -> str:
    """Valid data as text."""
    return _parsed(number, rdata).to_text()


def foreign_canonical(number: int, rdata: bytes) -> bytes:
    """Valid data with embedded names folded (RFC 4034 6.2)."""
    return _parsed(number, rdata).to_digestable()


def foreign_octets(number: int, words: Words) -> bytes:
    """The data that text stands for; raises ValueError."""
    import dns.exception
    import dns.name
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype

    origin = dns.name.from_wire(names.ROOT if words.origin is None else words.origin, 0)[0]
    kind = dns.rdatatype.RdataType.make(number)
    text = source_of(words.rest())
    try:
        parsed = dns.rdata.from_text(dns.rdataclass.IN, kind, text, origin, relativize=False)
        return parsed.to_wire() or b""
    except (dns.exception.DNSException, ValueError, OverflowError) as error:
        raise ValueError(_reason(error)) from None


def _reason(error: Exception) -> str:
    """dnspython's message, or, where it has none, what went wrong by its class."""
    return str(error) or type(error).__name__
