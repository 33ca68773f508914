"""Every mistake of a file is found at once, each with its line and what to do."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta

from microdns.config import (
    Addresses,
    ConfigError,
    Duration,
    FilePath,
    IPNetwork,
    Listen,
    Secret,
    Size,
    parse_document,
)
from microdns.errors import Problem

from .sections import layout

BAD = """\
[instance]
id = "a b"
mode = "leef"

[dns.auth]
enabled = 1
listen = ["0.0.0.0:99999", "::1"]
zonse = []

[dns.recursor]
enabled = true
cache_size = 99999999

[dns.recursor.forward_zones]
"g10.lo" = []
"g11.lo" = ["a", 3]

[[dhcp.v4.pools]]
range_start = "192.168.1.300"
lease_time_secs = 3
[[dhcp.v4.pools]]
range_start = "192.168.1.200"
range_end = "192.168.1.100"
subnet = "192.168.1.7/24"

[loging]
level = "info"

[database]
path = 3
"""

EXPECTED = """\
microdns.toml:2: instance.id: must be a string matching \
^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$, not "a b"
microdns.toml:3: instance.mode: must be one of "standalone", "leaf", "coordinator", not "leef" \
(did you mean "leaf"?)
microdns.toml:6: dns.auth.enabled: must be true or false, not 1
microdns.toml:7: dns.auth.listen: '0.0.0.0:99999': port must be a number from 0 to 65535
microdns.toml:8: dns.auth.zonse: unknown key (did you mean zones?)
microdns.toml:12: dns.recursor.cache_size: must be an integer from 0 to 10000000, not 99999999
microdns.toml:15: dns.recursor.forward_zones."g10.lo": must be an array of at least 1 items, \
each a string, not 0 items
microdns.toml:16: dns.recursor.forward_zones."g11.lo"[1]: must be a string, not 3
microdns.toml:18: dhcp.v4.interface: missing: must be a string of 1 to 15 characters
microdns.toml:18: dhcp.v4.pools[0].range_end: missing: must be an IPv4 address
microdns.toml:18: dhcp.v4.pools[0].subnet: missing: must be a network such as 192.0.2.0/24
microdns.toml:19: dhcp.v4.pools[0].range_start: '192.168.1.300' is not an IPv4 address
microdns.toml:20: dhcp.v4.pools[0].lease_time_secs: must be an integer of at least 60, not 3
microdns.toml:24: dhcp.v4.pools[1].subnet: '192.168.1.7/24' has host bits set \
(write 192.168.1.0/24)
microdns.toml:26: loging: unknown section (did you mean [logging]?)
microdns.toml:30: database.path: must be a path, not 3"""


def test_every_mistake_is_reported_with_its_line() -> None:
    document = parse_document(BAD)
    configuration = layout().decode(document, ["recursor", "dhcp4"])
    with pytest.raises(ConfigError) as caught:
        configuration.raise_problems()
    assert str(caught.value) == EXPECTED


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    first: int = 0
    last: int = 9

    def problems(self) -> Iterable[Problem]:
        if self.first > self.last:
            yield Problem("last", "lies before first")


class Vetoing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str = ""

    def __post_init__(self) -> None:
        if self.name == "no":
            raise ValueError("no is not a name")


class Everything(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One field of each kind."""

    number: Annotated[float, Meta(gt=0)] = 1.0
    text: str | None = None
    either: str | list[str] = ""
    parts: list[Part] = []
    named: dict[str, Part] = {}
    part: Part | None = None
    words: frozenset[str] = frozenset()
    pair: tuple[int, str] = (0, "")
    vetoing: Vetoing = Vetoing()
    renamed: int = msgspec.field(default=0, name="re-named")
    keep: Annotated[float, Duration(), Meta(ge=1, le=3600)] = 60.0
    room: Annotated[int, Size(), Meta(le=1 << 30)] = 1 << 20
    file: Annotated[Path, FilePath()] = Path("default.db")
    listen: Annotated[Addresses, Listen(53)] = ()
    network: IPNetwork | None = None
    key: Annotated[str | None, Secret(), Meta(min_length=4)] = None


