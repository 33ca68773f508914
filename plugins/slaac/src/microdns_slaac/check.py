"""Mistakes in ``[dhcp.slaac]`` that its types can't express."""

from collections.abc import Iterable, Iterator

from microdns.errors import Problem
from microdns_slaac.config import EncryptedDnsConfig, PrefixConfig, SlaacConfig, Told
from microdns_slaac.octets import name_octets
from microdns_slaac.options import PREF64_LENGTHS, EncryptedDns, service_parameters
from microdns_slaac.profile import Profile, profile

OPTION_OCTETS_MAX = 1200
"""So that each option fits into a message on any link (RFC 8200 5: 1280 octets)."""
MTU_MIN = 1280
AUTONOMOUS_LENGTH = 64
"""The length of a host's own part is 64 bits on all common links (RFC 4862 5.5.3 d)."""


def config_problems(config: SlaacConfig) -> Iterator[Problem]:
    """Everything wrong with the section."""
    if not config.served:
        # No default: told to hosts of an uplink, this would harm a network of somebody else.
        yield Problem("interface", "name the interfaces to advertise on")
    if config.prefix is not None:
        yield from _reference_prefix(config)
    if isinstance(config.interface, tuple) and len(set(config.interface)) < len(config.interface):
        yield Problem("interface", "the same interface is named twice")
    yield from _told(config)
    yield from _joined(config, "", "")
    names: set[str] = set()
    for index, each in enumerate(config.interfaces):
        path = f"interfaces[{index}]"
        yield from _under(path, _told(each))
        if each.name in names:
            yield Problem(f"{path}.name", f"interface {each.name} is declared twice")
        elif config.interface and each.name not in config.served:
            yield Problem(f"{path}.name", f"{each.name} is not among those of `interface`")
        else:
            yield from _joined(config, each.name, path)
        names.add(each.name)


def _reference_prefix(config: SlaacConfig) -> Iterator[Problem]:
    assert config.prefix is not None  # noqa: S101  (the caller looked)
    if int(config.prefix) & ((1 << 128 - config.prefix_len) - 1):
        yield Problem("prefix", f"has bits set beyond its length of {config.prefix_len}")
    if config.prefix.is_link_local or config.prefix.is_multicast:
        yield Problem("prefix", "is not one that addresses can be made from")


def _told(told: Told) -> Iterator[Problem]:
    """What is wrong with the values written in one place."""
    if told.mtu is not None and 0 < told.mtu < MTU_MIN:
        yield Problem("mtu", f"is below {MTU_MIN}, which every IPv6 link carries")
    for index, prefix in enumerate(told.prefixes or ()):
        yield from _under(f"prefixes[{index}]", _prefix(prefix))
    for index, text in enumerate(told.search or ()):
        yield from _name(f"search[{index}]", text)
    for index, network in enumerate(told.pref64 or ()):
        if network.prefixlen not in PREF64_LENGTHS:
            lengths = ", ".join(map(str, sorted(PREF64_LENGTHS)))
            yield Problem(f"pref64[{index}]", f"the length is none of {lengths} (RFC 8781)")
    for index, server in enumerate(told.encrypted_dns or ()):
        yield from _under(f"encrypted_dns[{index}]", _resolver(server))
    if told.captive_portal and not _is_uri(told.captive_portal):
        yield Problem("captive_portal", "is not an https URI in ASCII (RFC 8910)")


def _is_uri(text: str) -> bool:
    return text.isascii() and text.isprintable() and text.startswith(("https://", "urn:"))


def _prefix(prefix: PrefixConfig) -> Iterator[Problem]:
    network = prefix.prefix
    if network.is_link_local or network.is_multicast:
        yield Problem("prefix", "is not one that addresses can be made from")
    if prefix.autonomous and network.prefixlen != AUTONOMOUS_LENGTH:
        yield Problem("prefix", "hosts make addresses from a /64 alone: set autonomous = false")


def _name(path: str, text: str) -> Iterator[Problem]:
    try:
        name_octets(text)
    except ValueError as error:
        yield Problem(path, str(error))


def _resolver(server: EncryptedDnsConfig) -> Iterator[Problem]:
    found = list(_name("name", server.name))
    yield from found
    parameters = service_parameters(server.alpn, server.port, server.dohpath)
    if parameters and not server.addresses:
        yield Problem("addresses", "alpn, port and dohpath need addresses (RFC 9463 3.1.6)")
    if not found:
        option = EncryptedDns(server.name, 0, 1, server.addresses, parameters)
        if len(option.encode()) > OPTION_OCTETS_MAX:
            yield Problem("", f"needs more than {OPTION_OCTETS_MAX} octets")


def _joined(config: SlaacConfig, interface: str, path: str) -> Iterator[Problem]:
    """What is wrong with the settings of an interface when they meet."""
    try:
        found = profile(config, interface)
    except ValueError:
        return  # told of the value itself
    yield from _under(path, _together(found))


def _together(found: Profile) -> Iterator[Problem]:
    if found.interval_min > max(3, found.interval_max * 3 // 4):
        yield Problem(
            "interval_min_secs", "is more than three quarters of interval_max_secs (RFC 4861 6.2.1)"
        )
    if 0 < found.router_lifetime < found.interval_max:
        yield Problem("router_lifetime_secs", "is shorter than interval_max_secs")
    if found.each.preferred > found.each.valid:
        yield Problem("preferred_lifetime_secs", "is longer than valid_lifetime_secs")
    seen = set()
    for prefix in found.prefixes or ():
        if prefix.preferred > prefix.valid:
            yield Problem(
                "prefixes", f"{prefix.network}: the preferred lifetime is longer than the valid one"
            )
        if prefix.network in seen:
            yield Problem("prefixes", f"{prefix.network} is announced twice")
        seen.add(prefix.network)


def _under(path: str, problems: Iterable[Problem]) -> Iterator[Problem]:
    for problem in problems:
        joined = ".".join(part for part in (path, problem.path) if part)
        yield Problem(joined, problem.message)
