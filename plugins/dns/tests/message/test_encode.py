"""Writing replies, with dnspython as the reader."""

import re
from typing import Any

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdns_dns.message import Query, Reader, Reply, Transport, encode, parse_query
from microdns_dns.protocol import Rcode, RRType
from microdns_dns.rrset import RRset

SIZE_MAX = 65535


def wire(name: str) -> bytes:
    return octets(dns.name.from_text(name))


def octets(written: dns.name.Name | dns.rdata.Rdata) -> bytes:
    found = written.to_wire()
    assert found is not None
    return found


def rrset(rdtype: str, *texts: str, ttl: int = 300) -> RRset:
    number = dns.rdatatype.from_text(rdtype)
    rdatas = [octets(dns.rdata.from_text("IN", rdtype, text)) for text in texts]
    return RRset(int(number), ttl, tuple(rdatas))


def asked(name: str = "www.example.com", rdtype: str = "A", **options: Any) -> Query:
    packet = dns.message.make_query(name, rdtype, **options).to_wire()
    query = parse_query(packet)
    assert isinstance(query, Query)
    return query


def test_header_echoes_id_opcode_and_rd_and_nothing_else() -> None:
    packet = bytearray(asked().packet)
    packet[2:4] = b"\x07\xff"  # AA, TC, RD, RA, Z, AD, CD, and a nonsensical rcode
    query = parse_query(bytes(packet))
    assert isinstance(query, Query)
    octets, truncated = encode(query, Reply(Rcode.REFUSED), 512, 1232)
    assert octets[:2] == packet[:2]
    assert octets[2:4] == b"\x81\x05"
    assert octets[12:] == query.question
    assert not truncated


def test_aa_and_ra_are_what_the_reply_says() -> None:
    reply = Reply(aa=True)
    reply.ra = True
    message = dns.message.from_wire(encode(asked(), reply, 512, 1232)[0])
    assert message.flags & (dns.flags.AA | dns.flags.RA) == dns.flags.AA | dns.flags.RA


def test_the_qname_is_a_pointer_and_keeps_the_case_asked() -> None:
    query = asked("wWw.eXample.com")
    reply = Reply(aa=True)
    reply.answer.append((query.qname, rrset("A", "192.0.2.1", "192.0.2.2")))
    octets, _ = encode(query, reply, 512, 1232)
    assert octets.count(b"\xc0\x0c\0\1\0\1") == 2
    message = dns.message.from_wire(octets)
    assert str(message.answer[0].name) == "wWw.eXample.com."


def test_names_of_another_case_are_not_compressed_so_that_theirs_is_kept() -> None:
    query = asked("www.EXAMPLE.com")
    reply = Reply()
    reply.authority.append((wire("example.com"), rrset("NS", "ns1.Example.com.")))
    message = dns.message.from_wire(encode(query, reply, 512, 1232)[0])
    assert str(message.authority[0].name) == "example.com."
    assert str(message.authority[0][0].target) == "ns1.Example.com."


@pytest.mark.parametrize(
    ("rdtype", "text"),
    [
        ("SRV", "0 0 5060 sip.example.com."),
        ("DNAME", "other.example.com."),
        ("RP", "a.example.com. b.example.com."),
        ("SVCB", "1 svc.example.com. alpn=h2"),
        ("NSEC", "a.example.com. A"),
    ],
)
def test_rfc3597_4_names_in_types_after_rfc1035_are_not_compressed(rdtype: str, text: str) -> None:
    query = asked()
    reply = Reply()
    given_ = rrset(rdtype, text)
    reply.answer.append((query.qname, given_))
    assert encode(query, reply, 512, 1232)[0].endswith(given_.rdatas[0])


def pointers(octets: bytes, at: int) -> int:
    """How many pointers the name at this offset leads through."""
    count = 0
    while octets[at]:
        if octets[at] >= 0xC0:
            at = (octets[at] & 0x3F) << 8 | octets[at + 1]
            count += 1
        else:
            at += 1 + octets[at]
    return count


