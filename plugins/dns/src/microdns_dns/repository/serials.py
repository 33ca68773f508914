"""SOA serials: numbers that wrap around (RFC 1982)."""

from microdns_dns.model import SERIAL_MODULUS, Soa

_HALF = SERIAL_MODULUS // 2


def is_newer(serial: int, than: int) -> bool:
    """Whether a serial comes after another one (RFC 1982 3.2)."""
    return 0 < (serial - than) % SERIAL_MODULUS < _HALF


def after(serial: int) -> int:
    """The next serial; never 0, which some take for "none"."""
    return (serial + 1) % SERIAL_MODULUS or 1


def first(time_ns: int) -> int:
    """The serial that a zone starts with: Unix seconds.

    A zone that is deleted and made again thus continues after its old self, as long as it changes
    less than once a second on average, and its secondaries notice.
    """
    return time_ns // 1_000_000_000 % SERIAL_MODULUS or 1


def brings_newer(now: Soa, wanted: Soa | None) -> bool:
    """Whether an SOA that somebody wants has a newer serial; 0 stands for none given."""
    return wanted is not None and wanted.serial != 0 and is_newer(wanted.serial, now.serial)


def following(now: Soa, wanted: Soa | None) -> int:
    """The serial after a change: the one wanted if it is newer, else the next."""
    if wanted is not None and brings_newer(now, wanted):
        return wanted.serial
    return after(now.serial)
