"""Mistakes in ``[dhcp.v4]`` that its types can't express."""

from collections.abc import Iterator

from microdns.errors import Problem
from microdns_dhcp.declared import declared_classes, declared_pools, declared_reservations
from microdns_dhcp4.config import Dhcp4Config
from microdns_dhcp4.plan import check


def config_problems(config: Dhcp4Config) -> Iterator[Problem]:
    """Everything wrong with the section's pools, reservations, classes and options."""
    options = config.global_options()
    if options is not None:
        yield from check(options)
    pools = [each.pool() for each in config.pools]
    yield from declared_pools("pools", pools, check)
    yield from declared_reservations(
        "reservations",
        [each.reservation() for each in config.reservations],
        pools,
        check,
    )
    classes = [each.client_class() for each in config.classes]
    yield from declared_classes("classes", classes, {"pools": pools}, check)
