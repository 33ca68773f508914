"""How config fields are written, where that is not simply the value they hold.

A section is a msgspec Struct; what a field means to the configuration stands in ``Annotated``::

    class RestConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        listen: Annotated[Addresses, Listen(8080), Meta(description="Where to serve.")] = (
            ("0.0.0.0", 8080),
        )
        api_key: Annotated[str | None, Secret(), Meta(description="Key to ask for.")] = None
        keep: Annotated[float, Duration(), Meta(ge=1, description="How long to keep.")] = 3600.0
        folder: Annotated[Path, FilePath(), Meta(description="Where to look.")] = Path("zones")

``Meta`` bounds apply to the value held (seconds, bytes).  A field without a ``Form`` is written as
what it holds.
"""

import ipaddress
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

from microdns.network import Address, parse_address

T = TypeVar("T")

Addresses = tuple[Address, ...]
"""Addresses to listen on or to send to: (host, port) each."""

MASK = "********"


class Form(ABC):
    """A way to write a value: ``written`` is the TOML type, ``expects`` names it to operators."""

    written: Any = str
    expects: str
    kind: str
    """The type in a word or two, for tables of keys."""

    @abstractmethod
    def read(self, written: Any, folder: Path) -> Any:
        """The value meant; raises ValueError with a message for operators.

        ``written`` is of the type ``self.written``; relative paths start from ``folder``.
        """

    def write(self, value: Any) -> Any:
        """How the value is written: for defaults in documentation, and dumps."""
        return str(value)

    def settle(self, default: Any, folder: Path) -> Any:
        """The value that a field's default stands for, where nothing is written."""
        return default

    def keywords(self) -> dict[str, Any]:
        """JSON Schema keywords for the written form, besides its type."""
        return {}


class Parsed(Form, Generic[T]):
    """Any type that a function makes from a string, and ``str`` turns back."""

    def __init__(self, parse: Callable[[str], T], expects: str, format: str = "") -> None:
        self._parse = parse
        self.expects = expects
        self.kind = expects.partition(" such as ")[0].rstrip(",").split(" ", 1)[-1]
        self._format = format

    def read(self, written: Any, folder: Path) -> T:
        return self._parse(written)

    def keywords(self) -> dict[str, Any]:
        return {"format": self._format} if self._format else {}


class Listen(Form):
    """One address or an array of them; ``port`` is meant where none is written."""

    written = str | list[str]
    kind = "address or array of addresses"

    def __init__(self, port: int) -> None:
        self.port = port
        self.expects = f"an address such as 127.0.0.1:{port} or [::1]:{port}, or an array of them"

    def read(self, written: Any, folder: Path) -> Addresses:
        texts = [written] if isinstance(written, str) else written
        addresses = tuple(parse_address(text, self.port) for text in texts)
        if len(set(addresses)) < len(addresses):
            raise ValueError("the same address is listed twice")
        return addresses

    def write(self, value: Any) -> Any:
        written = [format_address(address) for address in value]
        return written[0] if len(written) == 1 else written


class Endpoint(Form):
    """One address; ``port`` is meant where none is written."""

    kind = "address"

    def __init__(self, port: int) -> None:
        self.port = port
        self.expects = f"an address such as 192.0.2.1:{port} or [2001:db8::1]:{port}"

    def read(self, written: Any, folder: Path) -> Address:
        return parse_address(written, self.port)

    def write(self, value: Any) -> Any:
        return format_address(value)


