"""Values of options: as they are written, as octets, and back."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from microdns_dhcp4 import options, values
from microdns_dhcp4.values import TYPES


@pytest.mark.parametrize(
    ("option", "value", "octets"),
    [
        (42, ["192.0.2.1", "192.0.2.2"], "c0000201c0000202"),
        ("mtu", 1500, "05dc"),
        (7, "192.0.2.9", "c0000209"),
        ("time-offset", -3600, "fffff1f0"),
        (252, "http://w/p", "687474703a2f2f772f70"),
        (108, 1800, "00000708"),
        (114, "https://p", "68747470733a2f2f70"),
        (121, [{"to": "10.0.0.0/8", "via": "192.0.2.1"}], "080ac0000201"),
        (121, [{"to": "0.0.0.0/0", "via": "192.0.2.1"}], "00c0000201"),
        (43, {"6": "0x08", "10": "abc"}, "0601080a03616263"),
        (125, [{"enterprise": 9, "options": {"1": "0x0102"}}], "00000009040102" + "0102"),
        (19, True, "01"),
        (224, "01:02 03", "010203"),
    ],
)
def test_values_as_octets(option: int | str, value: object, octets: str) -> None:
    assert options.encode(option, value)[1].hex() == octets


def test_rfc3397_the_search_list_is_compressed() -> None:
    _, data = options.encode(119, ["eng.apple.com", "marketing.apple.com"])
    assert data == b"\x03eng\x05apple\x03com\x00\x09marketing\xc0\x04"
    assert values.show_domain_names(data) == ["eng.apple.com", "marketing.apple.com"]


def test_rfc9463_encrypted_dns() -> None:
    server = {
        "priority": 1,
        "name": "dns.example",
        "addresses": ["192.0.2.53"],
        "alpn": ["dot"],
        "port": 853,
    }
    _, data = options.encode(162, [server])
    name = b"\3dns\7example\0"
    parameters = b"\0\1\0\4\3dot\0\3\0\2\3\x55"
    body = b"\0\1" + bytes((len(name),)) + name + b"\4\xc0\0\2\x35" + parameters
    assert data == len(body).to_bytes(2, "big") + body
    (found,) = options.show(162, data)
    assert found["addresses"] == ["192.0.2.53"]


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("no-such", 1, "no option is called"),
        (0, "00", "from 1 to 254"),
        (255, "00", "from 1 to 254"),
        (51, 3, "set by the server itself"),
        (6, "nonsense", "Expected 4 octets"),
        (26, "text", "must be a number"),
        (26, 70000, "must be a number"),
        (15, "", "must not be empty"),
        (119, ["a..b"], "is not a domain name"),
        (121, [{"to": "10.0.0.1/8", "via": "192.0.2.1"}], "host bits"),
        (224, "xyz", "is not hexadecimal"),
    ],
)
def test_wrong_values_are_told(option: int | str, value: object, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        options.encode(option, value)


def test_any_number_can_have_any_type() -> None:
    assert options.encode(230, ["192.0.2.1"], "ips") == (230, b"\xc0\0\2\1")
    with pytest.raises(ValueError, match="no type"):
        options.encode(230, 1, "nonsense")


@given(st.sampled_from(sorted(TYPES)), st.binary(max_size=80))
def test_any_octets_have_a_value_or_none(name: str, data: bytes) -> None:
    try:
        TYPES[name].decode(data)
    except ValueError:
        return


@given(st.integers(1, 254), st.binary(max_size=80))
def test_options_of_clients_can_always_be_shown(number: int, data: bytes) -> None:
    options.show(number, data)


LABELS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=20)


@given(st.lists(st.lists(LABELS, min_size=1, max_size=5).map(".".join), min_size=1, max_size=8))
def test_compressed_names_come_back(names: list[str]) -> None:
    assert values.show_domain_names(values.domain_names(names)) == names
