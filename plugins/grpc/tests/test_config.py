"""The section ``[api.grpc]``."""

import pytest

from microdns.config import ConfigError, parse_document
from microdns_grpc.config import GrpcConfig


def decode(section: str) -> GrpcConfig:
    document = parse_document(f"[api.grpc]\n{section}")
    config = document.section("api.grpc", GrpcConfig)
    document.raise_problems()
    assert config is not None
    return config


def test_defaults_are_the_references() -> None:
    config = decode("")
    assert not config.enabled
    assert config.listen == (("0.0.0.0", 50051),)
    assert config.api_key is None
    assert config.message_bytes_max == 1 << 20
    assert config.data_json_bytes_max == 10 * 1024


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('listen = "localhost:50051"', "api.grpc.listen"),
        ('api_key = ""', "api.grpc.api_key"),
        ("message_bytes_max = 1", "api.grpc.message_bytes_max"),
        ("data_json_bytes_max = 1", "api.grpc.data_json_bytes_max"),
        ("streams_max = 0", "api.grpc.streams_max"),
        ("connection_calls_max = 0", "api.grpc.connection_calls_max"),
        ("idle_timeout_secs = 0", "api.grpc.idle_timeout_secs"),
        ('tls_key = "key.pem"', "api.grpc.tls_certificate"),
        ('tls_certificate = "cert.pem"', "api.grpc.tls_key"),
        ("api_keys = 1", "api.grpc.api_keys"),
    ],
)
def test_mistakes_name_the_key(line: str, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        decode(line)
    assert key in [problem.path for problem in caught.value.config_problems]
