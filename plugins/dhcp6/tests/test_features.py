"""What goes beyond the bare protocol, by the RFC that brings it."""

import pytest
from plugins.dhcp6.tests.bench import DELEGATION, FIRST, PEER, POOL, SERVER, serving
from plugins.dhcp6.tests.client import DUID, ip, na, oro, pd, relay, request

from microdns_dhcp6.message import INFORMATION_REQUEST, REPLY, REQUEST, SOLICIT

pytestmark = pytest.mark.anyio

OTHER = b"\0\3\0\1\x02\0\0\0\0\2"
UUID = b"\0\4" + bytes(range(16))


def options(text: str) -> str:
    return f"options = [{text}]"


@pytest.mark.parametrize(
    ("settings", "code", "expected"),
    [
        ("information_refresh_secs = 86400", 32, (86400).to_bytes(4, "big")),
        ("sol_max_rt_secs = 7200", 82, (7200).to_bytes(4, "big")),
        ("inf_max_rt_secs = 7200", 83, (7200).to_bytes(4, "big")),
        (options('{ option = "captive-portal", value = "https://p" }'), 103, b"https://p"),
        (options('{ option = "boot-file-url", value = "http://b" }'), 59, b"http://b"),
        (options('{ option = "boot-file-parameters", value = ["a", "bc"] }'), 60, b"\0\1a\0\2bc"),
        (options('{ option = "ntp-servers", value = "n" }'), 56, b"\0\3\0\3\1n\0"),
        (options('{ option = 4000, value = "0102", type = "hex" }'), 4000, b"\1\2"),
        (options('{ option = 4001, value = 7, type = "u16" }'), 4001, b"\0\7"),
        (options('{ option = "timezone-name", value = "Europe/Berlin" }'), 42, b"Europe/Berlin"),
    ],
)
async def test_options_by_name_and_number(settings: str, code: int, expected: bytes) -> None:
    async with serving(settings=settings) as bench:
        told = await bench.one(request(INFORMATION_REQUEST, oro(code)))
        assert told.options[code] == expected
        assert code not in (await bench.one(request(INFORMATION_REQUEST, oro(23)))).options


async def test_rfc5908_and_rfc4075_time_servers() -> None:
    async with serving(POOL + 'ntp = ["2001:db8::123"]') as bench:
        reply = await bench.one(request(SOLICIT, na(), oro(56, 31)))
        assert reply.options[56] == b"\0\1\0\x10" + ip("2001:db8::123")
        assert reply.options[31] == ip("2001:db8::123")


async def test_rfc5970_a_boot_file_of_a_class_by_architecture() -> None:
    config = (
        POOL
        + """
[[dhcp.v6.classes]]
name = "netboot"
match = 'arch in [7, 16] and vendor_class startswith "HTTPClient" and user_class == "iPXE"'
boot_file = "http://boot.example/x64.efi"
"""
    )
    async with serving(config) as bench:
        client = (61, b"\0\x10"), (16, b"\0\0\1\x57\0\x0aHTTPClient"), (15, b"\0\4iPXE")
        reply = await bench.one(request(SOLICIT, na(), oro(59), *client))
        assert reply.options[59] == b"http://boot.example/x64.efi"
        assert 59 not in (await bench.one(request(SOLICIT, na(), oro(59)))).options


async def test_rfc9463_each_encrypted_dns_server_is_an_option() -> None:
    server = '{ option = "encrypted-dns", value = { name = "%s", addresses = ["2001:db8::53"] } }'
    async with serving(settings=options(server % "a" + ", " + server % "b")) as bench:
        found = (await bench.one(request(INFORMATION_REQUEST, oro(144)))).options[144]
        one = b"\0\1\0\3\1%b\0\0\x10" + ip("2001:db8::53")
        assert found == one % b"a" + one % b"b"


async def test_clients_that_ask_for_nothing_get_dns() -> None:
    async with serving() as bench:
        assert {23, 24} <= set((await bench.one(request(SOLICIT, na()))).options)


async def test_always_is_sent_unasked_and_the_closest_wins() -> None:
    everywhere = options('{ option = 4000, value = "01", always = true }')
    config = POOL + options('{ option = 4000, value = "02" }')
    async with serving(config, everywhere) as bench:
        assert (await bench.one(request(SOLICIT, na(), oro(23)))).options[4000] == b"\2"


