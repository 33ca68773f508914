"""Identifiers of clients as people write them, and as octets."""

import re

from microdns_dhcp.model import Reservation

HARDWARE, CLIENT_ID, CIRCUIT_ID, REMOTE_ID, DUID = (
    "hardware",
    "client-id",
    "circuit-id",
    "remote-id",
    "duid",
)
KINDS = (HARDWARE, CLIENT_ID, CIRCUIT_ID, REMOTE_ID, DUID)

Key = tuple[str, bytes]
"""A kind of identifier and its octets."""

_SEPARATORS = re.compile(r"[:\-. ]")


def hardware(text: str) -> bytes:
    """``AA:BB:CC:DD:EE:FF`` (also with dashes, dots, or none) as type 1 and address.

    ``6-…`` in front of it gives another type.  Raises ValueError.
    """
    kind = 1
    match = re.match(r"^(\d{1,3})-(?=[0-9A-Fa-f]{2}:)", text)
    if match:
        kind, text = int(match[1]), text[match.end() :]
    digits = _SEPARATORS.sub("", text)
    octets = _from_hex(digits)
    if not 1 <= len(octets) <= 20 or kind > 255 or (kind == 1 and len(octets) != 6):
        raise ValueError(f"{text[:64]!r} is not a hardware address such as 02:00:00:00:00:01")
    return bytes((kind,)) + octets


def octets(text: str) -> bytes:
    """``0x…`` as the octets in hexadecimal, anything else as text.  Raises ValueError."""
    if text.startswith("0x"):
        return _from_hex(_SEPARATORS.sub("", text[2:]))
    return text.encode()


def duid(text: str) -> bytes:
    """A DUID in hexadecimal.  Raises ValueError."""
    found = _from_hex(_SEPARATORS.sub("", text.removeprefix("0x")))
    if not 3 <= len(found) <= 130:
        raise ValueError("a DUID has 3 to 130 octets")
    return found


def octets_text(data: bytes) -> str:
    """Octets for people: text where all of it is printable ASCII, hexadecimal otherwise."""
    if data and all(0x20 <= octet < 0x7F for octet in data) and not data.startswith(b"0x"):
        return data.decode()
    return "0x" + data.hex() if data else ""


def keys_of(reservation: Reservation) -> list[Key]:
    """The identifiers that a reservation is for (one of them, as a rule).  Raises ValueError."""
    keys: list[Key] = []
    if reservation.mac:
        keys.append((HARDWARE, hardware(reservation.mac)))
    if reservation.client_id:
        keys.append((CLIENT_ID, octets(reservation.client_id)))
    if reservation.circuit_id:
        keys.append((CIRCUIT_ID, octets(reservation.circuit_id)))
    if reservation.remote_id:
        keys.append((REMOTE_ID, octets(reservation.remote_id)))
    if reservation.duid:
        keys.append((DUID, duid(reservation.duid)))
    return keys


def _from_hex(digits: str) -> bytes:
    try:
        return bytes.fromhex(digits)
    except ValueError:
        raise ValueError(f"{digits[:64]!r} is not hexadecimal") from None
