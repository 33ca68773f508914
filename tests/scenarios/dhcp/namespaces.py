"""Hosts for tests: network namespaces with virtual cables between them.

Nothing leaves them: they have no link to the machine's own network.  Names carry the process id, so
that runs beside each other do not meet.
"""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count

_NUMBERS = count()


def run(*command: str, check: bool = True, timeout: float = 120) -> str:
    """What a command says; raises CalledProcessError."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout
    )
    if check and done.returncode:
        raise AssertionError(f"{' '.join(command)}: {done.stdout}")
    return done.stdout


@dataclass(frozen=True)
class Host:
    """A network namespace."""

    name: str

    def run(self, *command: str, check: bool = True, timeout: float = 120) -> str:
        """Run a command there."""
        return run("ip", "netns", "exec", self.name, *command, check=check, timeout=timeout)

    def command(self, *command: str) -> list[str]:
        """A command line that runs there."""
        return ["ip", "netns", "exec", self.name, *command]

    def address(self, interface: str, *addresses: str) -> None:
        """Give an interface addresses, and bring it up."""
        for address in addresses:
            run("ip", "-n", self.name, "address", "add", address, "dev", interface)
        run("ip", "-n", self.name, "link", "set", interface, "up")

    def ip(self, *arguments: str) -> str:
        """Run ip(8) on its interfaces."""
        return run("ip", "-n", self.name, *arguments)

    def processes(self) -> list[int]:
        """What runs there."""
        return [int(pid) for pid in run("ip", "netns", "pids", self.name).split()]

    def kill(self) -> None:
        """End what still runs there: clients in the background, and all when a test has failed."""
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@contextmanager
def hosts(number: int) -> Iterator[list[Host]]:
    """So many hosts, each with its loopback up."""
    made: list[Host] = []
    try:
        for _ in range(number):
            host = Host(f"mdns-{os.getpid()}-{next(_NUMBERS)}")
            run("ip", "netns", "add", host.name)
            made.append(host)
            host.ip("link", "set", "lo", "up")
        yield made
    finally:
        for host in made:
            host.kill()
            run("ip", "netns", "delete", host.name, check=False)


def cable(one: Host, interface: str, other: Host, its_interface: str) -> None:
    """A virtual cable between two hosts."""
    run(
        *("ip", "link", "add", interface, "netns", one.name, "type", "veth"),
        *("peer", "name", its_interface, "netns", other.name),
    )


def until(shown: Callable[[], str], pattern: str, seconds: float = 60) -> str:
    """What is shown once it matches."""
    end = time.monotonic() + seconds
    while True:
        text = shown()
        if re.search(pattern, text, re.DOTALL):
            return text
        assert time.monotonic() < end, f"no {pattern} in:\n{text}"
        time.sleep(0.1)


def link_local(host: Host, interface: str) -> str:
    """The address that routers and DHCPv6 clients send from, once it is there.

    Not to be sent from while it is ``tentative`` (RFC 4862 5.4).
    """
    return host.ip("-6", "address", "show", "dev", interface, "scope", "link")
