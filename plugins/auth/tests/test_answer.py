"""The algorithm of RFC 1034 4.3.2 over zones made by hand, section by section."""

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.zone
import pytest

from microdns_auth.answer import CHAIN_MAX, State, answer
from microdns_dns.message import Query, Transport, encode, parse_query
from microdns_dns.model import Soa, Zone
from microdns_dns.view import Views, ZoneView

SOA = "@ 3600 SOA ns1.example.com. admin.example.com. 1 2 3 4 60\n"

EXAMPLE = """
@           NS      ns1
@           NS      ns2.example.net.
@           MX      10 mail
@           MX      20 mail.sub
@           TXT     "apex"
ns1         A       192.0.2.1
ns1         AAAA    2001:db8::1
mail        A       192.0.2.25
WWW         A       192.0.2.80
WWW         A       192.0.2.81
alias       CNAME   www
far         CNAME   www.example.org.
dangling    CNAME   nothing
twice       CNAME   alias
into        CNAME   host.sub
loop1       CNAME   loop2
loop2       CNAME   loop1
self        CNAME   self
_sip._udp   SRV     1 2 5060 mail
svc         HTTPS   1 . alpn=h2
svc         A       192.0.2.44
alt         HTTPS   0 mail
a.deep.ent  A       192.0.2.9
sub         NS      ns1.sub
sub         NS      ns.other
sub         NS      ns1
sub         NS      ns.example.net.
ns1.sub     A       192.0.2.53
ns1.sub     AAAA    2001:db8::53
host.sub    A       192.0.2.66
mail.sub    A       192.0.2.67
deleg.sub   NS      ns.deleg.sub
other       NS      ns.other
ns.other    A       192.0.2.54
signed      NS      ns.example.net.
signed      DS      1 8 2 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
*.wild      A       192.0.2.100
*.wild      MX      10 mail
host.wild   TXT     "blocks"
x.ent.wild  TXT     "ent"
*.cwild     CNAME   www
*.loopwild  CNAME   x.loopwild
dname       DNAME   target
below.dname A       192.0.2.200
t.target    A       192.0.2.201
c.target    CNAME   www
out         DNAME   example.org.
round       DNAME   round
grow        DNAME   a.grow
"""


def a_zone(name: str, text: str, id: str) -> ZoneView:
    parsed = dns.zone.from_text(SOA + text, f"{name}.", relativize=False, check_origin=False)
    view = ZoneView(Zone(id=id, name=name, soa=Soa("ns1.example.com", "admin.example.com")))
    view.set_soa(Soa("ns1.example.com", "admin.example.com", 1, 2, 3, 4, 60, ttl=3600))
    for owner, rdataset in parsed.iterate_rdatasets():
        if rdataset.rdtype != dns.rdatatype.SOA:
            for rdata in rdataset:
                view.add(owner.to_wire() or b"", int(rdataset.rdtype), 300, rdata.to_wire())
    return view


@pytest.fixture(scope="module")
def views() -> Views:
    served = Views()
    served.put(a_zone("example.com", EXAMPLE, "1"))
    served.put(a_zone("example.org", "@ NS ns1.example.com.\nwww A 198.51.100.1\n", "2"))
    served.put(a_zone("kid.example.org", "@ NS ns1.example.com.\nwww A 198.51.100.2\n", "3"))
    return served


class Asked:
    """A question's outcome, through the encoder, as text that is easy to compare."""

    def __init__(self, views: Views, name: str, rdtype: str = "A", size_max: int = 65535) -> None:
        packet = dns.message.make_query(name, rdtype).to_wire()
        query = parse_query(packet, transport=Transport.TCP)
        assert isinstance(query, Query)
        self.state, reply, _ = answer(query, views)
        octets, _ = encode(query, reply, size_max, 1232)
        message = dns.message.from_wire(octets)
        self.rcode = dns.rcode.to_text(message.rcode())
        self.aa = bool(message.flags & dns.flags.AA)
        self.answer = [self._line(rrset) for rrset in message.answer]
        self.authority = [self._line(rrset) for rrset in message.authority]
        self.additional = sorted(self._line(rrset) for rrset in message.additional)

    @staticmethod
    def _line(rrset: dns.rrset.RRset) -> str:
        values = " | ".join(sorted(rdata.to_text() for rdata in rrset))
        return f"{rrset.name} {dns.rdatatype.to_text(rrset.rdtype)} {values}"


THE_SOA = "example.com. SOA ns1.example.com. admin.example.com. 1 2 3 4 60"


