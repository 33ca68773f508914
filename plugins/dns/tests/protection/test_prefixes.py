"""Sets of prefixes agree with ``ipaddress``, whatever overlaps."""

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from microdns_dns.protection.prefixes import Network, Prefixes, octets_of

addresses = st.one_of(
    st.builds(ipaddress.IPv4Address, st.integers(0, 2**32 - 1)),
    st.builds(ipaddress.IPv6Address, st.integers(0, 2**128 - 1)),
)


@st.composite
def networks(draw: st.DrawFn) -> Network:
    address = draw(addresses)
    length = draw(st.integers(0, address.max_prefixlen))
    network: Network = ipaddress.ip_network((address, length), strict=False)
    return network


@given(st.lists(networks(), max_size=12), st.lists(addresses, max_size=12), st.data())
def test_membership(
    given: list[Network],
    asked: list[ipaddress.IPv4Address | ipaddress.IPv6Address],
    data: st.DataObject,
) -> None:
    prefixes = Prefixes(given)
    for network in given:  # and what is at their edges
        asked += [network[0], network[-1]]
    for address in asked:
        expected = any(address in network for network in given)
        expected |= (
            address.version == 6
            and address.ipv4_mapped is not None
            and any(address.ipv4_mapped in network for network in given if network.version == 4)
        )
        expected |= any(
            network.version == 6 and ipaddress.IPv6Address(octets_of(str(address))) in network
            for network in given
        )
        assert (octets_of(str(address)) in prefixes) == expected


def test_a_zone_of_an_address_does_not_matter() -> None:
    assert octets_of("fe80::1%eth0") == octets_of("fe80::1")
    assert octets_of("") == bytes(16)
