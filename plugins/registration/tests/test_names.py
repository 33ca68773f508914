"""From what clients send to names of hosts."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdns_dns import names as wire_names
from microdns_registration.names import (
    GeneratedNames,
    cut_of_subnet,
    host_label,
    host_name,
    pattern_problem,
    reverse_cut,
    reverse_name,
)

LDH = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("box", "box"),
        ("Box.example.com", "box"),
        ("my phone", "my-phone"),
        ("_ldap", "ldap"),
        ("--", ""),
        ("", ""),
        ("a" * 80, "a" * 63),
        ("Büro", "xn--bro-hoa"),
        ("ドメイン", "xn--eckwd4c7c"),
        ("xn--bro-hoa", "xn--bro-hoa"),
        ("xn--\x00-", "xn"),
        ("xn--zzzzzzzz99999", "zzzzzzzz99999"),
        ("e\u0301t", "xn--t-9fa"),
        ("\u2603 snow", "snow"),
    ],
)
def test_a_label_is_made_of_whatever_comes(text: str, label: str) -> None:
    assert host_label(text) == label


@given(st.text(max_size=300))
def test_a_label_is_empty_or_that_of_a_host(text: str) -> None:
    label = host_label(text)
    assert label == "" or LDH.fullmatch(label)
    assert host_label(label) == label


@given(st.text(max_size=400), st.sampled_from(["gw.lo", "a." * 100 + "b"]))
def test_a_hosts_name_fits_into_its_zone(text: str, zone: str) -> None:
    name = host_name(text, zone)
    assert name == "" or all(LDH.fullmatch(label) for label in name.split("."))
    if name:
        wire_names.from_relative(name, wire_names.from_text(zone))


def test_a_reservations_name_may_be_whole_or_have_several_labels() -> None:
    assert host_name("Printer.GW.lo.", "gw.lo") == "printer"
    assert host_name("printer.floor 2", "gw.lo") == "printer.floor-2"


def test_generated_names_tell_the_address_or_the_hardware_address() -> None:
    names = GeneratedNames("dhcp-{address}")
    assert names.name(bytes((192, 0, 2, 10)), b"") == "dhcp-192-0-2-10"
    six = names.name(bytes.fromhex("20010db8") + bytes(12), b"")
    assert six == "dhcp-2001-0db8-0000-0000-0000-0000-0000-0000"
    assert names.like("dhcp-192-0-2-99")
    assert not names.like("dhcp-server")
    by_mac = GeneratedNames("host-{mac}")
    assert by_mac.name(bytes(4), b"\1\2\0\0\0\0\1") == "host-02-00-00-00-00-01"
    assert by_mac.name(bytes(4), b"") == "host-0-0-0-0"


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("dhcp-{address}", ""),
        ("{mac}", ""),
        ("host", "would not differ"),
        ("{name}-{address}", "{name} is unknown"),
        ("-{address}", "hyphen neither first nor last"),
        ("a.{address}", "letters, digits"),
        ("a" * 30 + "{address}", "69 characters"),
    ],
)
def test_patterns_are_checked(pattern: str, problem: str) -> None:
    assert problem in pattern_problem(pattern)
    assert bool(problem) == bool(pattern_problem(pattern))


def test_reverse_names_and_their_cuts() -> None:
    four = bytes((192, 0, 2, 10))
    assert wire_names.to_text(reverse_name(four)) == "10.2.0.192.in-addr.arpa"
    assert wire_names.to_text(reverse_cut(four, 24)) == "2.0.192.in-addr.arpa"
    assert wire_names.to_text(reverse_cut(four, 8)) == "192.in-addr.arpa"
    six = bytes.fromhex("20010db8000000000000000000000012")
    assert wire_names.to_text(reverse_name(six)).startswith("2.1.0.0.")
    assert wire_names.to_text(reverse_cut(six, 32)) == "8.b.d.0.1.0.0.2.ip6.arpa"


@pytest.mark.parametrize(
    ("subnet", "cut"),
    [
        ("10.0.0.0/8", 8),
        ("10.0.0.0/12", 16),
        ("192.0.2.0/24", 24),
        ("192.0.2.128/25", 24),
        ("0.0.0.0/0", 8),
        ("2001:db8::/62", 64),
        ("2001:db8::/61", 64),
        ("2001:db8::/56", 56),
        ("2001:db8::/120", 64),
        ("::/0", 4),
    ],
)
def test_zones_claim_nothing_beyond_the_subnet(subnet: str, cut: int) -> None:
    assert cut_of_subnet(subnet) == cut
