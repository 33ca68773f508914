"""The section [dns.dnstap]."""

from pathlib import Path

import pytest

from microdns.config import ConfigError, parse_document
from microdns_dnstap.config import DnstapConfig


def decode(section: str) -> DnstapConfig:
    document = parse_document(f"[dns.dnstap]\n{section}")
    config = document.section("dns.dnstap", DnstapConfig)
    document.raise_problems()
    assert config is not None
    return config


def test_defaults_are_off_and_tell_of_all() -> None:
    config = decode("")
    assert not config.enabled
    assert config.socket.name == "dnstap.sock"
    assert (config.sample, config.buffer_size) == (1, 1 << 20)


def test_everything_can_be_set() -> None:
    config = decode('socket = "/run/tap"\nidentity = "ns1"\nsample = 10\nbuffer_size = "4MiB"')
    assert config.socket == Path("/run/tap")
    assert (config.identity, config.sample, config.buffer_size) == ("ns1", 10, 4 << 20)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (f'socket = "/{"x" * 107}"', "dns.dnstap.socket"),
        (f'identity = "{"x" * 256}"', "dns.dnstap.identity"),
        (f'version = "{"é" * 128}"', "dns.dnstap.version"),
        ("sample = 0", "dns.dnstap.sample"),
        ('buffer_size = "1KiB"', "dns.dnstap.buffer_size"),
        ('buffer_size = "1GiB"', "dns.dnstap.buffer_size"),
        ("sock = 1", "dns.dnstap.sock"),
    ],
)
def test_mistakes_name_the_key_and_line(line: str, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        decode(line)
    (problem,) = caught.value.config_problems
    assert (problem.path, problem.line) == (key, 2)