async def test_options_without_room_are_left_out_and_counted() -> None:
    long = ", ".join(
        f'{{ option = {code}, value = "{"ab" * 600}", always = true }}'
        for code in range(4000, 4004)
    )
    async with serving(settings=options(long)) as bench:
        reply = await bench.one(request(SOLICIT, na(), oro(23)))
        assert 23 in reply.options
        assert sum(code in reply.options for code in range(4000, 4004)) == 2
        assert bench.figure("microdns_dhcp6_options_left_out_total") == 2


async def test_rfc4704_names_and_who_registers_them() -> None:
    async with serving() as bench:
        reply = await bench.lease(DUID, (39, b"\0\4host\7example\3com\0"))
        assert reply.options[39] == b"\3\4host\7example\3com\0"
        lease = bench.book.lease(ip(FIRST))
        assert lease is not None
        assert (lease.hostname, lease.fqdn, lease.dns) == ("host", "host.example.com", "")
        nobody = await bench.lease(OTHER, (39, b"\4\6Wei_rd"))
        assert nobody.options[39] == b"\4\6Wei_rd"
        lease = bench.book.lease(ip("2001:db8::101"))
        assert lease is not None
        assert (lease.hostname, lease.dns) == ("wei-rd", "none")


async def test_rfc4704_clients_may_register_themselves() -> None:
    async with serving(settings="fqdn_override = false") as bench:
        reply = await bench.lease(DUID, (39, b"\0\4host\7example\3com\0"))
        assert reply.options[39][0] == 0
        lease = bench.book.lease(ip(FIRST))
        assert lease is not None
        assert lease.dns == "client"


RESERVED = """
[[dhcp.v6.reservations]]
%s
ip = "2001:db8::77"
hostname = "reserved"
lease_time_secs = 7200
"""


@pytest.mark.parametrize(
    "identifier",
    [f'duid = "{DUID.hex(":")}"', 'mac = "02:00:00:00:00:01"'],
)
async def test_reservations_by_duid_or_hardware_address(identifier: str) -> None:
    async with serving(POOL + RESERVED % identifier) as bench:
        other = await bench.lease(OTHER)
        assert other.address == FIRST
        reply = await bench.lease()
        assert reply.ias[0].items == {"2001:db8::77": (4500, 7200)}
        lease = bench.book.lease(ip("2001:db8::77"))
        assert lease is not None
        assert lease.hostname == "reserved"


async def test_a_reserved_client_may_lease_again_in_two_messages() -> None:
    async with serving(POOL + RESERVED % f'duid = "{DUID.hex()}"') as bench:
        for _ in range(2):
            reply = await bench.one(request(SOLICIT, na(), (14, b"")))
            assert (reply.type, reply.address) == (REPLY, "2001:db8::77")


async def test_rfc6939_a_relay_agent_tells_the_hardware_address() -> None:
    async with serving(POOL + RESERVED % 'mac = "02:00:00:00:00:99"') as bench:
        told = (79, b"\0\1\x02\0\0\0\0\x99")
        asked = relay(request(SOLICIT, na(), duid=UUID), told, link="2001:db8::9")
        assert (await bench.one(asked)).address == "2001:db8::77"


async def test_rfc4291_a_link_local_address_shows_the_hardware_address() -> None:
    async with serving(POOL + RESERVED % 'mac = "02:00:00:00:00:99"') as bench:
        reply = await bench.one(request(SOLICIT, na(), duid=UUID), source="fe80::ff:fe00:99")
        assert reply.address == "2001:db8::77"


@pytest.mark.parametrize(
    ("identifier", "told"),
    [
        ('interface_id = "port7"', (18, b"port7")),
        ('remote_id = "0x0000000973"', (37, b"\0\0\0\x09s")),
    ],
)
async def test_reservations_by_relay_agents_words(identifier: str, told: tuple[int, bytes]) -> None:
    async with serving(POOL + RESERVED % identifier) as bench:
        asked = relay(request(SOLICIT, na(), duid=UUID), told, link="2001:db8::9")
        assert (await bench.one(asked)).address == "2001:db8::77"


async def test_a_reservation_in_the_pool_is_nobody_elses() -> None:
    config = POOL + RESERVED.replace("::77", "::100") % 'duid = "00:04:01"'
    async with serving(config) as bench:
        assert (await bench.lease()).address == "2001:db8::101"
        asked = request(REQUEST, na(FIRST), server=SERVER, duid=OTHER)
        assert (await bench.one(asked)).address == "2001:db8::102"