def test_pointers_do_not_form_long_chains() -> None:
    query = asked("a.example.com")
    reply = Reply()
    names = [".".join(f"l{number}" for number in range(count, 0, -1)) for count in range(1, 40)]
    for name in names:
        reply.answer.append((wire(f"{name}.a.example.com"), rrset("A", "192.0.2.1")))
    octets, _ = encode(query, reply, SIZE_MAX, 1232)
    message = dns.message.from_wire(octets)
    assert [str(found.name) for found in message.answer] == [f"{n}.a.example.com." for n in names]
    reader = Reader(octets, 12 + len(query.question))
    chains = []
    for _ in names:
        chains.append(pointers(octets, reader.offset))
        reader.skip_name()
        reader.take(14)
    assert max(chains) == 8


def test_rfc8945_5_3_2_a_key_that_is_not_known_is_named_in_an_unsigned_answer() -> None:
    request = dns.message.make_query("example.com", "A", use_edns=0)
    request.use_tsig({dns.name.from_text("key.example."): b"secret"}, fudge=300)
    query = parse_query(request.to_wire())
    assert isinstance(query, Query)
    octets, truncated = encode(query, Reply(Rcode.NOTAUTH), 512, 1232)
    reply = dns.message.from_wire(octets, keyring=False)
    assert not truncated
    assert reply.rcode() == Rcode.NOTAUTH
    assert reply.edns == 0
    assert reply.tsig is not None
    assert str(reply.tsig.name) == "key.example."
    signature = reply.tsig[0]
    assert (signature.error, signature.mac, signature.original_id) == (17, b"", request.id)


def test_soa_and_mx_are_compressed() -> None:
    query = asked("example.com", "SOA")
    reply = Reply()
    reply.answer.append((query.qname, rrset("SOA", "ns1.example.com. adm.example.com. 1 2 3 4 5")))
    reply.answer.append((query.qname, rrset("MX", "10 ns1.example.com.")))
    octets, _ = encode(query, reply, 512, 1232)
    assert octets.count(b"\7example") == 1
    assert octets.count(b"\3ns1") == 1
    message = dns.message.from_wire(octets)
    assert message.answer[0][0].to_text() == "ns1.example.com. adm.example.com. 1 2 3 4 5"
    assert message.answer[1][0].to_text() == "10 ns1.example.com."


def test_the_root_as_qname_and_as_a_name_in_rdata() -> None:
    query = asked(".", "NS")
    reply = Reply()
    reply.answer.append((query.qname, rrset("NS", ".", "a.")))
    message = dns.message.from_wire(encode(query, reply, 512, 1232)[0])
    assert {str(ns.target) for ns in message.answer[0]} == {".", "a."}


# --- EDNS


def test_rfc6891_7_opt_answers_opt_and_only_then() -> None:
    message = dns.message.from_wire(encode(asked(), Reply(), 512, 1232)[0])
    assert message.edns == -1
    query = asked(use_edns=0, payload=4096, want_dnssec=True)
    message = dns.message.from_wire(encode(query, Reply(), 1232, 1232)[0])
    assert (message.edns, message.payload, message.ednsflags) == (0, 1232, dns.flags.DO)


def test_badvers_is_split_between_header_and_opt() -> None:
    query = asked(use_edns=1)
    assert query.error == Rcode.BADVERS
    message = dns.message.from_wire(encode(query, Reply(Rcode.BADVERS), 512, 1232)[0])
    assert message.rcode() == dns.rcode.BADVERS
    assert message.edns == 0


def test_an_extended_rcode_without_edns_is_servfail() -> None:
    message = dns.message.from_wire(encode(asked(), Reply(Rcode.BADVERS), 512, 1232)[0])
    assert message.rcode() == dns.rcode.SERVFAIL


def test_options_of_the_reply_are_in_its_opt() -> None:
    reply = Reply()
    reply.options = b"\0\3\0\2ns"
    message = dns.message.from_wire(encode(asked(use_edns=0), reply, 512, 1232)[0])
    assert message.options[0].to_wire() == b"ns"


def test_a_question_that_could_not_be_read_is_not_repeated() -> None:
    query = parse_query(asked().packet[:20])
    assert isinstance(query, Query)
    message = dns.message.from_wire(encode(query, Reply(Rcode.FORMERR), 512, 1232)[0])
    assert message.rcode() == dns.rcode.FORMERR
    assert message.question == []


