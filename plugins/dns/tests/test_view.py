"""Zone views: what exists, what hides it, and that changes leave no trace of what they undo."""

from hypothesis import given
from hypothesis import strategies as st

from microdns_dns import names
from microdns_dns.model import Soa, Zone
from microdns_dns.protocol import RRType
from microdns_dns.view import Node, RRset, Views, ZoneView

A1, A2, A3 = b"\xc0\0\2\1", b"\xc0\0\2\2", b"\xc0\0\2\3"


def wire(text: str) -> bytes:
    return names.from_text(text)


def a_zone(name: str = "example.com", id: str = "1") -> ZoneView:
    soa = Soa("ns1.example.com", "admin.example.com", serial=7, minimum=60, ttl=3600)
    return ZoneView(Zone(id=id, name=name, soa=soa))


def test_the_apex_exists_with_its_soa() -> None:
    view = a_zone("Example.COM")
    assert view.origin == wire("example.com")
    assert view.apex.owner == wire("Example.COM")
    assert view.node(view.origin) is view.apex
    assert view.apex.get(RRType.SOA) == view.soa


def test_rfc2308_5_negative_answers_live_for_the_lower_of_ttl_and_minimum() -> None:
    view = a_zone()
    assert (view.soa.ttl, view.negative_soa.ttl) == (3600, 60)
    view.set_soa(Soa("ns1.example.com", "admin.example.com", minimum=9000, ttl=30))
    assert (view.soa.ttl, view.negative_soa.ttl) == (30, 30)


def test_a_new_serial_leaves_the_rest_of_the_soa() -> None:
    view, other = a_zone(), a_zone()
    view.set_serial(4_000_000_000)
    other.set_soa(
        Soa("ns1.example.com", "admin.example.com", serial=4_000_000_000, minimum=60, ttl=3600)
    )
    assert view.soa == other.soa
    assert view.negative_soa == other.negative_soa
    assert view.apex.rrsets == (view.soa,)


def test_records_of_one_owner_and_type_are_an_rrset_whatever_their_case() -> None:
    view = a_zone()
    view.add(wire("WWW.example.com"), RRType.A, 300, A1)
    view.add(wire("www.EXAMPLE.com"), RRType.A, 300, A2)
    node = view.node(wire("www.example.com"))
    assert node == Node(wire("WWW.example.com"), (RRset(RRType.A, 300, (A1, A2)),))


def test_rfc2181_5_2_an_rrset_has_the_lowest_ttl_of_its_members() -> None:
    view = a_zone()
    owner = wire("www.example.com")
    for ttl, rdata in ((300, A1), (60, A2), (900, A3)):
        view.add(owner, RRType.A, ttl, rdata)
    node = view.node(owner)
    assert node is not None
    assert node.rrsets == (RRset(RRType.A, 60, (A1, A2, A3), (300, 60, 900)),)
    view.remove(owner, RRType.A, A2)
    assert node.rrsets == (RRset(RRType.A, 300, (A1, A3), (300, 900)),)
    view.remove(owner, RRType.A, A3)
    assert node.rrsets == (RRset(RRType.A, 300, (A1,)),)


def test_rfc4592_2_2_2_names_between_are_empty_non_terminals() -> None:
    view = a_zone()
    view.add(wire("a.b.c.example.com"), RRType.A, 300, A1)
    between = view.node(wire("b.c.example.com"))
    assert between == Node(wire("b.c.example.com"), (), 1)
    assert view.has(wire("c.example.com"))
    view.remove(wire("a.b.c.example.com"), RRType.A, A1)
    assert list(view.nodes) == [view.origin]


def test_an_empty_non_terminal_stays_while_anything_is_below() -> None:
    view = a_zone()
    view.add(wire("one.sub.example.com"), RRType.A, 300, A1)
    view.add(wire("two.sub.example.com"), RRType.A, 300, A1)
    view.add(wire("sub.example.com"), RRType.A, 300, A1)
    view.remove(wire("one.sub.example.com"), RRType.A, A1)
    view.remove(wire("sub.example.com"), RRType.A, A1)
    assert view.node(wire("sub.example.com")) == Node(wire("sub.example.com"), (), 1)
    view.remove(wire("two.sub.example.com"), RRType.A, A1)
    assert not view.has(wire("sub.example.com"))


def test_removing_what_is_not_there_changes_nothing() -> None:
    view = a_zone()
    view.add(wire("www.example.com"), RRType.A, 300, A1)
    view.remove(wire("www.example.com"), RRType.A, A2)
    view.remove(wire("www.example.com"), RRType.AAAA, A1)
    view.remove(wire("other.example.com"), RRType.A, A1)
    assert view.node(wire("www.example.com")) is not None


def cut_owner(view: ZoneView, name: str) -> str | None:
    found = view.cut(wire(name))
    return None if found is None else names.to_text(found[0])


