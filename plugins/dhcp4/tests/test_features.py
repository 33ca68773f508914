"""What goes beyond the bare protocol, by the RFC that brings it."""

import pytest
from plugins.dhcp4.tests.bench import POOL, SERVER, serving
from plugins.dhcp4.tests.client import MAC, ip, request

from microdns_dhcp4.message import ACK, DISCOVER, OFFER, REQUEST

pytestmark = pytest.mark.anyio

OTHER = b"\x02\x00\x00\x00\x00\x02"
FIRST = ip("192.0.2.100")
RELAY = "192.0.2.254"


def options(text: str) -> str:
    return f"options = [{text}]"


async def test_rfc4039_rapid_commit_leases_in_two_messages() -> None:
    async with serving() as bench:
        ack = await bench.one(request(DISCOVER, (80, b"")))
        assert (ack.type, ack.yiaddr, ack.options[80]) == (ACK, FIRST, b"")
        assert bench.journal()[0].type == "lease.granted"


async def test_rfc4039_can_be_switched_off() -> None:
    async with serving(settings="rapid_commit = false") as bench:
        assert (await bench.one(request(DISCOVER, (80, b"")))).type == OFFER


async def test_rfc6842_the_client_identifier_comes_back() -> None:
    async with serving() as bench:
        assert (await bench.one(request(DISCOVER, (61, b"\0me")))).options[61] == b"\0me"


async def test_rfc4361_clients_are_known_by_identifier_before_hardware() -> None:
    async with serving() as bench:
        first = await bench.lease(MAC, (61, b"\xff\0\0\0\1duid"))
        moved = await bench.lease(OTHER, (61, b"\xff\0\0\0\1duid"))
        assert first.yiaddr == moved.yiaddr
    async with serving(settings="use_client_id = false") as bench:
        first = await bench.lease(MAC, (61, b"\xff\0\0\0\1duid"))
        moved = await bench.lease(OTHER, (61, b"\xff\0\0\0\1duid"))
        assert first.yiaddr != moved.yiaddr


TWO_SUBNETS = (
    POOL
    + """
[[dhcp.v4.pools]]
subnet = "198.51.100.0/24"
range_start = "198.51.100.10"
range_end = "198.51.100.20"
relays = ["203.0.113.9"]
"""
)


async def test_rfc3527_option_82_selects_the_link() -> None:
    async with serving(TWO_SUBNETS) as bench:
        relay_information = b"\1\1x\5\4" + ip("198.51.100.0")
        asked = request(DISCOVER, (82, relay_information), giaddr=RELAY)
        offer = await bench.one(asked, RELAY)
        assert offer.yiaddr == ip("198.51.100.10")
        assert offer.options[82] == relay_information


async def test_rfc3011_option_118_selects_the_subnet() -> None:
    async with serving(TWO_SUBNETS) as bench:
        offer = await bench.one(request(DISCOVER, (118, ip("198.51.100.0"))))
        assert offer.yiaddr == ip("198.51.100.10")


async def test_a_relay_may_have_an_address_outside_of_the_subnet() -> None:
    async with serving(TWO_SUBNETS) as bench:
        offer = await bench.one(request(DISCOVER, giaddr="203.0.113.9"), "203.0.113.9")
        assert offer.yiaddr == ip("198.51.100.10")


async def test_relays_of_other_networks_can_be_refused() -> None:
    async with serving(settings='relays_allowed = ["192.0.2.0/25"]') as bench:
        assert await bench.ask(request(DISCOVER, giaddr=RELAY), RELAY) == []
        assert bench.count("discover", "relay-refused") == 1


async def test_rfc5107_the_relay_stands_in_as_the_server() -> None:
    async with serving() as bench:
        override = (82, b"\x0b\4" + ip(RELAY))
        offer = await bench.one(request(DISCOVER, override, giaddr=RELAY), RELAY)
        assert offer.options[54] == ip(RELAY)
        chosen = (50, offer.yiaddr), (54, ip(RELAY))
        ack = await bench.one(request(REQUEST, *chosen, override, giaddr=RELAY), RELAY)
        assert ack.type == ACK


