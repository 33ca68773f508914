"""Every key's line is found, however the file writes it."""

import tomllib
from typing import Any

import pytest

from microdns.config.locate import Locator
from microdns.config.paths import KeyPath, parse_path

DOCUMENT = '''\
top = 1
[dns]
a.b."c.d" = 2

[dns.recursor.forward_zones]  # a comment with [brackets] = and "quotes
"g10.lo" = ["192.168.10.199:53"]
'g11.lo' = [
  "one",  # ] not the end
  "two",
]

[[dhcp.v4.pools]]
range_start = "192.168.1.100"
[[dhcp.v4.pools]]
range_start = "192.168.2.100"
options = { name = "x", inner = { deep = true } }
[dhcp.v4.pools.lease]
time = 3600
[[ dhcp . v4 . pools . classes ]]
name = """
several
lines = "with" [things] # in them""\\"
"""
last = \'\'\'
also ''here
\'\'\'
end = 1979-05-27 07:32:00Z
"\\u0061b" = "escaped key"
empty = ""
[dhcp]
enabled = true
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("top", 1),
        ("dns", 2),
        ("dns.a", 3),
        ('dns.a.b."c.d"', 3),
        ("dns.recursor", 5),
        ('dns.recursor.forward_zones."g10.lo"[0]', 6),
        ('dns.recursor.forward_zones."g11.lo"', 7),
        ('dns.recursor.forward_zones."g11.lo"[0]', 8),
        ('dns.recursor.forward_zones."g11.lo"[1]', 9),
        ("dhcp.v4.pools", 12),
        ("dhcp.v4.pools[0]", 12),
        ("dhcp.v4.pools[0].range_start", 13),
        ("dhcp.v4.pools[1]", 14),
        ("dhcp.v4.pools[1].range_start", 15),
        ("dhcp.v4.pools[1].options.inner.deep", 16),
        ("dhcp.v4.pools[1].lease.time", 18),
        ("dhcp.v4.pools[1].classes[0].name", 20),
        ("dhcp.v4.pools[1].classes[0].last", 24),
        ("dhcp.v4.pools[1].classes[0].end", 27),
        ("dhcp.v4.pools[1].classes[0].ab", 28),
        ("dhcp.v4.pools[1].classes[0].empty", 29),
        ("dhcp", 30),
        ("dhcp.enabled", 31),
    ],
)
def test_a_path_has_its_line(path: str, line: int) -> None:
    assert Locator(DOCUMENT).line(parse_path(path)) == line


def paths_of(value: Any, path: KeyPath = ()) -> list[KeyPath]:
    """Every key and array item of a parsed document."""
    steps: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        steps = list(value.items())
    elif isinstance(value, list):
        steps = list(enumerate(value))
    return [
        found for step, item in steps for found in ((*path, step), *paths_of(item, (*path, step)))
    ]


def test_no_path_is_left_out() -> None:
    locator = Locator(DOCUMENT)
    for path in paths_of(tomllib.loads(DOCUMENT)):
        assert locator.line(path) is not None, path


def test_what_is_not_there_takes_the_line_of_what_encloses_it() -> None:
    locator = Locator(DOCUMENT)
    assert locator.line(("dhcp", "v4", "pools", 1, "subnet")) is None
    assert locator.nearest(("dhcp", "v4", "pools", 1, "subnet")) == 14
    assert locator.nearest(("nowhere",)) is None


@pytest.mark.parametrize(
    "text", ['a = """x', "a = [1, 2", "[", "a", "a = {", '"x', "= 1", "[[a]", "a.="]
)
def test_broken_text_ends_the_walk_quietly(text: str) -> None:
    Locator(text)


def test_deep_nesting_ends_the_walk_quietly() -> None:
    Locator("a = " + "[" * 100_000)
