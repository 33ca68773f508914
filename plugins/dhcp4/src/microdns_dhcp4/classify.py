"""The fields that class expressions can name, and the classes made from ``[dhcp.v4.boot]``."""

import ipaddress
from collections.abc import Callable

from microdns_dhcp.expression import Field, Test, compile_expression
from microdns_dhcp.model import CONFIG, ClientClass, OptionValue
from microdns_dhcp4 import options as option_table
from microdns_dhcp4.config import BootConfig
from microdns_dhcp4.exchange import Exchange
from microdns_dhcp4.message import MESSAGE_NAMES, NO_ADDRESS
from microdns_dhcp4.values import show_text


def _option(number: int) -> Field:
    return lambda x: x.message.options.get(number)


def _text_option(number: int) -> Field:
    def read(x: Exchange) -> str | None:
        value = x.message.options.get(number)
        return None if value is None else show_text(value)

    return read


def _arch(x: Exchange) -> int | None:
    value = x.message.options.get(93, b"")
    return int.from_bytes(value[:2], "big") if len(value) >= 2 else None


def _user_class(x: Exchange) -> bytes | None:
    """Option 77: RFC 3004 puts a length before each class; iPXE and others send bare text."""
    value = x.message.options.get(77)
    if value and value[0] == len(value) - 1:
        return value[1:]
    return value


def _address(octets: bytes) -> str | None:
    return None if octets in (b"", NO_ADDRESS) else str(ipaddress.IPv4Address(octets))


_FIELDS: dict[str, Callable[[Exchange], bytes | str | int | bool | None]] = {
    "mac": lambda x: x.message.chaddr,
    "hardware_type": lambda x: x.message.htype,
    "client_id": _option(61),
    "vendor_class": _text_option(60),
    "user_class": _user_class,
    "hostname": _text_option(12),
    "arch": _arch,
    "circuit_id": lambda x: x.circuit_id or None,
    "remote_id": lambda x: x.remote_id or None,
    "relay_address": lambda x: _address(x.relay),
    "client_address": lambda x: _address(x.message.ciaddr),
    "interface": lambda x: x.served.interface.name,
    "message_type": lambda x: (
        MESSAGE_NAMES[x.message.type] if x.message.type < len(MESSAGE_NAMES) else None
    ),
    "secs": lambda x: x.message.secs,
}


def find_field(name: str, argument: str | int | None) -> Field:
    """The reader of a field; raises ValueError."""
    if name == "option":
        if argument is None:
            raise ValueError("write option(60) or option(vendor-class)")
        return _option(option_table.find(argument).number)
    if name == "relay_option":
        if not isinstance(argument, int):
            raise ValueError("write relay_option(1)")
        return lambda x: x.relay_info.get(argument)
    if name not in _FIELDS or argument is not None:
        known = ", ".join(sorted([*_FIELDS, "option(…)", "relay_option(…)"]))
        raise ValueError(f"no field {name!r} (there are {known})")
    return _FIELDS[name]


def compile_match(text: str) -> Test:
    """A class expression as a function of an ``Exchange``; raises BadExpression."""
    return compile_expression(text, find_field)


_IPXE = "(user_class startswith 'iPXE' or option(175) exists)"
_PXE = "vendor_class startswith 'PXEClient'"
_HTTP = "vendor_class startswith 'HTTPClient'"
_BOOT_RULES = (
    ("ipxe", _IPXE, ""),
    ("http_x64", f"{_HTTP} and arch in [15, 16]", "HTTPClient"),
    ("http_arm64", f"{_HTTP} and arch in [18, 19]", "HTTPClient"),
    ("uefi_x64", f"{_PXE} and arch in [7, 9] and not {_IPXE}", "PXEClient"),
    ("uefi_x86", f"{_PXE} and arch == 6 and not {_IPXE}", "PXEClient"),
    ("uefi_arm32", f"{_PXE} and arch == 10 and not {_IPXE}", "PXEClient"),
    ("uefi_arm64", f"{_PXE} and arch == 11 and not {_IPXE}", "PXEClient"),
    ("bios", f"{_PXE} and arch == 0 and not {_IPXE}", "PXEClient"),
)


def boot_classes(boot: BootConfig) -> list[ClientClass]:
    """Classes that give each kind of booting client its file.

    A client that calls itself PXEClient or HTTPClient wants to hear the same (UEFI 2.10, 24.7).
    """
    classes = []
    for name, match, vendor in _BOOT_RULES:
        file = getattr(boot, name)
        if file:
            options = (OptionValue(option=60, value=vendor, always=True),) if vendor else ()
            classes.append(
                ClientClass(
                    name=f"boot-{name}",
                    family=4,
                    match=match,
                    boot_file=file,
                    next_server=str(boot.next_server or ""),
                    options=options,
                    source=CONFIG,
                )
            )
    return classes