async def test_rfc3046_option_82_is_the_last() -> None:
    async with serving() as bench:
        await bench.ask(request(DISCOVER, (82, b"\1\3abc"), giaddr=RELAY), RELAY)
        ((data, _),) = bench.links.datagrams["eth0"].sent
        assert data.rstrip(b"\0").endswith(b"\x52\x05\x01\x03abc\xff")


async def test_rfc3442_the_default_route_is_among_the_routes() -> None:
    routes = options(
        '{ option = 121, value = [{ to = "10.0.0.0/8", via = "192.0.2.254" }], always = true }'
    )
    async with serving(settings=routes) as bench:
        offer = await bench.one(request(DISCOVER, (55, bytes((1, 3, 121)))))
        assert offer.options[121] == b"\0" + ip("192.0.2.1") + b"\x08\x0a" + ip("192.0.2.254")
        assert list(offer.options).index(121) < list(offer.options).index(3)


async def test_domain_is_left_out_where_the_search_list_is_sent() -> None:
    config = POOL + 'search = ["example.com", "lab.example.com"]\n'
    async with serving(config) as bench:
        offer = await bench.one(request(DISCOVER, (55, bytes((15, 119)))))
        assert 119 in offer.options
        assert 15 not in offer.options
        other = await bench.one(request(DISCOVER, (55, bytes((15,)))))
        assert other.options[15] == b"example.com"


async def test_options_are_sent_to_who_asks_for_them_or_always() -> None:
    text = options(
        '{ option = "v6-only-preferred", value = 1800 },'
        '{ option = "captive-portal", value = "https://p.example/" },'
        '{ option = 224, value = "0102", always = true }'
    )
    async with serving(settings=text) as bench:
        plain = await bench.one(request(DISCOVER, (55, b"\1")))
        assert 108 not in plain.options
        assert 114 not in plain.options
        assert plain.options[224] == b"\1\2"
        asked = await bench.one(request(DISCOVER, (55, bytes((108, 114)))))
        assert asked.options[108] == (1800).to_bytes(4, "big")
        assert asked.options[114] == b"https://p.example/"


async def test_rfc3396_a_value_of_400_octets_arrives_whole() -> None:
    long = options(f'{{ option = 43, value = "{"ab" * 400}" }}')
    async with serving(settings=long) as bench:
        asked = request(DISCOVER, (55, b"\x2b"), (57, (1400).to_bytes(2, "big")))
        assert (await bench.one(asked)).options[43] == b"\xab" * 400


@pytest.mark.parametrize(
    ("client", "file", "vendor"),
    [
        (((60, b"PXEClient:Arch:00000"), (93, b"\0\0")), b"pxelinux.0", b"PXEClient"),
        (((60, b"PXEClient:Arch:00007"), (93, b"\0\7")), b"shimx64.efi", b"PXEClient"),
        (((60, b"PXEClient:Arch:00011"), (93, b"\0\x0b")), b"grubaa64.efi", b"PXEClient"),
        (((60, b"HTTPClient:Arch:00016"), (93, b"\0\x10")), b"http://b/x.efi", b"HTTPClient"),
        (((60, b"PXEClient"), (93, b"\0\0"), (77, b"iPXE")), b"http://b/boot.ipxe", None),
        (((60, b"PXEClient"), (93, b"\0\7"), (175, b"\1\1\1")), b"http://b/boot.ipxe", None),
        (((60, b"MSFT 5.0"),), b"", None),
    ],
)
async def test_network_boot_by_what_the_client_is(
    client: tuple[tuple[int, bytes], ...], file: bytes, vendor: bytes | None
) -> None:
    boot = """
[dhcp.v4.boot]
next_server = "192.0.2.5"
bios = "pxelinux.0"
uefi_x64 = "shimx64.efi"
uefi_arm64 = "grubaa64.efi"
http_x64 = "http://b/x.efi"
ipxe = "http://b/boot.ipxe"
"""
    async with serving(POOL + boot) as bench:
        offer = await bench.one(request(DISCOVER, (55, bytes((66, 67))), *client))
        assert offer.file == file
        assert offer.options.get(67, b"") == file
        assert offer.options.get(60) == vendor
        assert offer.siaddr == (ip("192.0.2.5") if file else bytes(4))


