"""The section ``[api.rest]``."""

import pytest

from microdns.config import ConfigError, parse_document
from microdns_rest.config import RestConfig


def decode(section: str) -> RestConfig:
    document = parse_document(f"[api.rest]\n{section}")
    config = document.section("api.rest", RestConfig)
    document.raise_problems()
    assert config is not None
    return config


def test_defaults_are_the_references() -> None:
    config = decode("")
    assert not config.enabled
    assert config.listen == (("0.0.0.0", 8080),)
    assert config.api_key is None
    assert config.body_bytes_max == 1 << 20
    assert config.websockets_max == 100
    assert config.cors_origins == ()


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('listen = "localhost:8080"', "api.rest.listen"),
        ('api_key = ""', "api.rest.api_key"),
        ("body_bytes_max = 1", "api.rest.body_bytes_max"),
        ("streams_max = 0", "api.rest.streams_max"),
        ("receive_timeout_secs = 0", "api.rest.receive_timeout_secs"),
        ('cors_origins = "*"', "api.rest.cors_origins"),
        ('tls_key = "key.pem"', "api.rest.tls_certificate"),
        ('tls_certificate = "cert.pem"', "api.rest.tls_key"),
        ("api_keys = 1", "api.rest.api_keys"),
    ],
)
def test_mistakes_name_the_key(line: str, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        decode(line)
    assert key in [problem.path for problem in caught.value.config_problems]
