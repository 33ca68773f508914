"""The section [metrics]."""

import msgspec
import pytest

from microdns_metrics.config import MetricsConfig, check


def decode(**settings: object) -> MetricsConfig:
    return msgspec.convert(settings, MetricsConfig)


def test_defaults_are_off_and_loopback() -> None:
    config = decode()
    assert not config.enabled
    assert config.address == ("127.0.0.1", 9153)
    assert config.path == "/metrics"
    assert not list(check(config))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("0.0.0.0:9100", ("0.0.0.0", 9100)),
        ("192.0.2.1", ("192.0.2.1", 9153)),
        ("[::1]:9100", ("::1", 9100)),
        ("::1", ("::1", 9153)),
    ],
)
def test_listen_takes_an_address_with_an_optional_port(text: str, address: tuple[str, int]) -> None:
    assert decode(listen=text).address == address


@pytest.mark.parametrize("text", ["localhost:9153", "127.0.0.1:99999", "127.0.0.1:", "", "[::1"])
def test_bad_listen_is_a_problem_that_names_the_key(text: str) -> None:
    (problem,) = check(decode(listen=text))
    assert problem.path == "listen"


@pytest.mark.parametrize("path", ["metrics", "", "/a b", "/metrics?x", "/metrics#x"])
def test_bad_path_is_refused(path: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=r"\$\.path"):
        decode(path=path)


def test_unknown_key_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="lisen"):
        decode(lisen="127.0.0.1:9153")
