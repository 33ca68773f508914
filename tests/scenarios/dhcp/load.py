"""Many clients at once, played by perfdhcp."""

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.scenarios.dhcp.namespaces import Host


class Load:
    """perfdhcp at work: each client has a hardware address of its own, and asks once."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._report = ""

    def wait_for(self, leases: int, seconds: float = 60) -> None:
        """Wait until clients have been told of so many leases."""
        assert self._process.stdout is not None
        end = time.monotonic() + seconds
        for line in self._process.stdout:
            self._report += line
            # The exchanges of each kind: "received: offers/acknowledgements".
            if (told := re.search(r"received: \d+/(\d+)", line)) and int(told[1]) >= leases:
                return
            assert time.monotonic() < end, self._report
        raise AssertionError(self._report)

    def end(self) -> int:
        """Ask no more; returns of how many leases clients were told, no two of one address."""
        self._process.send_signal(signal.SIGINT)
        self._report += self._process.communicate(timeout=60)[0]
        # The second exchange comes last.
        received = re.findall(r"received packets: (\d+)", self._report)
        twice = re.findall(r"non unique addresses: (\d+)", self._report)
        assert len(received) == len(twice) == 2, self._report
        assert twice[1] == "0", self._report
        return int(received[1])


@contextmanager
def load(host: Host, *options: str, rate: int = 1000, round: int = 0) -> Iterator[Load]:
    """Clients that ask inside the block; those of another ``round`` are others."""
    process = subprocess.Popen(
        host.command(
            *("perfdhcp", "-r", str(rate), "-R", "100000", "-t", "1", "-u"),
            *("-b", f"mac=02:00:{round:02}:00:00:00", *options),
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            yield Load(process)
        finally:
            process.kill()
