"""Class CH: who this server is, if it says so (RFC 4892)."""

import dns.message
import dns.rcode
import pytest

from microdns_dns.identity import IdentityStage
from microdns_dns.message import Query, encode, parse_query

TELLING = IdentityStage(version="MicroDNS", hostname="ns-1.example.com")
SILENT = IdentityStage(version="", hostname="")


def asked(stage: IdentityStage, name: str, rdtype: str = "TXT", rdclass: str = "CH") -> object:
    query = parse_query(dns.message.make_query(name, rdtype, rdclass).to_wire())
    assert isinstance(query, Query)
    reply = stage.answer(query)
    if reply is None:
        return None
    message = dns.message.from_wire(encode(query, reply, 512, 1232)[0])
    return [rdata.to_text() for rrset in message.answer for rdata in rrset] or dns.rcode.to_text(
        message.rcode()
    )


@pytest.mark.parametrize("name", ["version.bind", "VERSION.bind", "version.server"])
def test_the_version_is_told_where_configured(name: str) -> None:
    assert asked(TELLING, name) == ['"MicroDNS"']
    assert asked(TELLING, name, "ANY") == ['"MicroDNS"']
    assert asked(SILENT, name) == "REFUSED"


@pytest.mark.parametrize("name", ["hostname.bind", "id.server"])
def test_rfc4892_the_name_is_told_where_configured(name: str) -> None:
    assert asked(TELLING, name) == ['"ns-1.example.com"']
    assert asked(SILENT, name) == "REFUSED"


def test_other_names_and_types_of_the_class_are_refused() -> None:
    assert asked(TELLING, "authors.bind") == "REFUSED"
    assert asked(TELLING, "version.bind", "A") == "REFUSED"


def test_other_classes_are_left_to_others() -> None:
    assert asked(TELLING, "version.bind", rdclass="IN") is None