# --- truncation


def big_txt(count: int) -> RRset:
    return rrset("TXT", *[f'"{number:03d}{"x" * 97}"' for number in range(count)])


def test_rfc2181_9_an_rrset_that_does_not_fit_is_left_out_whole_and_tc_set() -> None:
    query = asked(rdtype="TXT")
    reply = Reply(aa=True)
    reply.answer.append((query.qname, big_txt(5)))
    reply.additional.append((query.qname, rrset("A", "192.0.2.1")))
    octets, truncated = encode(query, reply, 512, 1232)
    message = dns.message.from_wire(octets)
    assert truncated
    assert message.flags & dns.flags.TC
    assert (message.answer, message.additional) == ([], [])


def test_what_was_written_before_the_rrset_that_does_not_fit_stays() -> None:
    query = asked(rdtype="TXT")
    reply = Reply()
    reply.answer.append((query.qname, rrset("CNAME", "target.example.org.")))
    reply.answer.append((wire("target.example.org"), big_txt(5)))
    octets, truncated = encode(query, reply, 512, 1232)
    message = dns.message.from_wire(octets)
    assert truncated
    assert [found.rdtype for found in message.answer] == [RRType.CNAME]


def test_rfc2181_9_additional_data_that_do_not_fit_are_left_out_without_tc() -> None:
    query = asked(rdtype="MX")
    reply = Reply()
    reply.answer.append((query.qname, rrset("MX", "0 mail.example.com.")))
    reply.additional.append((wire("mail.example.com"), big_txt(6)))
    reply.additional.append((wire("mail.example.com"), rrset("A", "192.0.2.1")))
    octets, truncated = encode(query, reply, 512, 1232)
    message = dns.message.from_wire(octets)
    assert not truncated
    assert not message.flags & dns.flags.TC
    assert [found.rdtype for found in message.additional] == [RRType.A]


def test_rfc9471_3_1_required_glue_that_does_not_fit_sets_tc() -> None:
    query = asked()
    reply = Reply()
    reply.authority.append((wire("example.com"), rrset("NS", "ns.example.com.")))
    reply.glue.append((wire("ns.example.com"), rrset("A", "192.0.2.1")))
    reply.glue.append((wire("ns.example.com"), big_txt(6)))
    octets, truncated = encode(query, reply, 512, 1232)
    message = dns.message.from_wire(octets)
    assert truncated
    assert len(message.authority) == 1
    assert [found.rdtype for found in message.additional] == [RRType.A]


def test_opt_stays_when_all_else_is_cut() -> None:
    query = asked(rdtype="TXT", use_edns=0, payload=512)
    reply = Reply()
    reply.options = b"\0\3\0\x40" + b"n" * 64
    reply.answer.append((query.qname, big_txt(5)))
    octets, truncated = encode(query, reply, 512, 1232)
    message = dns.message.from_wire(octets)
    assert truncated
    assert message.edns == 0
    assert len(octets) <= 512


def test_names_of_an_rrset_left_out_are_not_pointed_at() -> None:
    query = asked(rdtype="NS")
    reply = Reply()
    reply.answer.append((query.qname, rrset("NS", "a.example.org.")))
    names = [f"{'y' * 40}{number}.example.net." for number in range(12)]
    reply.additional.append((wire("z.example.net"), rrset("NS", *names)))
    reply.additional.append((wire("z.example.net"), rrset("A", "192.0.2.1")))
    message = dns.message.from_wire(encode(query, reply, 512, 1232)[0])
    assert str(message.additional[0].name) == "z.example.net."


def test_names_beyond_the_reach_of_pointers() -> None:
    query = asked("example.com", "TXT")
    assert isinstance(query, Query)
    query.transport = Transport.TCP
    reply = Reply()
    reply.answer.append((query.qname, big_txt(200)))
    for number in range(3):
        reply.additional.append((wire(f"n{number}.far.example"), rrset("MX", "1 far.example.")))
    octets, truncated = encode(query, reply, SIZE_MAX, 1232)
    assert not truncated
    assert len(octets) > 0x4000
    message = dns.message.from_wire(octets)
    assert [str(found.name) for found in message.additional] == [
        f"n{number}.far.example." for number in range(3)
    ]


