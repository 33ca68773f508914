"""Config files: reading one ends in a configuration, or in ConfigError with located problems."""

import tomllib
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from microdns.config import Addresses, ConfigError, Duration, FilePath, IPv4, Layout, Listen, Secret
from microdns.config.document import Document
from microdns.config.effective import as_toml, effective
from microdns.config.locate import Locator
from microdns.config.paths import KeyPath, parse_path
from microdns.config.source import parse_bytes
from microdns.plugin import Section

DATA = Path("core/tests/config/data")
SEEDS = [file.read_bytes() for file in sorted(DATA.glob("*.toml"))]
SEEDS += [
    b'a."b\\n".c = [1, { x = """y""" }]\n',
    b"[[a]]\n[a.b]\n[[a]]\nx = '''\n'''\n",
    b'"\\u00e9"=1e5',
]


class Pool(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    range_start: IPv4
    lease_time_secs: Annotated[float, Duration(), Meta(ge=60)] = 3600.0


class Greedy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    enabled: bool = False
    listen: Annotated[Addresses, Listen(53)] = ()
    zones: Annotated[list[str], Meta(max_length=10)] = []
    pools: list[Pool] = []
    forward_zones: dict[str, list[str]] = {}
    api_key: Annotated[str | None, Secret()] = None
    folder: Annotated[Path, FilePath()] = Path(".")


PATHS = ("dns", "dns.auth", "dns.recursor", "dhcp.v4", "api.rest")
KNOWN = Layout({path: Section(path, Greedy) for path in PATHS})


def one(data: bytes) -> None:
    """Read the file as the kernel does."""
    try:
        source = parse_bytes(data, "fuzz.toml", Path("/nowhere"))
        _check_lines(source.data, source.locator)
        document = Document(source)
        configuration = KNOWN.decode(document, KNOWN.chosen(document))
        configuration.raise_problems()
    except ConfigError as error:
        _check(error, data)
        return
    tomllib.loads(as_toml(effective(configuration, KNOWN)))


def _check(error: ConfigError, data: bytes) -> None:
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    locator = Locator(text)
    for problem in error.config_problems:
        assert str(problem).isprintable(), str(problem)
        if problem.path and locator.nearest(parse_path(problem.path)) is not None:
            assert problem.line is not None, str(problem)
        if problem.line is not None:
            assert 1 <= problem.line <= text.count("\n") + 1, str(problem)


def _check_lines(value: object, locator: Locator, path: KeyPath = ()) -> None:
    """Every key and array item of a valid file has a line."""
    assert not path or locator.line(path) is not None, path
    if isinstance(value, dict):
        for key, item in value.items():
            _check_lines(item, locator, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_lines(item, locator, (*path, index))
