"""What real DHCP clients are run with: BusyBox's udhcpc, and ISC's dhclient."""

import os
import signal
from pathlib import Path

from tests.scenarios.dhcp.namespaces import Host, link_local, until

APPLY = """#!/bin/sh
env >>{folder}/environment
case "$1$reason" in
bound*|renew*|BOUND|RENEW|REBOOT)
    address=${{ip:-$new_ip_address}}
    ip address replace "$address/24" dev "$interface"
    ;;
BOUND6|RENEW6|REBIND6)
    if [ -n "$new_ip6_address" ]; then
        ip -6 address replace "$new_ip6_address/128" dev "$interface"
    fi
    ;;
RELEASE6|STOP6)
    if [ -n "$old_ip6_address" ]; then
        ip -6 address del "$old_ip6_address/128" dev "$interface"
    fi
    ;;
esac
exit 0
"""
UDHCPC = ("udhcpc", "-i", "cli0", "-f", "-q", "-t", "3", "-T", "1", "-A", "1")
"""Asks, however often, until it has a lease, and ends."""
PATIENCE = """
timeout 100;
initial-interval 1;
backoff-cutoff 2;
"""
"""A server that stands still for a moment, or is not there yet, is asked again soon."""


def script(folder: Path) -> str:
    """What a client calls when it has a lease."""
    file = folder / "apply"
    file.write_text(APPLY.format(folder=folder))
    file.chmod(0o755)
    return str(file)


def told(folder: Path) -> str:
    """What the client's script was told."""
    return (folder / "environment").read_text()


class Dhclient:
    """dhclient on a host's ``cli0``, for one family: ``-4`` or ``-6``."""

    def __init__(self, host: Host, folder: Path, family: str) -> None:
        self.leases = folder / f"leases{family}"
        self._host = host
        self._folder = folder
        self._family = family
        self._pid = folder / f"pid{family}"

    def get(self, *options: str, config: str = "") -> None:
        """Have a lease; the client holds it from here on, in the background."""
        self._run("-1", *options, config=config)
        # The one that stays tells its number after the other has come back.
        until(lambda: self._pid.read_text() if self._pid.exists() else "", r"\d\n")

    def release(self, *options: str, config: str = "") -> None:
        """Give the lease back."""
        self._run("-r", *options, config=config)
        self._pid.unlink(missing_ok=True)

    def vanish(self) -> None:
        """End, and tell nobody."""
        pid = int(self._pid.read_text())
        os.kill(pid, signal.SIGKILL)
        self._pid.unlink()
        until(lambda: "" if pid in self._host.processes() else "gone", "gone")

    def _run(self, *options: str, config: str) -> None:
        if self._family == "-6":
            until(lambda: link_local(self._host, "cli0"), "fe80")
            options = ("-D", "LL", *options)
        file = self._folder / "dhclient.conf"
        file.write_text(PATIENCE + config)
        self._host.run(
            *("dhclient", self._family, *options, "-cf", str(file), "-sf", script(self._folder)),
            *("-lf", str(self.leases), "-pf", str(self._pid), "cli0"),
        )
