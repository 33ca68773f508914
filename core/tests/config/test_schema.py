"""The schema says what the decoder does."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from microdns.config import parse_document
from microdns.config.effective import toml_value
from microdns.config.schema import config_schema

from .sections import layout
from .test_decode import BAD

DATA = Path(__file__).parent / "data"


@cache
def validator(*plugins: str) -> Draft202012Validator:
    schema = config_schema(layout(*plugins))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def mistakes(text: str, *plugins: str) -> list[str]:
    errors = validator(*plugins).iter_errors(tomllib.loads(text))
    return sorted(error.json_path for error in errors)


@pytest.mark.parametrize("plugins", [(), ("dns", "auth"), ("federation",)])
@pytest.mark.parametrize("name", ["reference.toml", "minimal.toml"])
def test_the_reference_satisfies_it_whatever_is_installed(
    name: str, plugins: tuple[str, ...]
) -> None:
    assert mistakes((DATA / name).read_text(), *plugins) == []


def test_it_finds_wrong_types_bounds_and_unknown_keys() -> None:
    assert mistakes(BAD) == [
        "$",
        "$.database.path",
        "$.dhcp.v4",
        "$.dhcp.v4.pools[0]",
        "$.dhcp.v4.pools[0]",
        "$.dhcp.v4.pools[0].lease_time_secs",
        "$.dns.auth",
        "$.dns.auth.enabled",
        "$.dns.recursor.cache_size",
        "$.dns.recursor.forward_zones['g10.lo']",
        "$.dns.recursor.forward_zones['g11.lo'][1]",
        "$.instance.id",
        "$.instance.mode",
    ]


def test_a_secret_or_its_file_but_not_both() -> None:
    assert mistakes('[api.rest]\napi_key = "secret"') == []
    assert mistakes('[api.rest]\napi_key_file = "secret"') == []
    assert mistakes('[api.rest]\napi_key = "secret"\napi_key_file = "x"') == ["$.api.rest"]


def test_descriptions_defaults_and_bounds_are_there() -> None:
    properties = config_schema(layout())["properties"]
    listen = properties["dns"]["properties"]["auth"]["properties"]["listen"]
    assert listen["description"] == "Where to answer."
    assert listen["default"] == "0.0.0.0:53"
    ttl = properties["dhcp"]["properties"]["dns_registration"]["properties"]["default_ttl"]
    assert (ttl["minimum"], ttl["maximum"]) == (0, 2**31 - 1)
    key = properties["api"]["properties"]["rest"]["properties"]["api_key"]
    assert key["writeOnly"] is True
    assert "default" not in key


VALUES = st.recursive(
    st.one_of(
        st.booleans(), st.integers(-10, 100_000), st.sampled_from(["", "127.0.0.1", "x", "90s"])
    ),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=4,
)
KEYS = [
    ("database", "cache_bytes"),
    ("database", "path"),
    ("logging", "level"),
    ("logging", "ring_records"),
    ("dns.auth", "listen"),
    ("dns.auth", "zones"),
    ("dns.recursor", "cache_size"),
    ("dhcp.v6", "interface"),
    ("api.rest", "api_key"),
]


@given(st.sampled_from(KEYS), VALUES)
def test_what_the_decoder_takes_satisfies_the_schema(place: tuple[str, str], value: Any) -> None:
    section, key = place
    text = f"[{section}]\n{key} = {toml_value(value)}"
    document = parse_document(text)
    if not layout().decode(document, []).problems:
        assert mistakes(text) in ([], ["$.dhcp.v6"])  # a section that does not run may lack keys
