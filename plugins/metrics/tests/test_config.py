"""The section [metrics]."""

import pytest

from microdns.config import ConfigError, parse_document
from microdns_metrics.config import MetricsConfig


def decode(section: str) -> MetricsConfig:
    document = parse_document(f"[metrics]\n{section}")
    config = document.section("metrics", MetricsConfig)
    document.raise_problems()
    assert config is not None
    return config


def test_defaults_are_off_and_loopback() -> None:
    config = decode("")
    assert not config.enabled
    assert config.listen == (("127.0.0.1", 9153),)
    assert config.path == "/metrics"


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ('"0.0.0.0:9100"', (("0.0.0.0", 9100),)),
        ('"192.0.2.1"', (("192.0.2.1", 9153),)),
        ('"[::1]:9100"', (("::1", 9100),)),
        ('["127.0.0.1", "::1"]', (("127.0.0.1", 9153), ("::1", 9153))),
    ],
)
def test_listen_takes_addresses_with_optional_ports(
    text: str, addresses: tuple[tuple[str, int], ...]
) -> None:
    assert decode(f"listen = {text}").listen == addresses


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('listen = "localhost:9153"', "metrics.listen"),
        ('listen = "127.0.0.1:99999"', "metrics.listen"),
        ("listen = []", "metrics.listen"),
        ("listen = 9153", "metrics.listen"),
        ('path = "metrics"', "metrics.path"),
        ('path = ""', "metrics.path"),
        ('path = "/a b"', "metrics.path"),
        ('path = "/metrics?x"', "metrics.path"),
        ('enabled = "yes"', "metrics.enabled"),
        ("lisen = 1", "metrics.lisen"),
    ],
)
def test_mistakes_name_the_key_and_line(line: str, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        decode(line)
    (problem,) = caught.value.config_problems
    assert (problem.path, problem.line) == (key, 2)
