"""RFC 7766 6 to 8: several queries on a connection, in whatever pieces they come.

The same conversations are had with the peers, which shows that the expectations are fair.
"""

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.conformance.differences import PEERS
from tests.conformance.judge import SUBJECT
from tests.conformance.panel import Panel
from tests.conformance.questions import ask

pytestmark = [
    pytest.mark.needs("nsd", "knotd", "named"),
    pytest.mark.parametrize("who", [*PEERS, SUBJECT]),
]

_REPLY_SECONDS_MAX = 60.0
_QUIET_SECONDS = 0.3

_HIT = ask("www.chain.test A +tcp").packet
_MISS = ask("nowhere.chain.test A +tcp").packet
_LONG = ask("t32000.big.test TXT +tcp").packet


def _framed(*packets: bytes) -> bytes:
    """RFC 1035 4.2.2."""
    return b"".join(struct.pack("!H", len(packet)) + packet for packet in packets)


@contextmanager
def _connection(panel: Panel, who: str) -> Iterator[socket.socket]:
    if who not in panel.servers:
        pytest.skip("left out: there is no subject")
    with socket.create_connection(panel.servers[who].address, _REPLY_SECONDS_MAX) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield connection


def _receive(connection: socket.socket, count: int) -> list[bytes]:
    """Replies in the order in which they come; fewer when the connection ends."""
    replies = []
    for _ in range(count):
        head = _exactly(connection, 2)
        if len(head) < 2:
            break
        replies.append(_exactly(connection, struct.unpack("!H", head)[0]))
    return replies


def _exactly(connection: socket.socket, count: int) -> bytes:
    received = b""
    while len(received) < count:
        chunk = connection.recv(count - len(received))
        if not chunk:
            break
        received += chunk
    return received


def _with_id(packet: bytes, identifier: int) -> bytes:
    return struct.pack("!H", identifier) + packet[2:]


def _ids(replies: list[bytes]) -> list[int]:
    return sorted(struct.unpack_from("!H", reply)[0] for reply in replies)


def _is_quiet(connection: socket.socket) -> bool:
    connection.settimeout(_QUIET_SECONDS)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return True


def test_6_2_1_queries_one_after_the_other(panel: Panel, who: str) -> None:
    with _connection(panel, who) as connection:
        for number, packet in enumerate((_HIT, _MISS, _LONG, _HIT)):
            connection.sendall(_framed(_with_id(packet, number)))
            (reply,) = _receive(connection, 1)
            assert _ids([reply]) == [number]


def test_6_2_1_1_queries_in_one_segment(panel: Panel, who: str) -> None:
    packets = [_with_id((_HIT, _MISS)[number % 2], number) for number in range(40)]
    with _connection(panel, who) as connection:
        connection.sendall(_framed(*packets))
        assert _ids(_receive(connection, 40)) == list(range(40))


def test_7_answers_may_come_in_any_order_and_all_come(panel: Panel, who: str) -> None:
    packets = [_with_id((_LONG, _HIT)[number % 2], number) for number in range(20)]
    with _connection(panel, who) as connection:
        connection.sendall(_framed(*packets))
        replies = _receive(connection, 20)
        assert _ids(replies) == list(range(20))
        assert {len(reply) > 30_000 for reply in replies} == {True, False}


def test_8_a_query_octet_by_octet(panel: Panel, who: str) -> None:
    with _connection(panel, who) as connection:
        for octet in _framed(_HIT):
            connection.sendall(bytes([octet]))
            time.sleep(0.001)
        assert len(_receive(connection, 1)) == 1


@pytest.mark.parametrize("cut", [1, 2, 3, 14])
def test_8_a_query_in_two_segments(panel: Panel, who: str, cut: int) -> None:
    stream = _framed(_HIT, _MISS)
    with _connection(panel, who) as connection:
        connection.sendall(stream[:cut])
        time.sleep(0.05)
        connection.sendall(stream[cut:])
        assert len(_receive(connection, 2)) == 2


def test_8_a_length_that_promises_more_gets_no_answer(panel: Panel, who: str) -> None:
    with _connection(panel, who) as connection:
        connection.sendall(struct.pack("!H", len(_HIT) + 1) + _HIT)
        assert _is_quiet(connection)


def test_6_2_4_queries_before_the_client_stops_sending_are_answered(panel: Panel, who: str) -> None:
    with _connection(panel, who) as connection:
        connection.sendall(_framed(_with_id(_HIT, 1), _with_id(_MISS, 2)))
        connection.shutdown(socket.SHUT_WR)
        assert _ids(_receive(connection, 2)) == [1, 2]


@pytest.mark.parametrize("noise", [b"\0\0", b"\0\1\0", b"\0\5hello", b"\xff\xff" + b"\0" * 100])
def test_noise_on_one_connection_leaves_others_alone(panel: Panel, who: str, noise: bytes) -> None:
    with _connection(panel, who) as bad, _connection(panel, who) as good:
        bad.sendall(noise)
        good.sendall(_framed(_HIT))
        assert len(_receive(good, 1)) == 1


def test_many_connections_at_one_time(panel: Panel, who: str) -> None:
    with (
        _connection(panel, who) as first,
        _connection(panel, who) as second,
        _connection(panel, who) as third,
    ):
        connections = (first, second, third)
        for number, connection in enumerate(connections):
            connection.sendall(_framed(_with_id(_HIT, number)))
        for number, connection in reversed(list(enumerate(connections))):
            assert _ids(_receive(connection, 1)) == [number]