def decoded(text: str, **more: Any) -> Everything:
    document = parse_document(f"[x]\n{text}", folder=Path("/etc/microdns"), **more)
    section = document.section("x", Everything)
    document.raise_problems()
    assert section is not None
    return section


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("number = 3", "number", 3.0),
        ('text = "x"', "text", "x"),
        ('either = "x"', "either", "x"),
        ('either = ["x"]', "either", ["x"]),
        ("parts = [{ first = 1 }]", "parts", [Part(1)]),
        ("named.x.first = 2", "named", {"x": Part(2)}),
        ("part = {}", "part", Part()),
        ('words = ["a", "b"]', "words", frozenset("ab")),
        ('pair = [1, "x"]', "pair", (1, "x")),
        ("re-named = 5", "renamed", 5),
        ('keep = "1m30s"', "keep", 90.0),
        ("keep = 5", "keep", 5.0),
        ('room = "64MiB"', "room", 64 << 20),
        ('file = "a/b"', "file", Path("/etc/microdns/a/b")),
        ('file = "/a/b"', "file", Path("/a/b")),
        ("", "file", Path("/etc/microdns/default.db")),
        ('listen = "[::1]:5300"', "listen", (("::1", 5300),)),
        ('listen = ["127.0.0.1", "::1"]', "listen", (("127.0.0.1", 53), ("::1", 53))),
    ],
)
def test_a_value_is_decoded(text: str, field: str, value: object) -> None:
    assert getattr(decoded(text), field) == value


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ("number = 0", "x.number", "must be a number above 0, not 0"),
        ("number = nan", "x.number", "must be a number above 0, not nan"),
        ("number = inf", "x.number", "must be a number above 0, not inf"),
        ("either = 3", "x.either", "must be a string or an array, each a string, not 3"),
        ("either = [3]", "x.either[0]", "must be a string, not 3"),
        ("parts = {}", "x.parts", "must be an array, each a table, not a table"),
        ("parts = [3]", "x.parts[0]", "must be a table, not 3"),
        ("parts = [{}, { first = 10 }]", "x.parts[1].last", "lies before first"),
        ("named.x.fist = 1", "x.named.x.fist", "unknown key (did you mean first?)"),
        ('vetoing.name = "no"', "x.vetoing", "no is not a name"),
        ("renamed = 1", "x.renamed", "unknown key (did you mean re-named?)"),
        (
            'keep = "2h"',
            "x.keep",
            'must be a duration such as "90s", "1h30m" or "7d", or a number of seconds '
            'from 1s to 1h, not "2h"',
        ),
        (
            'keep = "soon"',
            "x.keep",
            '\'soon\' is not a duration such as "90s", "1h30m" or "7d", or a number of seconds',
        ),
        (
            'room = "2TiB"',
            "x.room",
            'must be a size such as "64MiB" or "2GiB", or a number of bytes of at most 1GiB, '
            'not "2TiB"',
        ),
        ('file = ""', "x.file", "must be a path"),
        ('listen = ["::1", "[::1]:53"]', "x.listen", "the same address is listed twice"),
        ('listen = "here"', "x.listen", "'here' is not an IP address with an optional port"),
        (
            f"listen = 1{'0' * 100}",
            "x.listen",
            "must be an address such as 127.0.0.1:53 or [::1]:53, or an array of them, "
            "not a huge integer",
        ),
    ],
)
def test_a_wrong_value_is_explained(text: str, path: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        decoded(text)
    (problem,) = caught.value.config_problems
    assert (problem.path, problem.message) == (path, message)
    assert problem.line == 2


def test_a_section_that_is_no_table_is_refused() -> None:
    document = parse_document("x = 3")
    assert document.section("x", Everything) is None
    assert str(document.problems[0]) == "microdns.toml:1: x: must be a table, not 3 (write [x])"


def test_a_message_stays_on_one_line_and_short() -> None:
    with pytest.raises(ConfigError) as caught:
        decoded(f'number = "{"x" * 1000}\\n\\u001b[31m"')
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200


def test_the_thousandth_mistake_is_the_last_one_told() -> None:
    with pytest.raises(ConfigError) as caught:
        decoded(f"words = [{'1, ' * 3000}]")
    assert len(caught.value.config_problems) == 1000
    assert str(caught.value).endswith("\nand 2000 more")


# -- secrets


def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("hunter2\n")
    assert decoded(f'key_file = "{tmp_path}/key"').key == "hunter2"


def test_a_secrets_file_starts_from_the_configs_folder(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("hunter2")
    document = parse_document('[x]\nkey_file = "key"', folder=tmp_path)
    section = document.section("x", Everything)
    assert section is not None
    assert section.key == "hunter2"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('key = "hunter2"\nkey_file = "b"', "key is set as well (keep one of the two)"),
        ('key_file = "nowhere"', "can't read /etc/microdns/nowhere: No such file or directory"),
        ("key_file = 3", "must be the path of a file that holds the secret"),
        ('key_file = "/dev/zero"', "/dev/zero is larger than 64 KiB: not a secret"),
        ('key_file = "/dev/null"', "/dev/null is empty"),
        ('key_file = "a\\u0000b"', "must be the path of a file that holds the secret"),
    ],
)
def test_a_bad_secret_file_is_explained(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        decoded(text)
    (problem,) = caught.value.config_problems
    assert (problem.path, problem.message) == ("x.key_file", message)


@pytest.mark.parametrize("value", ['"hunter2!"', '"abc"', "3141592", '["hunter2"]'])
def test_a_secret_is_never_shown(value: str, tmp_path: Path) -> None:
    try:
        shown = repr(decoded(f"key = {value}"))
    except ConfigError as error:
        shown = str(error) + repr(error.problems)
    assert value.strip('["]') not in shown


def test_only_secrets_may_come_from_files() -> None:
    with pytest.raises(ConfigError, match="unknown key"):
        decoded('text_file = "/dev/null"')
