"""Keys open doors: the right ones, to the right rooms, for as long as they are valid."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from microdns.access import Authenticator, allows
from microdns.errors import Conflict, Denied, Invalid, NotFound, Throttled, Unauthenticated
from microdns.events import Principal
from microdns.lifecycle.kernel import Kernel
from microdns.lifecycle.operations.keys import ShownKey
from microdns.operations import Call
from microdns.store import collecting_entries
from microdns.testing import FakeClock, run_kernel

pytestmark = pytest.mark.anyio


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def kernel(clock: FakeClock) -> AsyncIterator[Kernel]:
    async with run_kernel(clock=clock) as running:
        yield running


async def _create(kernel: Kernel, name: str = "k", **more: Any) -> str:
    wanted = {"name": name, "scopes": ["zones:read"], **more}
    made = await kernel.operations.call("key.create", wanted, Call())
    key: str = made.key
    return key


def _enter(
    kernel: Kernel, key: str | None, address: str = "192.0.2.1", interface: str = "rest"
) -> Principal:
    door = kernel.services.require(Authenticator)
    return door.authenticate(key, address=address, interface=interface)


async def test_without_any_key_everybody_may_do_everything(kernel: Kernel) -> None:
    assert _enter(kernel, None).scopes == ("*",)
    assert _enter(kernel, "whatever").name == "anonymous"


async def test_a_configured_key_may_do_everything_and_closes_the_door_for_others(
    kernel: Kernel,
) -> None:
    kernel.services.require(Authenticator).configure("secret")
    assert _enter(kernel, "secret").scopes == ("*",)
    for wrong in (None, "", "Secret", "secret ", "x" * 10_000, "mdk_x_y", "\udcff"):
        with pytest.raises(Unauthenticated):
            _enter(kernel, wrong)


async def test_a_key_configured_for_one_interface_closes_the_others_as_well(
    kernel: Kernel,
) -> None:
    door = kernel.services.require(Authenticator)
    for key in (None, "rests", "grpcs"):
        door.configure(key)
    for interface in ("rest", "grpc"):
        with pytest.raises(Unauthenticated):
            _enter(kernel, None, interface=interface)
        assert _enter(kernel, "rests", interface=interface).interface == interface
        assert _enter(kernel, "grpcs", interface=interface).scopes == ("*",)


async def test_a_stored_key_has_its_scopes_and_limits(kernel: Kernel) -> None:
    key = await _create(kernel, limits={"zone": ["example.com"], "address": ["192.0.2.0/24"]})
    principal = _enter(kernel, key)
    assert principal.name == "k"
    assert principal.scopes == ("zones:read",)
    assert principal.limits == {"zone": ("example.com",)}
    assert principal.address == "192.0.2.1"
    with pytest.raises(Unauthenticated):
        _enter(kernel, key, address="198.51.100.1")
    with pytest.raises(Unauthenticated):
        _enter(kernel, None)


async def test_a_changed_character_anywhere_is_a_wrong_key(kernel: Kernel) -> None:
    key = await _create(kernel)
    for at in (0, 4, 8, 13, len(key) - 1):
        forged = key[:at] + ("A" if key[at] != "A" else "B") + key[at + 1 :]
        with pytest.raises(Unauthenticated):
            _enter(kernel, forged)


async def test_a_key_ends_at_its_time_and_when_it_is_deleted(
    kernel: Kernel, clock: FakeClock
) -> None:
    other = await _create(kernel, "other")
    key = await _create(kernel, expires_in_seconds=60)
    clock.jump_wall(59)
    assert _enter(kernel, key).name == "k"
    clock.jump_wall(1)
    with pytest.raises(Unauthenticated):
        _enter(kernel, key)
    await kernel.operations.call("key.delete", {"name": "other"}, Call())
    with pytest.raises(Unauthenticated):
        _enter(kernel, other)


async def test_guessing_is_slowed_down_per_client(kernel: Kernel, clock: FakeClock) -> None:
    key = await _create(kernel)
    for _ in range(10):
        with pytest.raises(Unauthenticated):
            _enter(kernel, "mdk_0_guess")
    with pytest.raises(Throttled):
        _enter(kernel, key)
    assert _enter(kernel, key, address="192.0.2.2").name == "k"
    await clock.advance(60)
    assert _enter(kernel, key).name == "k"


async def test_the_secret_is_nowhere_but_in_the_answer(kernel: Kernel) -> None:
    key = await _create(kernel)
    secret = key.split("_", 2)[2]
    listed = await kernel.operations.call("key.list", {}, Call())
    journal = await kernel.operations.call("journal.list", {}, Call())
    assert secret not in repr(listed) + repr(journal)
    assert [entry.type for entry in journal.items] == ["key.created"]


async def test_names_are_unique_and_missing_ones_told(kernel: Kernel) -> None:
    await _create(kernel)
    with pytest.raises(Conflict):
        await _create(kernel)
    with pytest.raises(NotFound):
        await kernel.operations.call("key.delete", {"name": "nobody"}, Call())


async def test_a_dry_run_makes_no_key(kernel: Kernel) -> None:
    wanted = {"name": "k", "scopes": ["*"]}
    made = await kernel.operations.call("key.create", wanted, Call(dry_run=True))
    assert made.key == ""
    assert await kernel.operations.call("key.list", {}, Call()) == []


async def test_every_mistake_in_a_key_is_told_at_once(kernel: Kernel) -> None:
    wrong = {
        "name": "No Good",
        "scopes": ["zones", "zones:destroy"],
        "limits": {"zone": [], "address": ["192.0.2.1/24"]},
    }
    with pytest.raises(Invalid) as raised:
        await kernel.operations.call("key.create", wrong, Call())
    paths = [problem.path for problem in raised.value.problems]
    assert paths == ["name", "scopes[0]", "scopes[1]", "limits.zone", "limits.address[0]"]


async def test_a_limited_key_is_denied_what_does_not_honour_its_limits(kernel: Kernel) -> None:
    limited = Principal("k", scopes=("*",), limits={"zone": ("example.com",)})
    with pytest.raises(Denied, match="limited by zone"):
        await kernel.operations.call("key.list", {}, Call(limited))


async def test_a_limited_key_sees_nothing_of_events_that_know_no_limits(kernel: Kernel) -> None:
    limited = Principal("k", scopes=("*",), limits={"zone": ("example.com",)})
    await kernel.operations.call("key.create", {"name": "x", "scopes": ["*"]}, Call())
    page = await kernel.operations.call("journal.list", {}, Call(limited))
    assert page.items == []
    assert len((await kernel.operations.call("journal.list", {}, Call())).items) == 1


async def test_a_key_gives_away_no_scope_that_it_lacks(kernel: Kernel) -> None:
    maker = Principal("k", scopes=("keys:write", "zones:*"))
    await kernel.operations.call("key.create", {"name": "x", "scopes": ["zones:read"]}, Call(maker))
    for scope in ("*", "records:read", "keys:*"):
        with pytest.raises(Denied, match="can't give away"):
            await kernel.operations.call(
                "key.create", {"name": "y", "scopes": [scope]}, Call(maker)
            )


async def test_only_who_may_do_everything_opens_the_doors_by_deleting_the_last_key(
    kernel: Kernel,
) -> None:
    keeper = Principal("k", scopes=("keys:*",))
    for name in ("x", "y"):
        await kernel.operations.call("key.create", {"name": name, "scopes": ["*"]}, Call())
    await kernel.operations.call("key.delete", {"name": "x"}, Call(keeper))
    with pytest.raises(Denied, match="y is the last key"):
        await kernel.operations.call("key.delete", {"name": "y"}, Call(keeper))
    await kernel.operations.call("key.delete", {"name": "y"}, Call())


async def _held(kernel: Kernel, **more: Any) -> Principal:
    """A client who came in with a key that may make keys."""
    wanted = {"name": "maker", "scopes": ["keys:*", "zones:read"], **more}
    made = await kernel.operations.call("key.create", wanted, Call())
    return _enter(kernel, made.key)


async def _gives(kernel: Kernel, maker: Principal, **more: Any) -> ShownKey:
    wanted = {"name": "made", "scopes": ["zones:read"], **more}
    made: ShownKey = await kernel.operations.call("key.create", wanted, Call(maker))
    return made


NETWORKS = ["192.0.2.0/25", "192.0.2.128/25", "2001:db8::/32"]


@pytest.mark.parametrize(
    "networks",
    [["192.0.2.7/32"], ["192.0.2.0/24"], ["192.0.2.128/25", "2001:db8:1::/48"]],
)
async def test_a_key_limited_to_addresses_makes_keys_for_these(
    kernel: Kernel, networks: list[str]
) -> None:
    maker = await _held(kernel, limits={"address": NETWORKS})
    made = await _gives(kernel, maker, limits={"address": networks, "zone": ["example.com"]})
    assert made.limits["address"] == tuple(networks)


@pytest.mark.parametrize(
    "limits",
    [
        {},
        {"zone": ["example.com"]},
        {"address": ["0.0.0.0/0"]},
        {"address": ["192.0.0.0/16"]},
        {"address": ["192.0.2.7/32", "198.51.100.0/24"]},
        {"address": ["192.0.2.7/32", "::/0"]},
    ],
)
async def test_a_key_limited_to_addresses_makes_none_for_others(
    kernel: Kernel, limits: dict[str, list[str]]
) -> None:
    maker = await _held(kernel, limits={"address": NETWORKS})
    with pytest.raises(Denied, match=r"addresses beyond its own \(address=192.0.2.0/25, "):
        await _gives(kernel, maker, limits=limits)
    assert [key.name for key in await kernel.operations.call("key.list", {}, Call())] == ["maker"]


async def test_a_key_that_ends_makes_none_that_outlasts_it(
    kernel: Kernel, clock: FakeClock
) -> None:
    maker = await _held(kernel, expires_in_seconds=60)
    clock.jump_wall(20)
    for seconds in (0, 41, 60):
        with pytest.raises(Denied, match="a lifetime beyond its own"):
            await _gives(kernel, maker, expires_in_seconds=seconds)
    made = await _gives(kernel, maker, expires_in_seconds=40)
    assert made.expires == "2026-01-01T00:01:00Z"


async def test_a_dry_run_gives_away_no_more(kernel: Kernel) -> None:
    maker = await _held(kernel, limits={"address": NETWORKS})
    wanted = {"name": "made", "scopes": ["zones:read"]}
    with pytest.raises(Denied, match="can't give away"):
        await kernel.operations.call("key.create", wanted, Call(maker, dry_run=True))


async def test_a_key_limited_by_what_plugins_know_makes_none(kernel: Kernel) -> None:
    maker = await _held(kernel, limits={"zone": ["example.com"]})
    with pytest.raises(Denied, match="limited by zone"):
        await _gives(kernel, maker, limits={"zone": ["example.com"]})


@pytest.mark.parametrize(
    "restriction", [{"limits": {"address": ["192.0.2.0/24"]}}, {"expires_in_seconds": 60}]
)
async def test_a_restricted_key_for_everything_does_not_open_the_doors(
    kernel: Kernel, restriction: dict[str, Any]
) -> None:
    maker = await _held(kernel, **{"scopes": ["*"], **restriction})
    with pytest.raises(Denied, match="maker is the last key"):
        await kernel.operations.call("key.delete", {"name": "maker"}, Call(maker))


async def test_a_caller_recalled_by_a_session_is_no_freer(kernel: Kernel) -> None:
    key = await _create(kernel, limits={"address": NETWORKS}, expires_in_seconds=60)
    door = kernel.services.require(Authenticator)
    recalled = door.recall("k", lambda _digest: True, address="192.0.2.1", interface="rest")
    assert recalled == _enter(kernel, key)
    assert recalled.networks == tuple(NETWORKS)
    assert recalled.expires_ns


async def test_a_version_is_refused_where_none_is_compared(kernel: Kernel) -> None:
    with pytest.raises(Invalid, match="no version to compare"):
        await kernel.operations.call("key.delete", {"name": "x"}, Call(if_version=1))
    with pytest.raises(NotFound):
        await kernel.operations.call("key.delete", {"name": "x"}, Call())


async def test_what_can_not_be_tried_out_refuses_a_dry_run(kernel: Kernel) -> None:
    with pytest.raises(Invalid, match="can't be tried out"):
        await kernel.operations.call("plugin.stop", {"name": "x"}, Call(dry_run=True))


async def test_health_needs_no_scope(kernel: Kernel) -> None:
    stranger = Principal("anonymous", scopes=())
    health = await kernel.operations.call("health.get", {}, Call(stranger))
    assert health["status"] == "ok"


async def test_entries_are_collected_from_dry_runs_too(kernel: Kernel) -> None:
    wanted = {"name": "x", "scopes": ["*"]}
    with collecting_entries() as entries:
        await kernel.operations.call("key.create", wanted, Call(dry_run=True))
        await kernel.operations.call("key.create", wanted, Call())
    assert [entry.type for entry in entries] == ["key.created", "key.created"]
    await kernel.operations.call("key.delete", {"name": "x"}, Call())
    assert len(entries) == 2


async def test_the_journal_keeps_who_and_not_what_they_may(kernel: Kernel) -> None:
    actor = Principal("k", "rest", "192.0.2.1", ("*",), {})
    await kernel.operations.call("key.create", {"name": "x", "scopes": ["*"]}, Call(actor))
    entry = next(kernel.store.journal.read())
    assert entry.actor == Principal("k", "rest", "192.0.2.1")


@pytest.mark.parametrize(
    ("limits", "attributes", "inside"),
    [
        ({}, {"zone": "example.com"}, True),
        ({"zone": ("example.com",)}, {"zone": "EXAMPLE.com"}, True),
        ({"zone": ("example.com",)}, {"zone": "example.org"}, False),
        ({"zone": ("*.com", "x.org")}, {"zone": "x.org"}, True),
        ({"zone": ("example.com",), "type": ("TXT",)}, {"zone": "example.com"}, False),
        ({"name": ("_acme-challenge*",)}, {"name": "_acme-challenge.www"}, True),
        ({"name": ("_acme-challenge*",)}, {"name": "www"}, False),
    ],
)
def test_limits(
    limits: dict[str, tuple[str, ...]], attributes: dict[str, str], inside: bool
) -> None:
    assert allows(Principal("k", limits=limits), **attributes) is inside
