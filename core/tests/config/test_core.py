"""The kernel's own sections."""

from pathlib import Path

import pytest

from microdns.config import (
    DatabaseConfig,
    InstanceConfig,
    LoggingConfig,
    control_socket,
    distribution_of,
    parse_document,
)
from microdns.config.check import section_mistakes
from microdns.config.layout import CORE_SECTIONS
from microdns.plugin import Section

from .sections import layout


def test_without_a_file_everything_has_a_default() -> None:
    configuration = layout().decode(parse_document("", folder=Path("/srv")), [])
    assert configuration.instance == InstanceConfig()
    assert configuration.logging == LoggingConfig()
    assert configuration.database.path == Path("/srv/microdns.db")


def test_the_socket_lies_beside_the_database() -> None:
    database = DatabaseConfig(path=Path("/data/microdns.redb"))
    assert control_socket(InstanceConfig(), database) == Path("/data/microdns.redb.sock")
    named = InstanceConfig(control_socket=Path("/run/microdns.sock"))
    assert control_socket(named, database) == Path("/run/microdns.sock")


def test_a_socket_path_that_is_too_long_is_refused() -> None:
    document = parse_document(f'[instance]\ncontrol_socket = "/{"x" * 200}"')
    (problem,) = layout().decode(document, []).problems
    assert problem.path == "instance.control_socket"
    assert "longer than a socket's path may be" in problem.message


@pytest.mark.parametrize("path", CORE_SECTIONS)
def test_the_sections_are_well_declared(path: str) -> None:
    assert section_mistakes(Section(path, CORE_SECTIONS[path])) == []


def test_first_party_plugins_have_their_distributions() -> None:
    assert distribution_of("dhcp4") == "microdns-dhcp4"
    assert distribution_of("hello") is None