CLASSES = (
    POOL.replace("[[dhcp.v4.pools]]", '[[dhcp.v4.pools]]\nclient_class = "phones"')
    + """
[[dhcp.v4.pools]]
subnet = "192.0.2.0/24"
range_start = "192.0.2.200"
range_end = "192.0.2.209"

[[dhcp.v4.classes]]
name = "phones"
match = 'vendor_class startswith "phone" and not hostname == "softphone"'
lease_time_secs = 300

[[dhcp.v4.classes]]
name = "unwanted"
match = "mac == 02:00:00:00:00:66"
drop = true
"""
)


async def test_classes_choose_pools_and_settings() -> None:
    async with serving(CLASSES) as bench:
        phone = await bench.lease(MAC, (60, b"phone 7"))
        assert phone.yiaddr == FIRST
        assert phone.options[51] == (300).to_bytes(4, "big")
        other = await bench.lease(OTHER)
        assert other.yiaddr == ip("192.0.2.200")


async def test_a_class_can_be_left_without_an_answer() -> None:
    async with serving(CLASSES) as bench:
        assert await bench.ask(request(DISCOVER, mac=b"\2\0\0\0\0\x66")) == []
        assert bench.count("discover", "dropped") == 1


@pytest.mark.parametrize(
    ("flags", "settings", "answered", "dns"),
    [
        (b"\x05", "", b"\x05", ""),
        (b"\x04", "", b"\x07", ""),
        (b"\x04", "fqdn_override = false", b"\x04", "client"),
        (b"\x0c", "", b"\x0c", "none"),
    ],
)
async def test_rfc4702_who_registers_the_name(
    flags: bytes, settings: str, answered: bytes, dns: str
) -> None:
    async with serving(settings=settings) as bench:
        name = b"\4Host\7example\3com\0"
        ack = await bench.lease(MAC, (81, flags + b"\0\0" + name))
        assert ack.options[81] == answered + b"\xff\xff" + name
        lease = bench.book.lease(FIRST)
        assert lease is not None
        assert (lease.fqdn, lease.hostname, lease.dns) == ("host.example.com", "host", dns)


async def test_names_are_made_fit_for_dns() -> None:
    async with serving() as bench:
        await bench.lease(MAC, (12, b"Bob's iPhone_2\0"))
        lease = bench.book.lease(FIRST)
        assert lease is not None
        assert lease.hostname == "bob-s-iphone-2"


async def test_lease_times_are_kept_within_bounds() -> None:
    async with serving(settings="lease_time_max_secs = 7200") as bench:
        for asked, given in ((10, 60), (5000, 5000), (99999, 7200), (0xFFFFFFFF, 7200)):
            offer = await bench.one(request(DISCOVER, (51, asked.to_bytes(4, "big"))))
            assert offer.options[51] == given.to_bytes(4, "big")


async def test_the_gateway_and_the_servers_addresses_are_never_leased() -> None:
    pool = POOL.replace('range_start = "192.0.2.100"', 'range_start = "192.0.2.0"')
    async with serving(pool.replace("192.0.2.109", "192.0.2.3")) as bench:
        assert (await bench.lease()).yiaddr == ip("192.0.2.2")
        assert (await bench.lease(OTHER)).yiaddr == ip("192.0.2.3")
        assert await bench.ask(request(DISCOVER, mac=bytes(6))) == []


async def test_malformed_requests_are_counted_and_harm_nothing() -> None:
    async with serving() as bench:
        for data in (b"", b"x" * 300, request(DISCOVER)[:-3] + b"\x0c\x40\xff", request(2)):
            assert await bench.ask(data) == []
        assert (await bench.one(request(DISCOVER))).type == OFFER
        assert bench.replies()[0].options[54] == SERVER
