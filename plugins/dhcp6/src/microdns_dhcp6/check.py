"""Mistakes in ``[dhcp.v6]`` that its types can't express."""

from collections.abc import Iterator

from microdns.errors import Problem
from microdns_dhcp import identifiers
from microdns_dhcp.declared import declared_classes, declared_pools, declared_reservations
from microdns_dhcp6.config import Dhcp6Config
from microdns_dhcp6.plan import check


def config_problems(config: Dhcp6Config) -> Iterator[Problem]:
    """Everything wrong with the section's pools, reservations, classes and options."""
    if config.duid:
        try:
            identifiers.duid(config.duid)
        except ValueError as error:
            yield Problem("duid", str(error))
    yield from _lifetimes(config)
    options = config.global_options()
    if options is not None:
        yield from check(options)
    addresses = [each.pool() for each in config.pools]
    prefixes = [each.pool() for each in config.delegations]
    yield from declared_pools("pools", addresses, check)
    yield from declared_pools("delegations", prefixes, check, beside=addresses)
    yield from declared_reservations(
        "reservations",
        [each.reservation() for each in config.reservations],
        [*addresses, *prefixes],
        check,
    )
    classes = [each.client_class() for each in config.classes]
    yield from declared_classes(
        "classes", classes, {"pools": addresses, "delegations": prefixes}, check
    )


def _lifetimes(config: Dhcp6Config) -> Iterator[Problem]:
    for path in ("pools", "delegations"):
        for index, each in enumerate(getattr(config, path)):
            valid = each.lease_time_secs or config.lease_time_secs
            if each.preferred_time_secs is not None and each.preferred_time_secs > valid:
                where = f"{path}[{index}].preferred_time_secs"
                yield Problem(where, f"is longer than the valid lifetime, {valid} s")
