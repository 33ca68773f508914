"""Reading queries, with dnspython as the writer of good ones."""

import struct
from typing import Any

import dns.edns
import dns.flags
import dns.message
import dns.name
import pytest
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType
from hypothesis import given
from hypothesis import strategies as st

from microdns_dns.message import Drop, Malformed, Query, Reader, Transport, parse_query
from microdns_dns.protocol import Opcode, Rcode, RRType

LABELS = st.lists(st.binary(min_size=1, max_size=63), max_size=6)


def query_wire(name: str = "www.Example.com", rdtype: str = "A", **options: Any) -> bytes:
    return dns.message.make_query(name, rdtype, **options).to_wire()


def parsed(packet: bytes) -> Query:
    query = parse_query(packet)
    assert isinstance(query, Query)
    return query


def test_question_is_read_and_its_case_kept() -> None:
    query = parsed(query_wire())
    assert query.qname == b"\3www\7Example\3com\0"
    assert query.folded == b"\3www\7example\3com\0"
    assert (query.qtype, query.qclass, query.opcode, query.error) == (1, 1, Opcode.QUERY, None)
    assert query.question == query.packet[12:]
    assert query.edns is None


@given(LABELS, st.integers(0, 65535), st.integers(0, 65535), st.booleans(), st.integers(0, 65535))
def test_well_formed_queries_are_read_as_written(
    labels: list[bytes], rdtype: int, rdclass: int, do: bool, payload: int
) -> None:
    name = dns.name.Name([*labels, b""])
    if rdtype in (RRType.OPT, RRType.TSIG):
        rdtype = 1
    written = dns.message.QueryMessage(id=7)
    written.question.append(dns.rrset.RRset(name, RdataClass(rdclass), RdataType(rdtype)))
    written.use_edns(0, dns.flags.DO if do else 0, payload, options=[dns.edns.NSIDOption(b"")])
    query = parsed(written.to_wire())
    assert query.error is None
    assert query.qname == name.to_wire()
    assert (query.qtype, query.qclass) == (rdtype, rdclass)
    assert query.edns is not None
    assert (query.edns.do, query.edns.payload, query.edns.version) == (do, payload, 0)
    assert query.edns.option(3) == b""
    assert query.edns.option(10) is None


@pytest.mark.parametrize("size", range(12))
def test_less_than_a_header_is_dropped(size: int) -> None:
    assert parse_query(query_wire()[:size]) is Drop.SHORT


def test_a_response_is_dropped() -> None:
    packet = bytearray(query_wire())
    packet[2] |= 0x80
    assert parse_query(bytes(packet)) is Drop.RESPONSE


@pytest.mark.parametrize("size", range(12, 33))
def test_a_question_cut_off_is_a_format_error(size: int) -> None:
    query = parsed(query_wire()[:size])
    assert query.error == Rcode.FORMERR
    assert query.question == b""


def with_counts(packet: bytes, *counts: int) -> bytes:
    return packet[:4] + struct.pack("!HHHH", *counts) + packet[12:]


@pytest.mark.parametrize(
    "counts",
    [(0, 0, 0, 0), (2, 0, 0, 0), (1, 1, 0, 0), (1, 0, 1, 0), (1, 0, 0, 1), (1, 0, 0, 65535)],
)
def test_counts_that_do_not_fit_are_format_errors(counts: tuple[int, ...]) -> None:
    assert parsed(with_counts(query_wire(), *counts)).error == Rcode.FORMERR


def test_octets_after_the_end_are_a_format_error() -> None:
    assert parsed(query_wire() + b"\0").error == Rcode.FORMERR


def test_a_compressed_qname_is_a_format_error() -> None:
    packet = query_wire()[:12] + b"\xc0\x0c" + b"\0\1\0\1"
    assert parsed(packet).error == Rcode.FORMERR


def test_a_qname_of_255_octets_is_read_and_one_of_256_is_not() -> None:
    tail = b"\0\1\0\1"
    longest = b"\x3f" + b"a" * 63
    name = longest * 3 + b"\x3d" + b"b" * 61 + b"\0"
    assert len(name) == 255
    assert parsed(query_wire()[:12] + name + tail).qname == name
    over = longest * 3 + b"\x3e" + b"b" * 62 + b"\0"
    assert parsed(query_wire()[:12] + over + tail).error == Rcode.FORMERR


def test_rfc1995_3_an_ixfr_query_may_carry_its_soa() -> None:
    packet = query_wire("example.com", "IXFR")
    soa = b"\xc0\x0c" + struct.pack("!HHIH", 6, 1, 0, 4) + b"\0\0\0\1"
    assert parsed(with_counts(packet, 1, 0, 1, 0) + soa).error is None
    assert parsed(with_counts(query_wire(), 1, 0, 1, 0) + soa).error == Rcode.FORMERR


OPT = b"\0" + struct.pack("!HHIH", 41, 1232, 0x8000, 0)


def test_rfc6891_6_1_1_two_opt_records_are_a_format_error() -> None:
    packet = query_wire()
    assert parsed(with_counts(packet, 1, 0, 0, 1) + OPT).error is None
    assert parsed(with_counts(packet, 1, 0, 0, 2) + OPT + OPT).error == Rcode.FORMERR


def test_rfc6891_6_1_2_opt_belongs_to_the_root() -> None:
    packet = with_counts(query_wire(), 1, 0, 0, 1) + b"\1x" + OPT
    assert parsed(packet).error == Rcode.FORMERR


