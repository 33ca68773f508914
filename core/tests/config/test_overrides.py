"""The environment and ``--set`` change single keys, and are named when they are wrong."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdns.config import ConfigError, parse_document, split_option
from microdns.config.overrides import literal

from .sections import AuthConfig, Pool4, RestConfig, layout

FILE = """\
[dns.auth]
enabled = true
listen = "0.0.0.0:53"
zones = ["one", "two"]

[[dhcp.v4.pools]]
range_start = "192.168.1.100"
"""


def document_of(options: list[tuple[str, str]] | None = None, **environment: str) -> Any:
    return parse_document(FILE, overrides=options or [], environment=environment)


def test_the_file_yields_to_the_environment_and_that_to_options() -> None:
    key = ("dns", "auth", "listen")
    assert document_of().get(key) == "0.0.0.0:53"
    assert document_of(MICRODNS_DNS__AUTH__LISTEN="127.0.0.1").get(key) == "127.0.0.1"
    both = document_of([("dns.auth.listen", "::1")], MICRODNS_DNS__AUTH__LISTEN="127.0.0.1")
    assert both.get(key) == "::1"


def test_other_variables_are_left_alone() -> None:
    before = document_of().data
    after = document_of(
        MICRODNS_CONFIG="x",
        MICRODNS_URL="x",
        MICRODNS_KEY="x",
        MICRODNS_PORT="tcp://10.0.0.1:53",
        MICRODNS_SERVICE_HOST="10.0.0.1",
        HOME="/",
        MICRODNS___="x",
        MICRODNS_A__="x",
    )
    assert after.data == before
    assert after.problems == []


def test_a_variable_with_single_underscores_for_levels_is_noted() -> None:
    document = document_of(MICRODNS_DNS_AUTH_LISTEN="x", MICRODNS_PORT="x")
    layout("dns", "auth").decode(document, [])
    assert "environment MICRODNS_DNS_AUTH_LISTEN: sets nothing (did you mean " + (
        "MICRODNS_DNS__AUTH__LISTEN?)"
    ) in map(str, document.notes)
    assert not any("MICRODNS_PORT" in str(note) for note in document.notes)


def test_keys_hold_single_underscores() -> None:
    document = document_of(MICRODNS_DNS__RECURSOR__CACHE_SIZE="5")
    assert document.get(("dns", "recursor", "cache_size")) == 5


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("5", 5),
        ('"5"', "5"),
        ('["a", "b"]', ["a", "b"]),
        ("{ a = 1 }", {"a": 1}),
        ("plain text", "plain text"),
        ("", ""),
        ("1\nother = 2", "1\nother = 2"),
        ("127.0.0.1:53", "127.0.0.1:53"),
    ],
)
def test_a_value_is_toml_or_else_text(text: str, value: object) -> None:
    assert literal(text) == value


@given(st.text())
def test_any_text_is_some_value(text: str) -> None:
    literal(text)


def test_a_string_that_looks_like_a_number_is_a_string_where_one_is_wanted() -> None:
    document = document_of(MICRODNS_API__REST__API_KEY="123456789")
    section = document.section("api.rest", RestConfig)
    assert section.api_key == "123456789"


def test_items_of_arrays_can_be_set() -> None:
    document = document_of(
        [("dhcp.v4.pools[0].range_start", "192.168.1.50")], MICRODNS_DNS__AUTH__ZONES__1="three"
    )
    assert document.get(("dhcp", "v4", "pools", 0, "range_start")) == "192.168.1.50"
    section = document.section("dns.auth", AuthConfig)
    assert section.zones == ["one", "three"]
    assert str(document.origin(("dns", "auth", "zones", 1))) == (
        "environment MICRODNS_DNS__AUTH__ZONES__1"
    )
    assert document.origin(("dns", "auth", "zones", 0)).line == 4


def test_quoted_keys_can_be_set() -> None:
    document = document_of([('dns.recursor.forward_zones."g10.lo"', '["192.0.2.1"]')])
    assert document.get(("dns", "recursor", "forward_zones", "g10.lo")) == ["192.0.2.1"]


def test_problems_name_the_variable_or_option() -> None:
    document = document_of(
        [("dns.auth.listne", "x"), ("dhcp.v4.pools[7].domain", "x"), ("dns.auth.enabled.x", "1")],
        MICRODNS_DNS__AUTH__ENABLED="perhaps",
        MICRODNS_LOGGING__LEVEL="loud",
    )
    known = layout("dns", "auth")
    known.decode(document, ["auth"])
    assert sorted(map(str, document.problems)) == [
        "--set dhcp.v4.pools[7].domain: dhcp.v4.pools is an array of 1: "
        "set it whole, or one of its items by position",
        "--set dns.auth.enabled.x: dns.auth.enabled is a value, not a table",
        "--set dns.auth.listne: unknown key (did you mean listen?)",
        "environment MICRODNS_DNS__AUTH__ENABLED: dns.auth.enabled: "
        'must be true or false, not "perhaps"',
        "environment MICRODNS_LOGGING__LEVEL: logging.level: "
        'must be one of "debug", "info", "warn", "error", not "loud"',
    ]


def test_a_key_missing_from_a_table_that_an_option_made_is_the_options() -> None:
    document = parse_document("", overrides=[("pool.range_start", "192.0.2.1")])
    assert document.section("pool", Pool4) is None
    assert {str(problem.origin) for problem in document.problems} == {"--set pool.range_start"}


def test_an_array_set_whole_hides_the_files_lines() -> None:
    document = document_of([("dns.auth.zones", "[1]")])
    document.section("dns.auth", AuthConfig)
    assert [str(problem) for problem in document.problems] == [
        "--set dns.auth.zones: dns.auth.zones[0]: must be a string, not 1"
    ]


@pytest.mark.parametrize("key", ["", "a..b", "[1]"])
def test_a_malformed_key_is_refused_at_once(key: str) -> None:
    with pytest.raises(ConfigError):
        document_of([(key, "x")])


@pytest.mark.parametrize(
    ("option", "parts"),
    [
        ("a.b=c", ("a.b", "c")),
        ("a.b = c=d", ("a.b", "c=d")),
        ('zones."a=b"=c', ('zones."a=b"', "c")),
        ("a=", ("a", "")),
    ],
)
def test_an_option_is_split_at_the_first_equals_sign(option: str, parts: tuple[str, str]) -> None:
    assert split_option(option) == parts


def test_an_option_without_a_value_is_refused() -> None:
    with pytest.raises(ConfigError, match="has no value"):
        split_option("dns.auth.listen")


def test_relative_paths_start_from_the_files_folder_also_in_overrides() -> None:
    document = parse_document("", folder=Path("/etc/microdns"), overrides=[("database.path", "db")])
    assert layout().decode(document, []).database.path == Path("/etc/microdns/db")
