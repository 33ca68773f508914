"""How fields are written, and read back."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdns.config import IPAddress, IPNetwork, IPv4, IPv6
from microdns.config.fields import (
    Duration,
    Endpoint,
    FilePath,
    Form,
    Listen,
    Size,
    format_duration,
    format_size,
)
from microdns.config.types import shape

HERE = Path("/etc/microdns")


def form_of(annotation: Any) -> Form:
    form = shape(annotation).form
    assert form is not None
    return form


@pytest.mark.parametrize(
    ("form", "written", "value"),
    [
        (form_of(IPv4), "192.0.2.1", IPv4Address("192.0.2.1")),
        (form_of(IPv6), "2001:db8::1", IPv6Address("2001:db8::1")),
        (form_of(IPAddress), "::1", IPv6Address("::1")),
        (form_of(IPAddress), "127.0.0.1", IPv4Address("127.0.0.1")),
        (form_of(IPNetwork), "192.0.2.0/24", IPv4Network("192.0.2.0/24")),
        (form_of(IPNetwork), "2001:db8::/32", IPv6Network("2001:db8::/32")),
        (Endpoint(53), "192.0.2.1:5300", ("192.0.2.1", 5300)),
        (Endpoint(53), "[2001:db8::1]:53", ("2001:db8::1", 53)),
        (Listen(53), "127.0.0.1:53", (("127.0.0.1", 53),)),
        (Listen(53), ["127.0.0.1:53", "[::1]:53"], (("127.0.0.1", 53), ("::1", 53))),
        (Duration(), "1d2h3m4s5ms", 93_784.005),
        (Size(), "3KiB", 3072),
        (FilePath(), "/var/lib", Path("/var/lib")),
    ],
)
def test_a_value_is_read_and_written_alike(form: Form, written: Any, value: Any) -> None:
    assert form.read(written, HERE) == value
    assert form.write(value) == written


@pytest.mark.parametrize(
    ("form", "written"),
    [
        (form_of(IPv4), "::1"),
        (form_of(IPv6), "127.0.0.1"),
        (form_of(IPAddress), "localhost"),
        (form_of(IPNetwork), "192.0.2.0/33"),
        (form_of(IPNetwork), "192.0.2.1/24"),
        (Endpoint(53), "192.0.2.1:99999"),
        (Duration(), "1s1h"),
        (Duration(), ""),
        (Duration(), "-5s"),
        (Duration(), "٣s"),
        (Size(), "5 MB"),
        (Size(), "-1"),
        (FilePath(), ""),
        (FilePath(), "a\0b"),
    ],
)
def test_anything_else_is_refused(form: Form, written: str) -> None:
    with pytest.raises(ValueError, match=r"not|must|host bits"):
        form.read(written, HERE)


@given(st.integers(0, 10**12))
def test_durations_are_read_as_they_are_written(milliseconds: int) -> None:
    seconds = milliseconds / 1000
    assert Duration().read(format_duration(seconds), HERE) == pytest.approx(seconds)


@given(st.integers(0, 2**60))
def test_sizes_are_read_as_they_are_written(size: int) -> None:
    assert Size().read(format_size(size), HERE) == size


@given(st.text())
def test_any_text_is_a_value_or_a_value_error(text: str) -> None:
    for form in (Duration(), Size(), Listen(53), Endpoint(53), FilePath(), form_of(IPNetwork)):
        try:
            form.read(text, HERE)
        except ValueError:
            continue
