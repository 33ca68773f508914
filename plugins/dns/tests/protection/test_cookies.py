"""Cookies: the vectors of RFC 9018 appendix A, their life, and what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdns_dns.protection.config import CookieConfig
from microdns_dns.protection.cookies import CookieKind, Cookies
from microdns_dns.protection.prefixes import octets_of

SECRET = "e5e973e5a6b2a43f48e7dc849e37bfcf"
CLIENT = bytes.fromhex("2464c4abcf10c957")
ADDRESS = octets_of("198.51.100.100")
NOW = 1_559_731_985


@pytest.fixture
def cookies() -> Cookies:
    return Cookies(CookieConfig(secret=SECRET))


def test_a1_learning_a_new_server_cookie(cookies: Cookies) -> None:
    kind, data = cookies.judge(CLIENT, ADDRESS, NOW)
    assert kind is CookieKind.CLIENT
    assert data.hex() == "2464c4abcf10c957010000005cf79f111f8130c3eee29480"


def test_a2_the_same_client_learning_a_renewed_cookie(cookies: Cookies) -> None:
    old = bytes.fromhex("2464c4abcf10c957010000005cf79f111f8130c3eee29480")
    kind, data = cookies.judge(old, ADDRESS, 1_559_734_385)
    assert kind is CookieKind.VALID
    assert data.hex() == "2464c4abcf10c957010000005cf7a871d4a564a1442aca77"


def test_a3_another_client_whose_reserved_octets_are_set(cookies: Cookies) -> None:
    old = bytes.fromhex("fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5")
    kind, data = cookies.judge(old, octets_of("203.0.113.203"), 1_559_728_000)
    assert kind is CookieKind.VALID
    assert data == old


def test_a4_ipv6_with_a_rolled_over_secret() -> None:
    cookies = Cookies(
        CookieConfig(
            secret="445536bcd2513298075a5d379663c962",
            previous_secret="dd3bdf9344b678b185a6f5cb60fca715",
        )
    )
    address = octets_of("2001:db8:220:1:59de:d0f4:8769:82b8")
    old = bytes.fromhex("22681ab97d52c298010000005cf7c57926556bd0934c72f8")
    kind, data = cookies.judge(old, address, 1_559_741_961)
    assert kind is CookieKind.VALID
    assert data == old, "younger than half an hour"
    kind, data = cookies.judge(old, address, 1_559_741_817 + 1801)
    assert kind is CookieKind.VALID
    assert cookies.judge(data, address, 1_559_741_817 + 1801)[0] is CookieKind.VALID
    assert data[16:] != old[16:]


@pytest.mark.parametrize(
    ("seconds", "kind"),
    [
        (0, CookieKind.VALID),
        (3600, CookieKind.VALID),
        (3601, CookieKind.INVALID),
        (-300, CookieKind.VALID),
        (-301, CookieKind.INVALID),
    ],
)
def test_4_3_a_cookie_lives_for_an_hour(cookies: Cookies, seconds: int, kind: CookieKind) -> None:
    made = cookies.make(CLIENT, ADDRESS, NOW)
    assert cookies.judge(made, ADDRESS, NOW + seconds)[0] is kind


def test_time_wraps_as_serial_numbers_do(cookies: Cookies) -> None:
    made = cookies.make(CLIENT, ADDRESS, 2**32 - 10)
    assert cookies.judge(made, ADDRESS, 2**32 + 20)[0] is CookieKind.VALID


def test_a_cookie_is_for_one_address_one_client_and_one_secret(cookies: Cookies) -> None:
    made = cookies.make(CLIENT, ADDRESS, NOW)
    assert cookies.judge(made, octets_of("198.51.100.101"), NOW)[0] is CookieKind.INVALID
    assert cookies.judge(b"another " + made[8:], ADDRESS, NOW)[0] is CookieKind.INVALID
    assert Cookies(CookieConfig()).judge(made, ADDRESS, NOW)[0] is CookieKind.INVALID


@given(st.binary(max_size=64))
def test_whatever_comes_is_judged_by_its_length(option: bytes) -> None:
    cookies = Cookies(CookieConfig(secret=SECRET))
    kind, data = cookies.judge(option, ADDRESS, NOW)
    if len(option) == 8:
        assert kind is CookieKind.CLIENT
    elif 16 <= len(option) <= 40:
        assert kind is CookieKind.INVALID
    else:
        assert (kind, data) == (CookieKind.MALFORMED, b"")
        return
    assert cookies.judge(data, ADDRESS, NOW) == (CookieKind.VALID, data)


@pytest.mark.parametrize("secrets", [{"secret": "12"}, {"previous_secret": SECRET}])
def test_secrets_have_32_digits_and_an_order(secrets: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="secret"):
        CookieConfig(**secrets)  # type: ignore[arg-type] # only secrets are given