# --- RFC 1034 4.3.2 step 3a: the name is there


def test_rfc1034_4_3_2_an_exact_match_gives_the_whole_rrset(views: Views) -> None:
    asked = Asked(views, "wWw.example.COM")
    assert (asked.state, asked.rcode, asked.aa) == (State.HIT, "NOERROR", True)
    assert asked.answer == ["wWw.example.COM. A 192.0.2.80 | 192.0.2.81"]
    assert (asked.authority, asked.additional) == ([], [])


def test_rfc2308_2_2_another_type_is_nodata(views: Views) -> None:
    asked = Asked(views, "www.example.com", "TXT")
    assert (asked.state, asked.rcode, asked.aa) == (State.NODATA, "NOERROR", True)
    assert (asked.answer, asked.authority) == ([], [THE_SOA])


def test_rfc2308_2_1_an_unknown_name_is_nxdomain(views: Views) -> None:
    asked = Asked(views, "nope.example.com")
    assert (asked.state, asked.rcode, asked.aa) == (State.NXDOMAIN, "NXDOMAIN", True)
    assert asked.authority == [THE_SOA]


def test_rfc2308_5_negative_answers_carry_the_lower_ttl(views: Views) -> None:
    query = parse_query(dns.message.make_query("nope.example.com", "A").to_wire())
    assert isinstance(query, Query)
    reply = answer(query, views).reply
    assert [rrset.ttl for _, rrset in reply.authority] == [60]


@pytest.mark.parametrize("name", ["ent.example.com", "deep.ent.example.com", "_udp.example.com"])
def test_rfc4592_2_2_2_empty_non_terminals_are_nodata(views: Views, name: str) -> None:
    asked = Asked(views, name)
    assert (asked.state, asked.rcode) == (State.NODATA, "NOERROR")


def test_the_soa_is_at_the_apex(views: Views) -> None:
    assert Asked(views, "example.com", "SOA").answer == [THE_SOA]


def test_a_name_of_no_zone_is_outside(views: Views) -> None:
    asked = Asked(views, "www.example.net")
    assert (asked.state, asked.aa, asked.answer, asked.authority) == (State.OUTSIDE, False, [], [])


def test_the_most_specific_zone_answers(views: Views) -> None:
    assert Asked(views, "www.kid.example.org").answer == ["www.kid.example.org. A 198.51.100.2"]
    asked = Asked(views, "no.kid.example.org")
    assert asked.authority[0].startswith("kid.example.org. SOA")


# --- aliases


def test_rfc1034_3_6_2_a_cname_is_followed(views: Views) -> None:
    asked = Asked(views, "twice.example.com")
    assert (asked.state, asked.aa) == (State.HIT, True)
    assert asked.answer == [
        "twice.example.com. CNAME alias.example.com.",
        "alias.example.com. CNAME www.example.com.",
        "www.example.com. A 192.0.2.80 | 192.0.2.81",
    ]


def test_a_cname_into_another_zone_of_ours_is_followed(views: Views) -> None:
    asked = Asked(views, "far.example.com")
    assert asked.answer[1:] == ["www.example.org. A 198.51.100.1"]


def test_rfc1034_4_3_2_a_query_for_the_cname_itself_is_answered_with_it(views: Views) -> None:
    asked = Asked(views, "twice.example.com", "CNAME")
    assert asked.answer == ["twice.example.com. CNAME alias.example.com."]


def test_rfc6604_3_the_rcode_is_that_of_the_last_name(views: Views) -> None:
    asked = Asked(views, "dangling.example.com")
    assert (asked.state, asked.rcode, asked.aa) == (State.NXDOMAIN, "NXDOMAIN", True)
    assert asked.answer == ["dangling.example.com. CNAME nothing.example.com."]
    assert asked.authority == [THE_SOA]


def test_rfc2308_2_2_a_chain_may_end_in_nodata(views: Views) -> None:
    asked = Asked(views, "alias.example.com", "TXT")
    assert (asked.state, asked.rcode, len(asked.answer)) == (State.NODATA, "NOERROR", 1)
    assert asked.authority == [THE_SOA]


def test_a_cname_below_a_delegation_ends_in_a_referral_with_aa(views: Views) -> None:
    asked = Asked(views, "into.example.com")
    assert (asked.state, asked.aa) == (State.DELEGATION, True)
    assert asked.answer == ["into.example.com. CNAME host.sub.example.com."]
    assert asked.authority[0].startswith("sub.example.com. NS")


