"""Mistakes in ``[dhcp.v4]`` that its types can't express."""

from collections.abc import Iterable, Iterator

from microdns.errors import Problem
from microdns_dhcp.model import Pool, Reservation
from microdns_dhcp.rules import (
    pool_clashes,
    pool_problems,
    reservation_clashes,
    reservation_problems,
)
from microdns_dhcp4.config import Dhcp4Config
from microdns_dhcp4.plan import check


def config_problems(config: Dhcp4Config) -> Iterator[Problem]:
    """Everything wrong with the section's pools, reservations, classes and options."""
    options = config.global_options()
    if options is not None:
        yield from check(options)
    yield from _pools(config)
    yield from _reservations(config)
    names: set[str] = set()
    for index, client_class in enumerate(config.classes):
        path = f"classes[{index}]"
        yield from _under(path, check(client_class.client_class()))
        if client_class.name in names:
            yield Problem(f"{path}.name", f"class {client_class.name} is declared twice")
        names.add(client_class.name)
    for index, pool in enumerate(config.pools):
        if pool.client_class and pool.client_class not in names:
            yield Problem(f"pools[{index}].client_class", f"no class {pool.client_class}")


def _pools(config: Dhcp4Config) -> Iterator[Problem]:
    sound: list[Pool] = []
    for index, each in enumerate(config.pools):
        pool = each.pool()
        found = [*pool_problems(pool), *check(pool)]
        if not found:
            found = list(pool_clashes(pool, [o for o in sound if o.id != pool.id]))
            if any(other.id == pool.id for other in sound):
                found.append(Problem("range_start", "the same pool is declared twice"))
            sound.append(pool)
        yield from _under(f"pools[{index}]", found)


def _reservations(config: Dhcp4Config) -> Iterator[Problem]:
    subnets = [str(pool.subnet) for pool in config.pools]
    by_address: dict[str, Reservation] = {}
    by_id: dict[str, Reservation] = {}
    for index, each in enumerate(config.reservations):
        reservation = each.reservation()
        found = [*reservation_problems(reservation, subnets), *check(reservation)]
        rivals = [by_address[reservation.ip]] if reservation.ip in by_address else []
        if not found:
            found = list(reservation_clashes(reservation, rivals))
        if not found and reservation.id in by_id:
            found = [Problem("mac", "the same reservation is declared twice")]
        by_id[reservation.id] = reservation
        if reservation.ip:
            by_address.setdefault(reservation.ip, reservation)
        yield from _under(f"reservations[{index}]", found)


def _under(path: str, problems: Iterable[Problem]) -> Iterator[Problem]:
    for problem in problems:
        yield Problem(f"{path}.{problem.path}" if problem.path else path, problem.message)
