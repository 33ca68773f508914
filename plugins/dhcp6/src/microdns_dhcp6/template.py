"""What a client is told, prepared once for all clients in the same position.

A position is a pool, a reservation and the classes that match.  Its settings are merged (the
closest wins: reservation, classes in their order, pool, all clients), encoded, and kept; a reply
then joins ready octets in the order that the client asked for, and that block is kept, too.
"""

from collections.abc import Sequence

from microdns_dhcp.model import INFINITE, Pool, Settings
from microdns_dhcp.options import first_set, merged
from microdns_dhcp6.message import tlv
from microdns_dhcp6.options import OPTIONS

DNS, SEARCH, SNTP, NTP, BOOT_FILE = 23, 24, 31, 56, 59
BLOCKS_MAX = 256
"""Kept blocks of one template: lists of wanted options."""
DEFAULT_ORDER = DNS.to_bytes(2, "big") + SEARCH.to_bytes(2, "big")
"""For clients that ask for nothing in particular."""
SEVERAL = frozenset({17, 144})
"""Options that stand several times in a message: vendors' options, encrypted DNS servers."""


class Template:
    """Ready parts of the replies to clients in one position."""

    def __init__(self, pool: Pool | None, settings: Sequence[Settings], lease_time: int) -> None:
        """``settings`` go from the closest to the most general; raises ValueError."""
        self.valid: int = first_set(settings, "lease_time_secs") or lease_time
        """Valid and preferred lifetime, in seconds (section 7.7)."""
        self.preferred = preferred_time(pool, self.valid)
        self.times = renewal_times(self.preferred)
        values, always = merged(settings, values_of)
        self.octets = {code: tlv(code, value) for code, value in values.items()}
        self.octets.update(_several(settings))
        self.always = [code for code in self.octets if code in always]
        self._ready: dict[bytes, bytes] = {}

    def ready(self, requested: bytes) -> bytes:
        """The octets of all ``wanted`` options, in one piece."""
        found = self._ready.get(requested)
        if found is None:
            if len(self._ready) >= BLOCKS_MAX:
                self._ready.clear()
            found = b"".join([octets for _, octets in self.wanted(requested)])
            self._ready[requested] = found
        return found

    def wanted(self, requested: bytes) -> list[tuple[int, bytes]]:
        """Options to send to a client that asks for these (option 6), in its order."""
        requested = requested or DEFAULT_ORDER
        asked = (requested[at] << 8 | requested[at + 1] for at in range(0, len(requested) - 1, 2))
        order = dict.fromkeys((*asked, *self.always))
        return [(code, self.octets[code]) for code in order if code in self.octets]


def preferred_time(pool: Pool | None, valid: int) -> int:
    """The preferred lifetime of a pool's leases, no longer than the valid one."""
    if pool is not None and pool.preferred_time_secs:
        return min(pool.preferred_time_secs, valid)
    return INFINITE if valid == INFINITE else max(1, valid * 5 // 8)


def renewal_times(preferred: int) -> tuple[int, int]:
    """T1 and T2: half and four fifths of the shortest preferred lifetime (section 21.4)."""
    if preferred == INFINITE:
        return INFINITE, INFINITE
    return preferred // 2, preferred * 4 // 5


def values_of(settings: Settings) -> tuple[dict[int, bytes], set[int]]:
    """One place's options as octets, and which are always sent; raises ValueError."""
    usual = (
        (DNS, settings.dns),
        (SEARCH, settings.search or settings.domain),
        (NTP, settings.ntp),
        (SNTP, settings.ntp),
        (BOOT_FILE, settings.boot_file),
    )
    return OPTIONS.values_of(settings, usual)


def _several(settings: Sequence[Settings]) -> dict[int, bytes]:
    """Options that the closest place sets several times, as octets one after the other."""
    found: dict[int, bytes] = {}
    for each in settings:
        own: dict[int, bytes] = {}
        for option in each.options:
            if OPTIONS.find(option.option).number in SEVERAL:
                code, value = OPTIONS.encode(option.option, option.value, option.type)
                own[code] = own.get(code, b"") + tlv(code, value)
        found = {**own, **found}
    return found
