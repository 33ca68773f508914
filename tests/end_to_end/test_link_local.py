"""Link-local addresses, which mean nothing without their interface, in a network of their own."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.needs("root", "netns", "ip")

LINKS = """
ip link set lo up
ip link add d0 type veth peer name d1
ip link set d0 up
ip link set d1 up
ip addr add fe80::1/64 dev d0 nodad
ip addr add fe80::2/64 dev d1 nodad
ip addr add 2001:db8::1/64 dev d0 nodad
"""
ASK = """
import asyncio
from microdns.clock import SystemClock
from microdns.network import SystemNetwork
from plugins.dns.tests.listeners.wire import TcpClient, UdpClient, query, serving
from plugins.dns.tests.stages import FixedStage

async def ask(host, targets):
    async with serving(FixedStage(), SystemClock(), host=host, network=SystemNetwork()) as server:
        for target in targets:
            port = server.address[1]
            datagrams = UdpClient((target, port))
            assert (await datagrams.ask(query(5)))[:2] == bytes([0, 5]), target
            datagrams.close()
            stream = TcpClient(*await asyncio.open_connection(target, port))
            stream.send(query(6))
            assert await stream.receive_id() == 6
            stream.close()
            print("answered", target)

asyncio.run(ask("::", ["fe80::1%d0", "fe80::2%d1", "2001:db8::1", "::1"]))
asyncio.run(ask("fe80::1%d0", ["fe80::1%d0"]))
"""


def test_answers_leave_through_the_interface_that_was_asked() -> None:
    script = f"set -e\n{LINKS}\nexec {sys.executable} -c '{ASK}'"
    command = ["unshare", "--net", "sh", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split().count("answered") == 5