def test_a_chain_that_leaves_our_zones_ends_there(views: Views) -> None:
    served = Views()
    served.put(a_zone("example.com", EXAMPLE, "1"))
    asked = Asked(served, "far.example.com")
    assert (asked.state, asked.rcode, asked.aa) == (State.OUTSIDE, "NOERROR", True)
    assert asked.answer == ["far.example.com. CNAME www.example.org."]
    assert asked.authority == []


def test_loops_end_when_a_name_comes_again(views: Views) -> None:
    asked = Asked(views, "loop1.example.com")
    assert (asked.state, asked.rcode, asked.aa) == (State.LOOP, "NOERROR", True)
    assert len(asked.answer) == 2
    assert len(Asked(views, "self.example.com").answer) == 1


def test_long_chains_end_at_the_limit() -> None:
    served = Views()
    text = "".join(f"c{number} CNAME c{number + 1}\n" for number in range(100))
    served.put(a_zone("example.com", text, "1"))
    asked = Asked(served, "c0.example.com")
    assert asked.state is State.LOOP
    assert len(asked.answer) == CHAIN_MAX


# --- RFC 4592: wildcards


def test_rfc4592_2_1_a_wildcard_stands_for_names_that_do_not_exist(views: Views) -> None:
    asked = Asked(views, "any.Thing.wild.example.com")
    assert (asked.state, asked.rcode) == (State.HIT, "NOERROR")
    assert asked.answer == ["any.Thing.wild.example.com. A 192.0.2.100"]


def test_rfc4592_2_2_1_a_name_that_exists_is_not_covered(views: Views) -> None:
    assert Asked(views, "host.wild.example.com").state is State.NODATA
    assert Asked(views, "wild.example.com").state is State.NODATA


def test_rfc4592_3_3_1_an_existing_name_blocks_what_is_below_it(views: Views) -> None:
    assert Asked(views, "x.host.wild.example.com").state is State.NXDOMAIN


def test_rfc4592_2_2_2_empty_non_terminals_block_wildcards(views: Views) -> None:
    assert Asked(views, "ent.wild.example.com").state is State.NODATA
    assert Asked(views, "y.ent.wild.example.com").state is State.NXDOMAIN


def test_rfc4592_2_2_1_a_wildcard_without_the_type_is_nodata(views: Views) -> None:
    asked = Asked(views, "x.wild.example.com", "AAAA")
    assert (asked.state, asked.authority) == (State.NODATA, [THE_SOA])


def test_rfc4592_2_3_the_asterisk_itself_is_an_ordinary_name(views: Views) -> None:
    assert Asked(views, "*.wild.example.com").answer == ["*.wild.example.com. A 192.0.2.100"]


def test_rfc4592_2_2_1_names_below_the_asterisk_are_not_covered(views: Views) -> None:
    assert Asked(views, "x.*.wild.example.com").state is State.NXDOMAIN


def test_rfc4592_4_3_a_wildcard_cname_is_synthesised_and_followed(views: Views) -> None:
    asked = Asked(views, "x.cwild.example.com")
    assert asked.answer == [
        "x.cwild.example.com. CNAME www.example.com.",
        "www.example.com. A 192.0.2.80 | 192.0.2.81",
    ]


def test_a_wildcard_cname_to_itself_is_a_loop(views: Views) -> None:
    asked = Asked(views, "y.loopwild.example.com")
    assert asked.state is State.LOOP
    assert len(asked.answer) == 2


# --- delegations


def test_rfc1034_4_3_2_3b_names_at_and_below_a_delegation_are_referred(views: Views) -> None:
    for name in ("sub.example.com", "host.sub.example.com", "a.b.host.sub.example.com"):
        asked = Asked(views, name)
        assert (asked.state, asked.rcode, asked.aa) == (State.DELEGATION, "NOERROR", False)
        assert asked.answer == []
        assert asked.authority == [
            "sub.example.com. NS ns.example.net. | ns.other.example.com. | ns1.example.com. | "
            "ns1.sub.example.com."
        ]


def test_rfc9471_3_glue_is_in_domain_sibling_and_authoritative_but_not_foreign(
    views: Views,
) -> None:
    assert Asked(views, "sub.example.com").additional == [
        "ns.other.example.com. A 192.0.2.54",
        "ns1.example.com. A 192.0.2.1",
        "ns1.example.com. AAAA 2001:db8::1",
        "ns1.sub.example.com. A 192.0.2.53",
        "ns1.sub.example.com. AAAA 2001:db8::53",
    ]


