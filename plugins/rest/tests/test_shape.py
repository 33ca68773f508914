"""Where an operation's input is found, and what is said of one that is not there."""

from typing import Annotated

import pytest
from msgspec import Meta, Struct, field

from microdns.operations import Call, Operation
from microdns_rest.shape import Malformed, Shape


class Wanted(Struct, frozen=True, forbid_unknown_fields=True):
    house: Annotated[str, Meta(max_length=9)]
    size: int
    kind: str = field(name="type", default="plain")
    parts: list[int] = []

    def __post_init__(self) -> None:
        if self.size > 100:
            raise ValueError("too large for any house")


async def handler(call: Call, wanted: Wanted) -> Wanted:
    return wanted


def shape_of(http: str) -> Shape:
    return Shape(
        Operation(
            name="thing.put",
            summary="Put a thing.",
            input=Wanted,
            output=Wanted,
            handler=handler,
            scope="things:write",
            http=http,
        )
    )


BESIDE_PATH = "PUT /houses/{house}"
ALL_IN_BODY = "POST /houses"
IN_PATH = {"place0": "old"}


@pytest.mark.parametrize(
    ("http", "path", "body"),
    [
        (BESIDE_PATH, IN_PATH, b'{"size": 3, "type": "odd", "parts": [1, 2]}'),
        (BESIDE_PATH, IN_PATH, b'{"size": 3.0, "type": "odd", "parts": [1, 2.0]}'),
        (ALL_IN_BODY, {}, b'{"house": "old", "size": 3, "type": "odd", "parts": [1, 2]}'),
        (ALL_IN_BODY, {}, b'{"house": "old", "size": 3.0, "type": "odd", "parts": [1, 2]}'),
    ],
)
def test_body_and_path_make_the_input(http: str, path: dict[str, str], body: bytes) -> None:
    assert shape_of(http).input(path, [], body) == Wanted("old", 3, "odd", [1, 2])


def test_what_is_left_out_has_its_default() -> None:
    shape = shape_of(BESIDE_PATH)
    first = shape.input(IN_PATH, [], b'{"size": 1}')
    assert first == Wanted("old", 1)
    assert isinstance(first, Wanted)
    first.parts.append(7)
    assert shape.input(IN_PATH, [], b'{"size": 1}') == Wanted("old", 1)


@pytest.mark.parametrize("http", [BESIDE_PATH, ALL_IN_BODY])
@pytest.mark.parametrize(
    ("body", "path", "message"),
    [
        (b'{"size": "x"}', "size", "Expected `int`"),
        (b'{"size": 3.5}', "size", "Expected `int`"),
        (b'{"size": 1, "parts": [1, "x"]}', "parts[1]", "Expected `int`"),
        (b'{"size": 1, "kind": "odd"}', "", "unknown field `kind`"),
        (b'{"size": 1', "", "not JSON"),
        (b'{"size": "x", "parts": [1', "", "not JSON"),
        (b"[" * 100_000, "", "nested too deeply"),
        (b"[1]", "", "must be a JSON object"),
        (b"null", "", "must be a JSON object"),
    ],
)
def test_what_is_wrong_in_a_body_is_named(http: str, body: bytes, path: str, message: str) -> None:
    with pytest.raises(Malformed, match=message) as refused:
        shape_of(http).input(IN_PATH if http == BESIDE_PATH else {}, [], body)
    assert [problem.path for problem in refused.value.problems] == [path]


@pytest.mark.parametrize(
    ("path", "body", "named", "message"),
    [
        ("old", b'{"house": "new", "size": 1}', "house", "given in the path already"),
        ("a house too far", b'{"size": 1}', "house", "length <= 9"),
        ("old", b'{"type": "odd"}', "", "missing required field `size`"),
        ("old", b"", "", "missing required field `size`"),
        ("old", b'{"size": 101}', "", "too large for any house"),
    ],
)
def test_what_is_wrong_beside_a_path_is_named(
    path: str, body: bytes, named: str, message: str
) -> None:
    with pytest.raises(Malformed, match=message) as refused:
        shape_of(BESIDE_PATH).input({"place0": path}, [], body)
    assert [problem.path for problem in refused.value.problems] == [named]


def test_a_struct_may_refuse_a_body_that_is_all_of_it() -> None:
    with pytest.raises(Malformed, match="too large for any house"):
        shape_of(ALL_IN_BODY).input({}, [], b'{"house": "old", "size": 101}')


def test_a_query_beside_a_body_is_refused() -> None:
    with pytest.raises(Malformed, match="no such query parameter"):
        shape_of(BESIDE_PATH).input(IN_PATH, [("size", "1")], b'{"size": 1}')
