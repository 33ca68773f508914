"""A client for tests: makes requests, reads replies."""

from microdns_dhcp4.message import COOKIE, Message, parse, tlv

MAC = b"\x02\x00\x00\x00\x00\x01"


def request(
    kind: int,
    *options: tuple[int, bytes],
    mac: bytes = MAC,
    ciaddr: str = "0.0.0.0",
    giaddr: str = "0.0.0.0",
    broadcast: bool = False,
    xid: int = 0x12345678,
) -> bytes:
    """A BOOTREQUEST with a message type and options."""
    head = bytes((1, 1, 6, 0)) + xid.to_bytes(4, "big") + b"\0\0"
    head += b"\x80\0" if broadcast else b"\0\0"
    head += ip(ciaddr) + bytes(8) + ip(giaddr) + mac.ljust(16, b"\0") + bytes(192)
    return (
        head + COOKIE + tlv(53, bytes((kind,))) + b"".join(tlv(*each) for each in options) + b"\xff"
    )


def ip(text: str) -> bytes:
    return bytes(map(int, text.split(".")))


def reply_of(data: bytes) -> Message:
    """A reply; from a frame too (Ethernet, IP, UDP heads are taken off)."""
    return parse(data if data[0] == 2 and data[236:240] == COOKIE else data[42:])