def test_rfc9471_3_1_only_in_domain_glue_is_required(views: Views) -> None:
    query = parse_query(dns.message.make_query("sub.example.com", "A").to_wire())
    assert isinstance(query, Query)
    reply = answer(query, views).reply
    assert len(reply.glue) == 2
    assert len(reply.additional) == 3


def test_rfc4592_4_addresses_of_servers_may_come_from_a_wildcard() -> None:
    served = Views()
    served.put(a_zone("example.com", "sub NS ns.star\n*.star A 192.0.2.1\n", "1"))
    assert Asked(served, "sub.example.com").additional == ["ns.star.example.com. A 192.0.2.1"]


def test_glue_is_occluded_and_never_an_answer(views: Views) -> None:
    assert Asked(views, "ns1.sub.example.com").state is State.DELEGATION


def test_the_topmost_delegation_refers(views: Views) -> None:
    asked = Asked(views, "x.deleg.sub.example.com")
    assert asked.authority[0].startswith("sub.example.com.")


def test_the_ns_of_a_delegation_are_a_referral_too(views: Views) -> None:
    asked = Asked(views, "sub.example.com", "NS")
    assert (asked.state, asked.answer) == (State.DELEGATION, [])


# --- RFC 4035 3.1.4.1: DS


def test_rfc4035_3_1_4_1_ds_at_a_delegation_is_answered_here(views: Views) -> None:
    asked = Asked(views, "signed.example.com", "DS")
    assert (asked.state, asked.aa) == (State.HIT, True)
    asked = Asked(views, "sub.example.com", "DS")
    assert (asked.state, asked.aa, asked.authority) == (State.NODATA, True, [THE_SOA])


def test_ds_below_a_delegation_is_referred(views: Views) -> None:
    assert Asked(views, "host.sub.example.com", "DS").state is State.DELEGATION


def test_rfc4035_3_1_4_1_ds_at_an_apex_is_asked_of_the_zone_above() -> None:
    served = Views()
    served.put(a_zone("example.com", "kid NS ns.kid\nkid DS 1 8 2 " + "00" * 32 + "\n", "1"))
    served.put(a_zone("kid.example.com", "@ NS ns\n", "2"))
    assert Asked(served, "kid.example.com", "DS").state is State.HIT
    assert Asked(served, "kid.example.com", "NS").answer[0].startswith("kid.example.com. NS")


def test_ds_at_an_apex_that_the_zone_above_does_not_delegate_is_nodata_there(views: Views) -> None:
    asked = Asked(views, "kid.example.org", "DS")
    assert (asked.state, asked.rcode) == (State.NODATA, "NOERROR")
    assert asked.authority[0].startswith("example.org. SOA")


def test_ds_at_an_apex_with_no_zone_above_is_nodata(views: Views) -> None:
    asked = Asked(views, "example.com", "DS")
    assert (asked.state, asked.rcode, asked.authority) == (State.NODATA, "NOERROR", [THE_SOA])


# --- RFC 6672: DNAME


def test_rfc6672_3_2_a_dname_rewrites_what_is_below_it(views: Views) -> None:
    asked = Asked(views, "t.dname.example.com")
    assert (asked.state, asked.aa) == (State.HIT, True)
    assert asked.answer == [
        "dname.example.com. DNAME target.example.com.",
        "t.dname.example.com. CNAME t.target.example.com.",
        "t.target.example.com. A 192.0.2.201",
    ]


def test_rfc6672_3_1_the_synthesised_cname_has_the_ttl_of_the_dname(views: Views) -> None:
    query = parse_query(dns.message.make_query("t.dname.example.com", "A").to_wire())
    assert isinstance(query, Query)
    reply = answer(query, views).reply
    assert [rrset.ttl for _, rrset in reply.answer[:2]] == [300, 300]


def test_rfc6672_2_4_names_below_a_dname_are_occluded(views: Views) -> None:
    asked = Asked(views, "below.dname.example.com")
    assert (asked.state, asked.rcode) == (State.NXDOMAIN, "NXDOMAIN")
    assert asked.answer[1] == "below.dname.example.com. CNAME below.target.example.com."


def test_rfc6672_2_3_the_owner_itself_is_not_rewritten(views: Views) -> None:
    assert Asked(views, "dname.example.com", "DNAME").answer == [
        "dname.example.com. DNAME target.example.com."
    ]
    assert Asked(views, "dname.example.com", "A").state is State.NODATA


def test_the_synthesised_cname_is_what_a_query_for_cname_gets(views: Views) -> None:
    asked = Asked(views, "c.dname.example.com", "CNAME")
    assert asked.state is State.HIT
    assert [line.split()[1] for line in asked.answer] == ["DNAME", "CNAME"]
    assert asked.authority == []


