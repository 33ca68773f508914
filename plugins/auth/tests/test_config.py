"""The section [dns.auth]."""

from pathlib import Path

import pytest

from microdns.config import ConfigError, parse_document
from microdns_auth.config import AuthConfig


def decode(section: str, folder: Path = Path()) -> AuthConfig:
    document = parse_document(f"[dns.auth]\n{section}", folder=folder)
    config = document.section("dns.auth", AuthConfig)
    document.raise_problems()
    assert config is not None
    return config


def test_defaults_are_off_and_every_address() -> None:
    config = decode("")
    assert not config.enabled
    assert config.listen == (("0.0.0.0", 53), ("::", 53))
    assert config.zones == ()
    assert config.zone_files == {}


def test_the_reference_is_accepted_as_it_stands() -> None:
    config = decode(
        """
        enabled = true
        listen = "0.0.0.0:53"
        zones = ["example.com", "1.168.192.in-addr.arpa"]
        """
    )
    assert config.listen == (("0.0.0.0", 53),)
    assert config.zones == ("example.com", "1.168.192.in-addr.arpa")


def test_zone_names_are_kept_absolute_as_a_labels_and_paths_relative_to_the_file() -> None:
    config = decode('zones = ["Bücher.example."]\nzone_files = { a = "a.zone" }', Path("/etc/m"))
    assert config.zones == ("xn--bcher-kva.example",)
    assert config.zone_files == {"a": Path("/etc/m/a.zone")}


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("listen = []", "dns.auth.listen"),
        ('listen = "localhost"', "dns.auth.listen"),
        ('zones = ["a..b"]', "dns.auth.zones[0]"),
        ('zones = ["a.example", "A.example"]', "dns.auth.zones[1]"),
        ('zone_files = { "a..b" = "x" }', 'dns.auth.zone_files."a..b"'),
        ('zone_files = { a = "" }', "dns.auth.zone_files.a"),
        ("zone = []", "dns.auth.zone"),
    ],
)
def test_mistakes_name_the_key_and_line(line: str, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        decode(line)
    (problem,) = caught.value.config_problems
    assert (problem.path, problem.line) == (key, 2)
