"""RFC 6672 2.2: a name that the substitution makes longer than 255 octets is YXDOMAIN."""

from tests.conformance.questions import ask
from tests.conformance.suite import agreement

_TARGET_OCTETS = 3 * 64 + len(b"\6dname\4test\0".replace(b"\6", b"\5"))
_ROOM = 255 - _TARGET_OCTETS


def _name(octets: int) -> str:
    """Labels below the owner that take ``octets`` on the wire."""
    return "x" * (octets - 1)


test_around_the_limit = agreement(
    ask(f"{_name(_ROOM)}.longer.dname.test A"),
    ask(f"{_name(_ROOM - 1)}.longer.dname.test A"),
    ask(f"{_name(_ROOM + 1)}.longer.dname.test A"),
    ask(f"{_name(_ROOM + 1)}.longer.dname.test A +tcp"),
    ask(f"{_name(_ROOM + 1)}.longer.dname.test A +noedns"),
    ask(f"{_name(_ROOM + 1)}.longer.dname.test ANY"),
    ask(f"{_name(_ROOM + 1)}.longer.dname.test DNAME"),
    ask(f"{_name(_ROOM + 1)}.longer.dname.test CNAME"),
    ask(f"{'y' * 63}.longer.dname.test A"),
    ask("short.longer.dname.test A"),
    ask("longer.dname.test A"),
    ask(f"{'y' * 63}.shorter.dname.test A"),
)