def test_a_dname_and_then_a_cname(views: Views) -> None:
    assert [line.split()[1] for line in Asked(views, "c.dname.example.com").answer] == [
        "DNAME", "CNAME", "CNAME", "A",
    ]  # fmt: skip


def test_a_dname_into_another_zone_of_ours(views: Views) -> None:
    asked = Asked(views, "www.out.example.com")
    assert asked.answer[-1] == "www.example.org. A 198.51.100.1"


def test_rfc6672_2_2_a_name_that_becomes_too_long_is_yxdomain() -> None:
    served = Views()
    long_label = "x" * 60
    target = f"{long_label}.{long_label}.{long_label}.example.com."
    served.put(a_zone("example.com", f"d DNAME {target}\n", "1"))
    asked = Asked(served, f"{long_label}.d.example.com")
    assert (asked.state, asked.rcode, asked.aa) == (State.YXDOMAIN, "YXDOMAIN", True)
    assert [line.split()[1] for line in asked.answer] == ["DNAME"]


def test_a_dname_to_itself_ends(views: Views) -> None:
    asked = Asked(views, "x.round.example.com")
    assert asked.state is State.LOOP
    assert [line.split()[1] for line in asked.answer] == ["DNAME", "CNAME"]


def test_a_dname_below_itself_ends_and_is_shown_once(views: Views) -> None:
    asked = Asked(views, "x.grow.example.com")
    assert asked.state is State.LOOP
    assert [line.split()[1] for line in asked.answer].count("DNAME") == 1
    assert len(asked.answer) == 1 + CHAIN_MAX


# --- RFC 8482: ANY


def test_rfc8482_4_1_any_gets_one_rrset(views: Views) -> None:
    assert Asked(views, "ns1.example.com", "ANY").answer == ["ns1.example.com. A 192.0.2.1"]
    assert Asked(views, "alias.example.com", "ANY").answer == [
        "alias.example.com. CNAME www.example.com."
    ]
    assert Asked(views, "ent.example.com", "ANY").state is State.NODATA
    assert Asked(views, "nope.example.com", "ANY").state is State.NXDOMAIN
    assert Asked(views, "x.wild.example.com", "ANY").answer == ["x.wild.example.com. A 192.0.2.100"]


# --- additional data


def test_rfc1034_4_3_2_step_6_mx_brings_addresses_of_its_own_zone_only(views: Views) -> None:
    assert Asked(views, "example.com", "MX").additional == ["mail.example.com. A 192.0.2.25"]


def test_additional_owners_are_spelled_as_in_the_zone() -> None:
    served = Views()
    text = "@ MX 10 MAIL\n@ MX 20 a.W\nmail A 192.0.2.1\n*.w A 192.0.2.2\n"
    served.put(a_zone("example.com", text, "1"))
    assert Asked(served, "example.com", "MX").additional == [
        "a.W.example.com. A 192.0.2.2",
        "mail.example.com. A 192.0.2.1",
    ]


def test_ns_of_the_apex_bring_addresses(views: Views) -> None:
    assert Asked(views, "example.com", "NS").additional == [
        "ns1.example.com. A 192.0.2.1",
        "ns1.example.com. AAAA 2001:db8::1",
    ]


def test_rfc2782_srv_brings_addresses(views: Views) -> None:
    assert Asked(views, "_sip._udp.example.com", "SRV").additional == [
        "mail.example.com. A 192.0.2.25"
    ]


def test_rfc9460_4_1_svcb_brings_addresses_also_of_its_owner(views: Views) -> None:
    assert Asked(views, "svc.example.com", "HTTPS").additional == ["svc.example.com. A 192.0.2.44"]
    assert Asked(views, "alt.example.com", "HTTPS").additional == ["mail.example.com. A 192.0.2.25"]


def test_rfc9460_4_1_an_alias_brings_the_records_of_its_target() -> None:
    served = Views()
    served.put(a_zone("example.com", "a HTTPS 0 b\nb HTTPS 1 . alpn=h2\nb A 192.0.2.1\n", "1"))
    brought = Asked(served, "a.example.com", "HTTPS").additional
    assert [line.split()[1] for line in brought] == ["A", "HTTPS"]


def test_a_synthesised_mx_brings_addresses(views: Views) -> None:
    assert Asked(views, "x.wild.example.com", "MX").additional == ["mail.example.com. A 192.0.2.25"]
