"""A section's declaration is checked before anybody writes the file."""

from ipaddress import IPv4Address
from typing import Annotated

import msgspec
from msgspec import Meta

from microdns.config import Addresses, IPv4, Listen, Secret
from microdns.config.check import section_mistakes
from microdns.plugin import Section


class Inner(msgspec.Struct, frozen=True):
    name: Annotated[str, Meta(description="Name.")] = ""


class Careless(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    bare: int = 0
    beyond: Annotated[int, Meta(ge=5, description="Five or more.")] = 3
    unreadable: Annotated[IPv4Address | None, Meta(description="Without a form.")] = None
    inner: Annotated[list[Inner], Meta(description="Parts.")] = []


class Careful(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    address: Annotated[IPv4 | None, Meta(description="With a form.")] = None
    listen: Annotated[Addresses, Listen(53), Meta(min_length=1, description="Where.")] = (
        ("127.0.0.1", 53),
    )
    key: Annotated[str, Secret(), Meta(min_length=8, description="Key.")] = ""


def test_mistakes_are_named() -> None:
    bare, beyond, unreadable, inner = section_mistakes(Section("x", Careless))
    assert bare == "x.bare: has no description (Meta(description=...))"
    assert beyond == "x.beyond: its default is not valid: must be an integer of at least 5, not 3"
    assert unreadable == "x.unreadable: IPv4Address can't be read from TOML without a Form"
    assert inner == "x.inner (Inner): declare it with frozen=True, forbid_unknown_fields=True"


def test_a_good_section_has_none() -> None:
    assert section_mistakes(Section("x", Careful)) == []
