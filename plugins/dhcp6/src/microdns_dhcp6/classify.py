"""The fields that class expressions can name."""

import ipaddress
from collections.abc import Callable

from microdns_dhcp.expression import Field, Test, compile_expression
from microdns_dhcp.values import show_text
from microdns_dhcp6.duid import kind_of
from microdns_dhcp6.exchange import SUBSCRIBER_ID, Exchange
from microdns_dhcp6.message import ELAPSED, MESSAGE_NAMES, USER_CLASS, VENDOR_CLASS
from microdns_dhcp6.names import client_name
from microdns_dhcp6.options import OPTIONS
from microdns_dhcp6.values import strings_of


def first_string(data: bytes) -> bytes | None:
    """The first of an option's strings; None where there is no whole one."""
    try:
        found = strings_of(data)
    except ValueError:
        return None
    return found[0] if found else None


def vendor_class(x: Exchange) -> str | None:
    """The first text of option 16, behind the enterprise number."""
    value = x.message.options.get(VENDOR_CLASS)
    found = None if value is None else first_string(value[4:])
    return None if found is None else show_text(found)


def _enterprise(x: Exchange) -> int | None:
    value = x.message.options.get(VENDOR_CLASS, b"")
    return int.from_bytes(value[:4], "big") if len(value) >= 4 else None


def _user_class(x: Exchange) -> bytes | None:
    value = x.message.options.get(USER_CLASS)
    return None if value is None else first_string(value)


def _arch(x: Exchange) -> int | None:
    value = x.message.options.get(61, b"")
    return int.from_bytes(value[:2], "big") if len(value) >= 2 else None


def _hundredths(x: Exchange) -> int | None:
    value = x.message.options.get(ELAPSED, b"")
    return int.from_bytes(value, "big") if len(value) == 2 else None


def _subscriber(x: Exchange) -> bytes | None:
    relays = x.message.relays
    return relays[-1].options.get(SUBSCRIBER_ID) if relays else None


_FIELDS: dict[str, Callable[[Exchange], bytes | str | int | bool | None]] = {
    "duid": lambda x: x.duid or None,
    "duid_type": lambda x: kind_of(x.duid) if x.duid else None,
    "mac": lambda x: x.find_hardware()[1:] or None,
    "vendor_class": vendor_class,
    "enterprise": _enterprise,
    "user_class": _user_class,
    "arch": _arch,
    "hostname": lambda x: client_name(x.message, False).fqdn or None,
    "interface_id": lambda x: x.interface_id or None,
    "remote_id": lambda x: x.remote_id or None,
    "subscriber_id": _subscriber,
    "link_address": lambda x: str(ipaddress.IPv6Address(x.link)) if x.link else None,
    "interface": lambda x: x.served.interface.name,
    "message_type": lambda x: MESSAGE_NAMES[x.message.type],
    "elapsed": _hundredths,
}


def find_field(name: str, argument: str | int | None) -> Field:
    """The reader of a field; raises ValueError."""
    if name == "option":
        if argument is None:
            raise ValueError("write option(16) or option(vendor-class)")
        return _option(OPTIONS.find(argument).number)
    if name == "relay_option":
        if not isinstance(argument, int):
            raise ValueError("write relay_option(18)")
        return _relay_option(argument)
    if name not in _FIELDS or argument is not None:
        known = ", ".join(sorted([*_FIELDS, "option(…)", "relay_option(…)"]))
        raise ValueError(f"no field {name!r} (there are {known})")
    return _FIELDS[name]


def _option(number: int) -> Field:
    return lambda x: x.message.options.get(number)


def _relay_option(number: int) -> Field:
    """An option of the relay agent beside the client."""
    return lambda x: x.message.relays[-1].options.get(number) if x.message.relays else None


def compile_match(text: str) -> Test:
    """A class expression as a function of an ``Exchange``; raises BadExpression."""
    return compile_expression(text, find_field)