def test_rfc6891_6_1_3_a_later_version_is_badvers_whatever_its_options() -> None:
    opt = b"\0" + struct.pack("!HHIH", 41, 1232, 1 << 16, 1) + b"x"
    assert parsed(with_counts(query_wire(), 1, 0, 0, 1) + opt).error == Rcode.BADVERS


@pytest.mark.parametrize("rdata", [b"\0", b"\0\3\0", b"\0\3\0\1", b"\0\3\0\0\0"])
def test_options_cut_off_are_a_format_error(rdata: bytes) -> None:
    opt = b"\0" + struct.pack("!HHIH", 41, 1232, 0, len(rdata)) + rdata
    assert parsed(with_counts(query_wire(), 1, 0, 0, 1) + opt).error == Rcode.FORMERR


def additional(type_: int, class_: int, rdata: bytes) -> bytes:
    return b"\3key\0" + struct.pack("!HHIH", type_, class_, 0, len(rdata)) + rdata


TSIG = additional(250, 255, b"\3alg\0" + bytes(8) + b"\0\2ab" + bytes(6))


def test_rfc8945_5_1_a_signature_ends_a_query() -> None:
    query = parsed(with_counts(query_wire(), 1, 0, 0, 2) + OPT + TSIG)
    assert query.error == Rcode.NOTAUTH
    assert query.edns is not None
    assert query.signature is not None
    assert query.signature.owner == b"\3key\0"
    assert query.signature.algorithm == b"\3alg\0"
    assert parsed(with_counts(query_wire(), 1, 0, 0, 2) + TSIG + OPT).error == Rcode.FORMERR


@pytest.mark.parametrize(
    "record",
    [
        additional(250, 255, b""),
        additional(250, 255, b"\3alg\0" + bytes(8) + b"\0\3ab" + bytes(6)),
        additional(250, 1, TSIG[15:]),
        additional(1, 1, b"\xc0\0\2\1"),
        additional(24, 255, b""),
    ],
)
def test_other_additional_records_are_a_format_error(record: bytes) -> None:
    query = parsed(with_counts(query_wire(), 1, 0, 0, 2) + OPT + record)
    assert (query.error, query.edns) == (Rcode.FORMERR, None)


def test_no_question_is_a_format_error_that_still_has_its_edns() -> None:
    query = parsed(with_counts(query_wire()[:12], 0, 0, 0, 1) + OPT)
    assert query.error == Rcode.FORMERR
    assert query.edns is not None


@pytest.mark.parametrize("opcode", [Opcode.STATUS, Opcode.NOTIFY, Opcode.UPDATE, 15])
def test_rfc6891_6_1_1_other_opcodes_have_edns_too(opcode: int) -> None:
    packet = bytearray(with_counts(query_wire(), 1, 1, 0, 1) + additional(1, 1, b"abcd") + OPT)
    packet[2] |= opcode << 3
    query = parsed(bytes(packet))
    assert query.error is None
    assert query.edns is not None


def test_a_form_that_nobody_knows_is_no_format_error() -> None:
    packet = bytearray(with_counts(query_wire()[:20], 7, 1, 0, 1))
    packet[2] |= Opcode.STATUS << 3
    assert parsed(bytes(packet)).error is None
    packet[2] ^= (Opcode.STATUS ^ Opcode.NOTIFY) << 3
    assert parsed(bytes(packet)).error == Rcode.FORMERR


def test_other_opcodes_keep_what_follows_for_the_stage_that_knows_them() -> None:
    packet = bytearray(with_counts(query_wire(), 1, 3, 2, 1) + b"anything")
    packet[2] |= Opcode.UPDATE << 3
    query = parsed(bytes(packet))
    assert (query.opcode, query.error) == (Opcode.UPDATE, None)


@pytest.mark.parametrize(
    ("payload", "expected"), [(0, 512), (511, 512), (1000, 1000), (4096, 1232), (65535, 1232)]
)
def test_edns_payload_is_clamped(payload: int, expected: int) -> None:
    query = parsed(query_wire(use_edns=0, payload=payload))
    assert query.reply_size_max(1232) == expected


def test_without_edns_512_octets_fit_over_udp_and_65535_over_tcp() -> None:
    assert parsed(query_wire()).reply_size_max(1232) == 512
    query = parse_query(query_wire(), transport=Transport.TCP)
    assert isinstance(query, Query)
    assert query.reply_size_max(1232) == 65535


@given(st.binary(max_size=200))
def test_any_octets_give_a_query_or_a_drop(packet: bytes) -> None:
    query = parse_query(packet)
    if isinstance(query, Query):
        assert query.error in (None, Rcode.FORMERR, Rcode.BADVERS)
        assert query.folded == query.qname.lower()


@given(st.data())
def test_mutated_queries_never_raise(data: st.DataObject) -> None:
    packet = bytearray(query_wire(use_edns=0, payload=1232))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(packet) - 1))
        packet[at] = data.draw(st.integers(0, 255))
    parse_query(bytes(packet[: data.draw(st.integers(0, len(packet)))]))


@pytest.mark.parametrize(
    ("octets", "end"),
    [(b"\0", 1), (b"\1a\0", 3), (b"\xc0\x0c", 2), (b"\1a\xc0\x00", 4), (b"\1a\0rest", 3)],
)
def test_names_are_passed_over(octets: bytes, end: int) -> None:
    reader = Reader(octets)
    reader.skip_name()
    assert reader.offset == end


@pytest.mark.parametrize("octets", [b"", b"\1", b"\1a", b"\xc0", b"\1a\xc0", b"\x40a", b"\x80"])
def test_names_cut_off_are_malformed(octets: bytes) -> None:
    with pytest.raises(Malformed):
        Reader(octets).skip_name()
