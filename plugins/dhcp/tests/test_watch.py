"""Interfaces that can't be served are told with what to do about it."""

import errno
import logging
import os

import pytest

from microdns_dhcp.links import Interface
from microdns_dhcp.testing import FakeLinks
from microdns_dhcp.watch import InterfaceWatch


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (errno.EPERM, "eth0: not permitted; it takes CAP_NET_RAW"),
        (errno.EADDRINUSE, "eth0: another program has the port"),
        (errno.ENODEV, "eth0: [Errno 19]"),
    ],
)
def test_an_interface_that_fails_is_told_with_a_remedy(
    code: int, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    def opened(_interface: Interface) -> None:
        raise OSError(code, os.strerror(code))

    links = FakeLinks(Interface("eth0", 2, up=True))
    watch = InterfaceWatch(links, (), opened, print, logging.getLogger("test"))
    watch.look()
    assert told in caplog.text
    assert not watch.serving
