"""Neighbor Discovery messages: whatever comes in is counted, and what is read is written again."""

import ipaddress
import logging
import random
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from plugins.slaac.tests.bench import RS_WITH_ADDRESS, SOLICITATION, interface

from microdns.clock import SystemClock
from microdns_dhcp.testing import FakeIcmp6
from microdns_slaac.config import InterfaceConfig, PrefixConfig, SlaacConfig
from microdns_slaac.link import ROUTERS_MAX, Link
from microdns_slaac.message import (
    Advertisement,
    kind_of,
    read_advertisement,
    read_solicitation,
    split,
)
from microdns_slaac.metrics import SlaacMetrics
from microdns_slaac.octets import Malformed
from microdns_slaac.options import (
    CaptivePortal,
    EncryptedDns,
    Mtu,
    Pref64,
    PrefixInformation,
    RecursiveDns,
    RouteInformation,
    SearchList,
    SourceLinkLayerAddress,
)
from microdns_slaac.profile import profile
from microdns_slaac.schedule import UNICASTS_MAX, Schedule
from microdns_slaac.server import Server

_NETWORK = ipaddress.IPv6Network("2001:db8:1::/64")
_DNS = ipaddress.IPv6Address("2001:db8::53")
_FULL = Advertisement(
    64,
    managed=True,
    preference="high",
    lifetime=1800,
    options=(
        SourceLinkLayerAddress(b"\2\0\0\0\0\1"),
        PrefixInformation(_NETWORK, 5400, 2700),
        Mtu(1500),
        RouteInformation(_NETWORK, 600, "low"),
        RecursiveDns((_DNS, _DNS), 600),
        SearchList(("example.com", "lab.example.com"), 600),
        Pref64(ipaddress.IPv6Network("64:ff9b::/96"), 600),
        CaptivePortal("https://portal.example/"),
        EncryptedDns("dns.example", 600, 1, (_DNS,), b"\0\1\0\4\3dot"),
    ),
)
_TEXTS = SearchList | CaptivePortal | EncryptedDns
SEEDS = [
    SOLICITATION,
    RS_WITH_ADDRESS,
    _FULL.encode(),
    Advertisement(options=_FULL.options[4:]).encode(),
    *(Advertisement(options=(each,)).encode() for each in _FULL.options),
]


def _server() -> tuple[Server, Link]:
    """A router on one interface, whose surroundings never change."""
    config = SlaacConfig(
        interfaces=(InterfaceConfig(name="eth0", unicast_replies=True),),
        prefixes=(PrefixConfig(prefix=_NETWORK),),
        dns=(_DNS,),
    )
    ledger: Any = SimpleNamespace(
        options=lambda *_: [PrefixInformation(_NETWORK, 100, 50)], entries=lambda _name: []
    )
    anything: Any = SimpleNamespace(
        now=lambda: 0, up=lambda _name: None, publish=lambda _event: None
    )
    log = logging.getLogger("fuzz")
    log.setLevel(logging.CRITICAL)
    source = random.Random(0)
    server = Server(
        config,
        anything,
        ledger,
        anything,
        anything,
        anything,
        SlaacMetrics(),
        anything,
        SystemClock(),
        source,
        anything,
        log,
    )
    told = profile(config, "eth0")
    schedule = Schedule(told.interval_min, told.interval_max, source)
    return server, Link(interface(), FakeIcmp6(), told, schedule)


_SERVER, _LINK = _server()


def one(data: bytes) -> None:
    """A message in a router that has heard others; the last octet chooses the sender."""
    last = data[-1] if data else 0
    senders = ("::", "fe80::1", "2001:db8::9", f"fe80::{last:x}")
    source = ipaddress.IPv6Address(senders[last % 4])
    _SERVER.handle(_LINK, data, source, 64 if last == 7 else 255)
    assert len(_LINK.routers) <= ROUTERS_MAX
    assert len(_LINK.schedule.unicasts) <= UNICASTS_MAX
    if last % 50 == 0:
        _LINK.schedule.sent_to_all(0)
    _reread(data)


def _reread(data: bytes) -> None:
    """What is read can be written, and is read again the same; but text is for people alone."""
    try:
        if kind_of(data) == 133:
            read_solicitation(data, 255, unspecified=False)
            return
        message = read_advertisement(data, 255, link_local=True)
    except Malformed:
        return
    options = tuple(each for each in message.options if not isinstance(each, _TEXTS))
    message = replace(message, options=options)
    assert read_advertisement(message.encode(), 255, link_local=True) == message
    for part in split(message, 1240):
        read_advertisement(part, 255, link_local=True)