# --- whatever the records are, a reader gets back what was put in

LABEL = st.sampled_from([b"a", b"b", b"C", b"\0", b"\xff.", b"x" * 63])
NAME = st.lists(LABEL, max_size=3).map(lambda labels: dns.name.Name([*labels, b""]).to_wire())
A = st.builds(
    lambda octets: RRset(RRType.A, 5, tuple(octets)),
    st.lists(st.binary(min_size=4, max_size=4), min_size=1, max_size=4, unique=True),
)
NS = st.builds(
    lambda targets: RRset(RRType.NS, 2**31 - 1, tuple(targets)),
    st.lists(NAME, min_size=1, max_size=4, unique_by=lambda target: target.lower()),
)
MX = st.builds(
    lambda targets: RRset(RRType.MX, 0, tuple(b"\0\1" + target for target in targets)),
    st.lists(NAME, min_size=1, max_size=4, unique_by=lambda target: target.lower()),
)
SOA = st.builds(
    lambda mname, rname: RRset(RRType.SOA, 5, (mname + rname + b"\0" * 20,)), NAME, NAME
)
SECTION = st.lists(st.tuples(NAME, st.one_of(A, NS, MX, SOA)), max_size=5)


def records(section: list[tuple[bytes, RRset]]) -> list[tuple[bytes, int, int, bytes]]:
    return [
        (owner, rrset.type, rrset.ttl, rdata) for owner, rrset in section for rdata in rrset.rdatas
    ]


def read(section: list[dns.rrset.RRset]) -> list[tuple[bytes, int, int, bytes]]:
    return [
        (octets(found.name), int(found.rdtype), found.ttl, octets(rdata))
        for found in section
        for rdata in found
    ]


@given(NAME, SECTION, SECTION, SECTION, st.booleans(), st.integers(300, 2000))
def test_replies_are_read_as_written(
    qname: bytes,
    answer: list[tuple[bytes, RRset]],
    authority: list[tuple[bytes, RRset]],
    additional: list[tuple[bytes, RRset]],
    edns: bool,
    size_max: int,
) -> None:
    name = dns.name.from_wire(qname, 0)[0]
    query = parse_query(dns.message.make_query(name, "A", use_edns=edns or None).to_wire())
    assert isinstance(query, Query)
    reply = Reply(aa=True)
    reply.answer, reply.authority, reply.additional = answer, authority, additional
    octets, truncated = encode(query, reply, size_max, 1232)
    assert len(octets) <= size_max
    message = dns.message.from_wire(octets, one_rr_per_rrset=True)
    asked_answer = [(qname if row[0] == qname else row[0], *row[1:]) for row in records(answer)]
    got_answer, got_authority = read(message.answer), read(message.authority)
    assert asked_answer[: len(got_answer)] == got_answer
    assert records(authority)[: len(got_authority)] == got_authority
    complete = (len(got_answer), len(got_authority)) == (len(asked_answer), len(records(authority)))
    assert truncated == (not complete) == bool(message.flags & dns.flags.TC)
    assert set(read(message.additional)) <= set(records(additional))
    if size_max == 2000 and complete:
        assert len(octets) < 2000


def test_rotation_turns_answers_and_nothing_else() -> None:
    rdatas = tuple(bytes((192, 0, 2, last)) for last in range(3))
    reply = Reply(aa=True)
    reply.answer.append((b"\1a\0", RRset(RRType.A, 60, rdatas)))
    reply.additional.append((b"\1b\0", RRset(RRType.A, 60, rdatas)))
    query = parse_query(b"\0\4\0\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1")
    assert isinstance(query, Query)
    for rotation in range(7):
        octets, _ = encode(query, reply, 512, 1232, rotation)
        shown = dns.message.from_wire(octets)
        first = rotation % 3
        answered = re.findall(re.escape(b"\xc0\0\2") + b".", octets, re.DOTALL)
        assert [each[3] for each in answered[:3]] == [first, (first + 1) % 3, (first + 2) % 3]
        assert [each[3] for each in answered[3:]] == [0, 1, 2]
        assert len(shown.answer[0]) == 3
