"""Nodes as octets: what was packed is what is unpacked."""

import pytest

pytest.importorskip("microdns_dns.engine.core", reason="the engine is not built")

from hypothesis import given
from hypothesis import strategies as st

from microdns_dns.engine.node import node_from_octets, pack_node
from microdns_dns.rrset import RRset
from microdns_dns.view import Node

ttls = st.integers(0, 2**32 - 1)


@st.composite
def rrsets(draw: st.DrawFn) -> RRset:
    rdatas = tuple(draw(st.lists(st.binary(max_size=40), min_size=1, max_size=4)))
    several = draw(st.booleans())
    own = tuple(draw(ttls) for _ in rdatas) if several else ()
    return RRset(draw(st.integers(0, 0xFFFF)), draw(ttls), rdatas, own)


@given(st.lists(rrsets(), max_size=4), st.integers(0, 2**32 - 1), st.booleans(), st.booleans())
def test_a_node_comes_back_as_it_was(
    held: list[RRset], children: int, spelled: bool, apex: bool
) -> None:
    owner = b"\x03Www\x07example\0" if spelled else b"\x03www\x07example\0"
    node = Node(owner, tuple(held), children)
    assert node_from_octets(pack_node(owner.lower(), node, apex)) == node


@pytest.mark.parametrize(
    ("rdatas", "message"),
    [
        ((b"",) * 65_536, "more than 65,535 records"),
        ((b"x", bytes(65_536)), "more than 65,535 octets"),
    ],
)
def test_what_no_message_can_carry_is_refused(rdatas: tuple[bytes, ...], message: str) -> None:
    node = Node(b"\x01a\0", (RRset(16, 0, rdatas),))
    with pytest.raises(ValueError, match=message):
        pack_node(b"\x01a\0", node, False)


def test_a_number_that_does_not_fit_is_an_error() -> None:
    with pytest.raises(OverflowError):
        pack_node(b"\x01a\0", Node(b"\x01a\0", (RRset(65_536, 0, (b"x",)),)), False)
    with pytest.raises(OverflowError):
        pack_node(b"\x01a\0", Node(b"\x01a\0", (RRset(1, 2**32, (b"x",)),)), False)
