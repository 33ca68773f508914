"""A site to look at: zones, records, leases, and some queries, all made over the interfaces."""

import json
import socket
import struct
import urllib.error
import urllib.request
from typing import Any

from tests.end_to_end.dashboard.served import KEY, Instance

RECORDS = [
    ("@", "NS", "ns1", ""),
    ("@", "MX", "10 mail", "the only one"),
    ("@", "TXT", '"v=spf1 mx -all"', ""),
    ("@", "CAA", '0 issue "ca.example.net"', ""),
    ("ns1", "A", "192.0.2.1", ""),
    ("ns1", "AAAA", "2001:db8::1", ""),
    ("www", "A", "192.0.2.10", "behind the balancer"),
    ("www", "AAAA", "2001:db8::10", ""),
    ("mail", "A", "192.0.2.25", ""),
    ("shop", "CNAME", "www", ""),
    ("_sip._tcp", "SRV", "0 5 5060 mail", ""),
    ("*.dev", "A", "192.0.2.99", "everything in development"),
    ("api", "HTTPS", "1 . alpn=h2,h3", ""),
]
POOLS = [
    ("192.0.2.0/24", "192.0.2.100", "192.0.2.199"),
    ("198.51.100.0/24", "198.51.100.10", "198.51.100.29"),
]
NAMES = ["laptop-anna", "printer", "camera-door", "phone-ben", "tv", "sensor-roof", "nas"]


def call(instance: Instance, verb: str, path: str, body: Any = None) -> Any:
    """What an operation answers over REST."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{instance.rest}/api/v1{path}",
        method=verb,
        data=None if body is None else json.dumps(body).encode(),
        headers={"X-API-Key": KEY, "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{verb} {path}: {error.read().decode()}") from None


def add_zone(instance: Instance, name: str) -> None:
    """A zone with one record of each kind that people meet."""
    call(instance, "POST", "/zones", {"name": name})
    changes = [
        {"op": "create", "name": owner, "data": {"type": kind, "text": text}, "comment": comment}
        for owner, kind, text, comment in RECORDS
    ]
    call(instance, "POST", f"/zones/{name}/changes", {"changes": changes})


def add_leases(instance: Instance) -> None:
    """Two pools, one of them nearly full, with leases and a reservation."""
    for subnet, first, last in POOLS:
        pool = {"subnet": subnet, "range_start": first, "range_end": last}
        call(instance, "POST", "/dhcp/pools", pool)
    for number, name in enumerate(NAMES):
        lease = {"ip": f"192.0.2.{100 + number}", "mac": f"02:00:00:00:01:{number:02x}"}
        call(instance, "POST", "/leases", {**lease, "hostname": name, "duration_secs": 7200})
    for number in range(19):
        lease = {"ip": f"198.51.100.{10 + number}", "mac": f"02:00:00:00:02:{number:02x}"}
        call(instance, "POST", "/leases", {**lease, "hostname": f"guest-{number}"})
    reservation = {"ip": "192.0.2.150", "mac": "02:00:00:00:03:01", "hostname": "door"}
    call(instance, "POST", "/dhcp/reservations", reservation)


def ask(instance: Instance, name: str, kind: int = 1, times: int = 1) -> None:
    """Send a query, several times, and take the answers."""
    labels = b"".join(bytes([len(each)]) + each.encode() for each in name.split("."))
    query = struct.pack("!6H", 1, 0x0100, 1, 0, 0, 0) + labels + struct.pack("!BHH", 0, kind, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(60)
        for _ in range(times):
            asking.sendto(query, ("127.0.0.1", instance.dns))
            asking.recv(4096)