def test_the_topmost_cut_governs() -> None:
    view = a_zone()
    view.add(wire("sub.example.com"), RRType.NS, 300, wire("ns.sub.example.com"))
    view.add(wire("deep.sub.example.com"), RRType.DNAME, 300, wire("example.net"))
    view.add(wire("d.example.com"), RRType.DNAME, 300, wire("example.net"))
    assert cut_owner(view, "sub.example.com") == "sub.example.com"
    assert cut_owner(view, "x.deep.sub.example.com") == "sub.example.com"
    assert cut_owner(view, "d.example.com") is None
    assert cut_owner(view, "x.d.example.com") == "d.example.com"
    assert cut_owner(view, "www.example.com") is None
    assert cut_owner(view, "example.com") is None
    view.remove(wire("sub.example.com"), RRType.NS, wire("ns.sub.example.com"))
    assert cut_owner(view, "x.deep.sub.example.com") == "deep.sub.example.com"


def test_a_cut_holds_its_present_rrset() -> None:
    view = a_zone()
    owner = wire("sub.example.com")
    for target in ("ns1.example.net", "ns2.example.net"):
        view.add(owner, RRType.NS, 300, wire(target))
    node = view.node(owner)
    assert node is not None
    assert view.cut(owner) == (owner, node.get(RRType.NS))


def test_ns_at_the_apex_is_no_cut_but_a_dname_there_is_one() -> None:
    view = a_zone()
    view.add(view.origin, RRType.NS, 300, wire("ns1.example.com"))
    assert cut_owner(view, "www.example.com") is None
    view.add(view.origin, RRType.DNAME, 300, wire("example.net"))
    assert cut_owner(view, "www.example.com") == "example.com"
    assert cut_owner(view, "example.com") is None


def test_rfc4592_3_3_1_only_the_wildcard_at_the_closest_encloser_counts() -> None:
    view = a_zone()
    view.add(wire("*.example.com"), RRType.A, 300, A1)
    view.add(wire("host.sub.example.com"), RRType.A, 300, A1)
    star = view.node(wire("*.example.com"))
    assert view.wildcard(wire("x.example.com")) is star
    assert view.wildcard(wire("x.y.example.com")) is star
    assert view.wildcard(wire("x.sub.example.com")) is None
    assert view.wildcard(wire("x.*.example.com")) is None


def test_the_root_may_be_a_zone() -> None:
    view = a_zone(".")
    view.add(wire("com"), RRType.NS, 300, wire("ns.com"))
    assert cut_owner(view, "www.example.com") == "com"
    assert cut_owner(view, "org") is None
    assert view.wildcard(wire("org")) is None
    views = Views()
    views.put(view)
    assert views.find(b"\0") is view
    assert views.find(wire("any.name")) is view


def test_the_most_specific_zone_is_found() -> None:
    views = Views()
    upper, lower = a_zone(), a_zone("sub.example.com", "2")
    views.put(upper)
    views.put(lower)
    assert views.find(wire("www.example.com")) is upper
    assert views.find(wire("www.sub.example.com")) is lower
    assert views.find(wire("sub.example.com")) is lower
    assert views.find(wire("xsub.example.com")) is upper
    assert views.find(wire("example.net")) is None
    assert views.zone("EXAMPLE.com") is upper
    assert views.by_id("2") is lower
    assert len(views) == 2


def test_a_zone_that_was_dropped_is_not_found() -> None:
    views = Views()
    views.put(a_zone())
    views.put(a_zone(id="2"))
    assert views.by_id("1") is None
    views.drop("2")
    assert views.find(wire("example.com")) is None
    assert list(views) == []


OWNERS = ["@", "a", "b.a", "c.b.a", "*", "*.a", "d", "e.d", "B.A"]
RECORDS = st.tuples(
    st.sampled_from(OWNERS),
    st.sampled_from([RRType.A, RRType.NS, RRType.DNAME, RRType.TXT]),
    st.sampled_from([60, 300]),
    st.sampled_from([A1, A2]),
)


@given(st.lists(st.tuples(st.booleans(), RECORDS), max_size=40))
def test_a_view_that_was_changed_equals_one_built_afresh(
    changes: list[tuple[bool, tuple[str, int, int, bytes]]],
) -> None:
    view = a_zone()
    held: dict[tuple[bytes, int, bytes], int] = {}
    for add, (relative, type, ttl, rdata) in changes:
        owner = names.from_text(relative, view.origin)
        key = (owner.lower(), type, rdata)
        if add and key not in held:
            view.add(owner, type, ttl, rdata)
            held[key] = ttl
        elif not add:
            view.remove(owner, type, rdata)
            held.pop(key, None)
    fresh = a_zone()
    for (owner, type, rdata), ttl in held.items():
        fresh.add(owner, type, ttl, rdata)
    assert summary(view) == summary(fresh)


def summary(view: ZoneView) -> object:
    """Everything about a view but the order of what has none, and the case of owners."""
    nodes = {
        folded: (node.children, {rrset.type: described(rrset) for rrset in node.rrsets})
        for folded, node in view.nodes.items()
    }
    return nodes, {folded: described(rrset) for folded, rrset in view._cuts.items()}


def described(rrset: RRset) -> object:
    ttls = rrset.ttls or (rrset.ttl,) * len(rrset.rdatas)
    assert rrset.ttl == min(ttls)
    return dict(zip(rrset.rdatas, ttls, strict=True)), len(rrset.rdatas)