def format_address(address: Address) -> str:
    """``192.0.2.1:53`` or ``[2001:db8::1]:53``."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class FilePath(Form):
    """A path; a relative one starts from the folder of the configuration file."""

    expects = "a path"
    kind = "path"

    def read(self, written: Any, folder: Path) -> Path:
        if not written or "\0" in written:
            raise ValueError("must be a path")
        try:
            return folder / Path(written).expanduser()
        except RuntimeError:
            raise ValueError("begins with ~, and that home folder is not known") from None

    def settle(self, default: Any, folder: Path) -> Any:
        return folder / default if isinstance(default, Path) else default


_DURATION = re.compile(
    r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?", re.ASCII
)
_SECONDS = (604_800.0, 86_400.0, 3600.0, 60.0, 1.0, 0.001)
_UNITS = ("w", "d", "h", "m", "s", "ms")


class Duration(Form):
    """Seconds, written as a number or as ``90s``, ``1h30m``, ``7d``, ``250ms``."""

    written = float | str
    kind = "duration"
    expects = 'a duration such as "90s", "1h30m" or "7d", or a number of seconds'

    def read(self, written: Any, folder: Path) -> float:
        if not isinstance(written, str):
            return float(written)
        found = _DURATION.fullmatch(written.replace(" ", "")) if len(written) <= 64 else None
        if found is None or not any(found.groups()):
            raise ValueError(f"{written[:64]!r} is not {self.expects}")
        return sum(
            int(count) * seconds
            for count, seconds in zip(found.groups(), _SECONDS, strict=True)
            if count
        )

    def write(self, value: Any) -> str:
        return format_duration(value)

    def keywords(self) -> dict[str, Any]:
        return {"examples": ["90s", "1h30m", "7d"]}


def format_duration(seconds: float) -> str:
    """Seconds as ``Duration`` reads them, in units up to days; to the millisecond."""
    left = round(seconds * 1000)
    text = ""
    for unit, size in zip(_UNITS[1:], _SECONDS[1:], strict=True):
        count, left = divmod(left, round(size * 1000))
        text += f"{count}{unit}" if count else ""
    return text or "0s"


_SIZE = re.compile(r"(\d{1,20})\s*(|B|KiB|MiB|GiB|TiB)", re.ASCII)
_BYTES = {"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}


class Size(Form):
    """Bytes, written as a number or as ``64MiB``."""

    written = int | str
    kind = "size"
    expects = 'a size such as "64MiB" or "2GiB", or a number of bytes'

    def read(self, written: Any, folder: Path) -> int:
        if not isinstance(written, str):
            return int(written)
        found = _SIZE.fullmatch(written.strip())
        if found is None:
            raise ValueError(f"{written[:64]!r} is not {self.expects}")
        return int(found[1]) * _BYTES[found[2]]

    def write(self, value: Any) -> str:
        return format_size(value)

    def keywords(self) -> dict[str, Any]:
        return {"examples": ["64MiB", "2GiB"]}


def format_size(size: int) -> str:
    """Bytes as ``Size`` reads them, in the largest unit that divides them."""
    for unit in ("TiB", "GiB", "MiB", "KiB"):
        if size and size % _BYTES[unit] == 0:
            return f"{size // _BYTES[unit]}{unit}"
    return f"{size}B"


class Secret:
    """Marks a string that is never shown, and that may come from a file: ``<key>_file``."""


class SecretText(str):
    """A secret's value: the string itself, but ``repr`` (tracebacks, dumps) shows none of it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(MASK)


def _ipv4(text: str) -> ipaddress.IPv4Address:
    try:
        return ipaddress.IPv4Address(text)
    except ValueError:
        raise ValueError(f"{text[:64]!r} is not an IPv4 address") from None


def _ipv6(text: str) -> ipaddress.IPv6Address:
    try:
        return ipaddress.IPv6Address(text)
    except ValueError:
        raise ValueError(f"{text[:64]!r} is not an IPv6 address") from None


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        raise ValueError(f"{text[:64]!r} is not an IP address") from None


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        pass
    try:
        meant = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"{text[:64]!r} is not a network such as 192.0.2.0/24") from None
    raise ValueError(f"{text[:64]!r} has host bits set (write {meant})")


IPv4 = Annotated[ipaddress.IPv4Address, Parsed(_ipv4, "an IPv4 address", "ipv4")]
IPv6 = Annotated[ipaddress.IPv6Address, Parsed(_ipv6, "an IPv6 address", "ipv6")]
IPAddress = Annotated[ipaddress.IPv4Address | ipaddress.IPv6Address, Parsed(_ip, "an IP address")]
IPNetwork = Annotated[
    ipaddress.IPv4Network | ipaddress.IPv6Network,
    Parsed(_network, "a network such as 192.0.2.0/24"),
]
