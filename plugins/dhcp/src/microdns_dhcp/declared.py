"""Mistakes in what a section declares: pools, reservations, classes, beside each other."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from microdns.errors import Problem
from microdns_dhcp.model import ClientClass, Pool, Reservation
from microdns_dhcp.rules import (
    pool_clashes,
    pool_problems,
    reservation_clashes,
    reservation_problems,
)

Check = Callable[[Any], Iterable[Problem]]
"""The flavour's own look at one thing."""


def declared_pools(
    path: str, pools: Sequence[Pool], check: Check, beside: Sequence[Pool] = ()
) -> Iterator[Problem]:
    """What is wrong with ``[[path]]``, each pool by itself, beside others and those before it."""
    sound: list[Pool] = [pool for pool in beside if not any(pool_problems(pool))]
    for index, pool in enumerate(pools):
        found = [*pool_problems(pool), *check(pool)]
        if not found:
            found = list(pool_clashes(pool, [o for o in sound if o.id != pool.id]))
            if any(other.id == pool.id for other in sound):
                found.append(Problem("range_start", "the same pool is declared twice"))
            sound.append(pool)
        yield from under(f"{path}[{index}]", found)


def declared_reservations(
    path: str, reservations: Sequence[Reservation], pools: Sequence[Pool], check: Check
) -> Iterator[Problem]:
    """What is wrong with ``[[path]]``; what is reserved must lie in the pools."""
    by_address: dict[str, Reservation] = {}
    by_id: dict[str, Reservation] = {}
    for index, reservation in enumerate(reservations):
        found = [*reservation_problems(reservation, pools), *check(reservation)]
        rivals = [by_address[reservation.ip]] if reservation.ip in by_address else []
        if not found:
            found = list(reservation_clashes(reservation, rivals))
        if not found and reservation.id in by_id:
            found = [Problem("mac", "the same reservation is declared twice")]
        by_id[reservation.id] = reservation
        if reservation.ip:
            by_address.setdefault(reservation.ip, reservation)
        yield from under(f"{path}[{index}]", found)


def declared_classes(
    path: str,
    classes: Sequence[ClientClass],
    pools: Mapping[str, Sequence[Pool]],
    check: Check,
) -> Iterator[Problem]:
    """What is wrong with ``[[path]]``, and with the classes that pools (by their path) name."""
    names: set[str] = set()
    for index, each in enumerate(classes):
        yield from under(f"{path}[{index}]", check(each))
        if each.name in names:
            yield Problem(f"{path}[{index}].name", f"class {each.name} is declared twice")
        names.add(each.name)
    for where, of_path in pools.items():
        for index, pool in enumerate(of_path):
            if pool.client_class and pool.client_class not in names:
                yield Problem(f"{where}[{index}].client_class", f"no class {pool.client_class}")


def under(path: str, problems: Iterable[Problem]) -> Iterator[Problem]:
    """Problems of a part, by their path in the section."""
    for problem in problems:
        yield Problem(f"{path}.{problem.path}" if problem.path else path, problem.message)
