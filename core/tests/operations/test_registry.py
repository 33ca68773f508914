"""Operations are found by name, called with decoded input, and guarded by scope."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from microdns.errors import Conflict, Denied, Invalid, NotFound
from microdns.events import Principal
from microdns.operations import Call, Operation, OperationRegistry
from microdns.points import Point as PastPoint

pytestmark = pytest.mark.anyio


class Point(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    x: int
    y: int = 0


async def _sum(_call: Call, point: Point) -> int:
    return point.x + point.y


async def _steps(_call: Call, point: Point) -> AsyncIterator[int]:
    for step in range(point.x):
        yield step


def _operation(name: str = "point.sum", **more: Any) -> Operation[Any, Any]:
    options: dict[str, Any] = {"handler": _sum, "scope": "points:read", **more}
    return Operation(name=name, summary="Sums.", input=Point, output=int, **options)


@pytest.fixture
def registry() -> OperationRegistry:
    filled = OperationRegistry()
    steps = _operation("point.steps", handler=_steps, stream=True)
    filled.add("geometry", [_operation(), steps])
    return filled


async def test_plain_values_become_the_input(registry: OperationRegistry) -> None:
    assert await registry.call("point.sum", {"x": 1, "y": 2}, Call()) == 3
    assert await registry.call("point.sum", Point(4), Call()) == 4


async def test_a_stream_yields(registry: OperationRegistry) -> None:
    assert [step async for step in registry.stream("point.steps", {"x": 3}, Call())] == [0, 1, 2]


async def test_a_stream_is_not_called_and_a_call_not_streamed(registry: OperationRegistry) -> None:
    with pytest.raises(Invalid, match="is a stream"):
        await registry.call("point.steps", {"x": 1}, Call())
    with pytest.raises(Invalid, match="is not a stream"):
        registry.stream("point.sum", {"x": 1}, Call())


async def test_only_what_remembers_is_asked_about_the_past(registry: OperationRegistry) -> None:
    then = Call(as_of=PastPoint(sequence=1))
    with pytest.raises(Invalid, match="can't be asked about the past"):
        await registry.call("point.sum", {"x": 1}, then)
    with pytest.raises(Invalid, match="can't be asked about the past"):
        registry.stream("point.steps", {"x": 1}, then)
    registry.add("historian", [_operation("point.past", remembers=True)])
    assert await registry.call("point.past", {"x": 1}, then) == 1


@pytest.mark.parametrize(
    ("raw", "path"),
    [({"x": "1"}, "x"), ({}, ""), ({"x": 1, "z": 1}, ""), ([], ""), (None, "")],
)
async def test_wrong_input_is_told_by_path(
    registry: OperationRegistry, raw: Any, path: str
) -> None:
    with pytest.raises(Invalid) as raised:
        await registry.call("point.sum", raw, Call())
    assert [problem.path for problem in raised.value.problems] == [path]


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        (("*",), True),
        (("points:read",), True),
        (("points:*",), True),
        (("points:write",), False),
        (("point:*",), False),
        ((), False),
    ],
)
async def test_the_caller_needs_the_scope(
    registry: OperationRegistry, scopes: tuple[str, ...], allowed: bool
) -> None:
    call = Call(Principal("somebody", scopes=scopes))
    if allowed:
        assert await registry.call("point.sum", {"x": 1}, call) == 1
    else:
        with pytest.raises(Denied, match="points:read"):
            await registry.call("point.sum", {"x": 1}, call)


async def test_a_plugins_operations_come_and_go_with_it(registry: OperationRegistry) -> None:
    assert registry.owner("point.sum") == "geometry"
    with pytest.raises(Conflict, match="of plugin other exists in plugin geometry"):
        registry.add("other", [_operation()])
    registry.remove("geometry")
    assert list(registry) == []
    with pytest.raises(NotFound):
        registry.get("point.sum")


@pytest.mark.parametrize("name", ["point", ".sum", "point.", "point sum", "point.s-um"])
def test_a_name_is_noun_and_verb(name: str) -> None:
    with pytest.raises(ValueError, match=r"noun\.verb"):
        _operation(name)
