"""Events of leases and what they are given from, as interfaces show them."""

import json
from typing import Any

import msgspec
import pytest

from microdns.events import KERNEL, Event, Principal
from microdns_dhcp.events import (
    EVENTS,
    ClassCreated,
    ClassDeleted,
    ClassUpdated,
    GlobalOptionsChanged,
    LeaseAbandoned,
    LeaseDeclined,
    LeaseDeleted,
    LeaseExpired,
    LeaseGranted,
    LeaseReleased,
    LeaseRenewed,
    PoolCreated,
    PoolDeleted,
    PoolUpdated,
    PoolUtilisation,
    ReservationCreated,
    ReservationDeleted,
    ReservationUpdated,
    RouteDelegated,
    RouteWithdrawn,
)
from microdns_dhcp.model import (
    ACTIVE,
    IA_NA,
    IA_PD,
    ClientClass,
    GlobalOptions,
    Lease,
    Pool,
    Reservation,
    address_octets,
    client6,
)

MAC = bytes.fromhex("01020000000001")
DUID = bytes.fromhex("00030001020000000001")
LEASE = Lease(
    address=address_octets("192.0.2.7"),
    client=b"\0" + MAC,
    state=ACTIVE,
    expires=1_000,
    subnet="192.0.2.0/24",
    started=400,
    renewed=700,
    duration=300,
    hardware=MAC,
    hostname="printer",
)
POOL = Pool(id="p", family=4, subnet="192.0.2.0/24", range_start="192.0.2.5", range_end="192.0.2.9")
CAMERA = Reservation(id="r", family=4, ip="192.0.2.50", mac="02:00:00:00:00:02", hostname="camera")
PHONES = ClientClass(name="phones", family=4, match="true")
OPTIONS = GlobalOptions(family=6)
ROUTE = {"prefix": "2001:db8:1::/56", "via": "fe80::1", "interface": "eth0"}
EXAMPLES: dict[Event, str] = {
    **dict.fromkeys(
        [
            LeaseGranted(lease=LEASE),
            LeaseRenewed(lease=LEASE, before=LEASE),
            LeaseReleased(lease=LEASE, before=LEASE),
            LeaseExpired(lease=LEASE, before=LEASE),
            LeaseDeclined(lease=LEASE),
            LeaseAbandoned(lease=LEASE),
            LeaseDeleted(before=LEASE),
        ],
        "192.0.2.7 printer (02:00:00:00:00:01)",
    ),
    RouteDelegated(**ROUTE, expires=1): "2001:db8:1::/56 via fe80::1 on eth0",
    RouteWithdrawn(**ROUTE): "2001:db8:1::/56 via fe80::1 on eth0",
    **dict.fromkeys(
        [PoolCreated(pool=POOL), PoolUpdated(before=POOL, after=POOL), PoolDeleted(pool=POOL)],
        "192.0.2.5 to 192.0.2.9 of 192.0.2.0/24",
    ),
    PoolUtilisation(
        pool="p", subnet="192.0.2.0/24", level="high", used=9, size=10
    ): "192.0.2.0/24: high, 9 of 10 in use",
    **dict.fromkeys(
        [
            ReservationCreated(reservation=CAMERA),
            ReservationUpdated(before=CAMERA, after=CAMERA),
            ReservationDeleted(reservation=CAMERA),
        ],
        "192.0.2.50 camera (02:00:00:00:00:02)",
    ),
    **dict.fromkeys(
        [
            ClassCreated(client_class=PHONES),
            ClassUpdated(before=PHONES, after=PHONES),
            ClassDeleted(client_class=PHONES),
        ],
        "phones (IPv4)",
    ),
    GlobalOptionsChanged(before=None, after=OPTIONS): "IPv6",
}


def shown(event: Event) -> Any:
    """What an interface sends of it."""
    return json.loads(msgspec.json.encode(event.shown_to(KERNEL)))


def test_every_event_says_in_a_line_whom_it_is_about() -> None:
    assert {type(event) for event in EXAMPLES} == set(EVENTS)
    for event, line in EXAMPLES.items():
        values = shown(event)
        assert values["summary"] == line
        assert "type" not in values


@pytest.mark.parametrize(
    ("lease", "line"),
    [
        ({"hostname": ""}, "192.0.2.7 02:00:00:00:00:01"),
        ({"fqdn": "p.example.com"}, "192.0.2.7 p.example.com (02:00:00:00:00:01)"),
        ({"hostname": "", "hardware": b"", "client": b"\1x"}, "192.0.2.7 0178"),
        ({"hostname": "", "hardware": b"", "client": b""}, "192.0.2.7"),
        (
            {
                "address": address_octets("2001:db8::7"),
                "client": client6(IA_NA, bytes(4), DUID),
                "hardware": b"",
            },
            "2001:db8::7 printer (00030001020000000001)",
        ),
        (
            {
                "address": address_octets("2001:db8:1::/56"),
                "client": client6(IA_PD, bytes(4), DUID),
                "hardware": b"",
                "hostname": "",
            },
            "2001:db8:1::/56 00030001020000000001",
        ),
    ],
)
def test_a_client_is_told_by_what_is_known_of_it(lease: dict[str, Any], line: str) -> None:
    event = LeaseGranted(lease=msgspec.structs.replace(LEASE, **lease))
    assert shown(event)["summary"] == line


@pytest.mark.parametrize(
    ("reservation", "line"),
    [
        ({"hostname": ""}, "192.0.2.50 (02:00:00:00:00:02)"),
        (
            {"ip": "", "prefix": "2001:db8::/56", "mac": "", "duid": "0003"},
            "2001:db8::/56 camera (0003)",
        ),
        ({"ip": "", "mac": "", "circuit_id": "port 7"}, "settings camera (port 7)"),
    ],
)
def test_a_reservation_is_told_with_its_client(reservation: dict[str, Any], line: str) -> None:
    event = ReservationCreated(reservation=msgspec.structs.replace(CAMERA, **reservation))
    assert shown(event)["summary"] == line


def test_a_pool_without_a_range_is_told_by_its_subnet() -> None:
    pool = msgspec.structs.replace(POOL, range_start="", range_end="")
    assert shown(PoolCreated(pool=pool))["summary"] == "192.0.2.0/24"


def test_a_lease_is_told_by_names_before_and_after() -> None:
    before = msgspec.structs.replace(LEASE, hostname="old", relay=b"\xc0\0\2\1")
    values = shown(LeaseRenewed(lease=LEASE, before=before))
    assert (values["lease"]["ip"], values["lease"]["mac"]) == ("192.0.2.7", "02:00:00:00:00:01")
    assert (values["lease"]["state"], values["lease"]["expires"]) == ("active", 1_000)
    assert (values["before"]["hostname"], values["before"]["relay"]) == ("old", "192.0.2.1")
    assert shown(LeaseGranted(lease=LEASE))["before"] is None


def test_a_key_with_limits_sees_nothing_of_leases() -> None:
    limited = Principal("key", limits={"zone": ("example.com",)})
    assert [event.shown_to(limited) for event in EXAMPLES] == [None] * len(EXAMPLES)