async def test_a_reserved_client_with_another_lease_moves_when_it_renews() -> None:
    async with serving(POOL + RESERVED % 'duid = "00:03:00:01:02:00:00:00:00:01"') as bench:
        reply = await bench.one(request(REQUEST, na("2001:db8::105"), server=SERVER))
        assert reply.address == "2001:db8::77"
        renewed = await bench.one(request(5, na("2001:db8::105"), server=SERVER))
        assert renewed.ias[0].items == {"2001:db8::77": (4500, 7200), "2001:db8::105": (0, 0)}


async def test_a_reserved_prefix_and_address_go_to_the_first_ias() -> None:
    config = (
        POOL + DELEGATION + RESERVED % f'duid = "{DUID.hex()}"\nprefix = "2001:db8:100:4200::/56"'
    )
    async with serving(config) as bench:
        wanted = na(iaid=1), pd(iaid=1), na(iaid=2), pd(iaid=2)
        reply = await bench.one(request(SOLICIT, *wanted, (14, b"")))
        assert reply.type == REPLY
        assert [next(iter(ia.items)) for ia in reply.ias] == [
            "2001:db8::77",
            "2001:db8:100:4200::/56",
            FIRST,
            "2001:db8:100::/56",
        ]


async def test_a_pool_for_a_class_is_for_no_other() -> None:
    config = (
        POOL.replace("prefix_len", 'client_class = "ours"\nprefix_len')
        + '[[dhcp.v6.classes]]\nname = "ours"\nmatch = \'duid_type == "uuid"\'\n'
    )
    async with serving(config) as bench:
        assert not (await bench.one(request(SOLICIT, na()))).ias[0].items
        assert (await bench.one(request(SOLICIT, na(), duid=UUID))).address == FIRST


@pytest.mark.parametrize(
    "match",
    [
        "mac == 02:00:00:00:00:01",
        "duid == 0x00030001020000000001",
        "option(8).number >= 7 and elapsed == 7",
        'interface_id == "p" and relay_option(18) == "p"',
        'remote_id contains "x" and subscriber_id == "me" and enterprise == 9',
        'link_address == "2001:db8::9" and interface == "eth0" and message_type == "solicit"',
        'hostname startswith "host."',
    ],
)
async def test_classes_can_drop_clients(match: str) -> None:
    config = POOL + f"[[dhcp.v6.classes]]\nname = 'bad'\nmatch = '{match}'\ndrop = true\n"
    async with serving(config) as bench:
        inner = request(
            SOLICIT, na(), (8, b"\0\7"), (39, b"\0\4host\1x\0"), (16, b"\0\0\0\x09\0\1v")
        )
        told = (18, b"p"), (37, b"\0\0\0\x09x"), (38, b"me")
        assert await bench.ask(relay(inner, *told, link="2001:db8::9")) == []
        assert bench.count("solicit", "dropped") == 1
        assert len(await bench.ask(request(SOLICIT, na(), duid=UUID))) == 1


async def test_rfc4994_and_rfc8357_what_relay_agents_get_back() -> None:
    async with serving() as bench:
        told = (43, b"\0\x25"), (37, b"\0\0\0\x09x"), (135, b"\0\0"), (38, b"me")
        await bench.ask(relay(request(SOLICIT, na()), *told, link="2001:db8::9"), port=4000)
        ((data, address),) = bench.links.datagrams6["eth0"].sent
        assert address == (PEER, 4000, 0, 2)
        assert b"\0\x25\0\5\0\0\0\x09x" in data
        assert b"\0\x26\0\2me" not in data


async def test_23_a_rogue_relay_agent_is_refused() -> None:
    async with serving(settings='relays_allowed = ["2001:db8:a::/48"]') as bench:
        asked = relay(request(SOLICIT, na(), (14, b"")), link="2001:db8::9")
        assert await bench.ask(asked, source="2001:db8:bad::1") == []
        assert bench.count("solicit", "relay-refused") == 1
        assert len(await bench.ask(asked, source="2001:db8:a::1")) == 1


async def test_20_reconfigure_accept_changes_nothing() -> None:
    async with serving() as bench:
        reply = await bench.one(request(SOLICIT, na(), (20, b"")))
        assert reply.address == FIRST
        assert 20 not in reply.options
