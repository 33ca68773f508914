"""The language of class expressions."""

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from microdns_dhcp.expression import BadExpression, Field, compile_expression

PACKET = {"text": "PXEClient:7", "octets": b"\x02\0\0\0\0\1", "number": 7, "yes": True}


def find(name: str, argument: str | int | None) -> Field:
    if name == "option":
        return lambda packet: b"\1\2" if argument in (60, "sixty") else None
    if name not in (*PACKET, "absent"):
        raise ValueError(f"no field {name!r}")
    return lambda packet: packet.get(name)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('text startswith "PXE"', True),
        ("text endswith ':7' and number == 7", True),
        ('text contains "nope" or number in [1, 7]', True),
        ("not number < 7", True),
        ("number >= 7 and number <= 7 and number != 8", True),
        ("number > 7", False),
        ("octets == 02:00:00:00:00:01", True),
        ("octets == 0x020000000001", True),
        ("octets startswith 0x02", True),
        ("option(60) exists", True),
        ("option(61) exists", False),
        ("option(sixty).hex == '0102'", True),
        ("option(60).number == 258", True),
        ("absent == 1 or absent != 1", False),
        ("not absent == 1", True),
        ("yes", True),
        ("yes == true and not yes == false", True),
        ("text == 7", False),
        ("number == 'x'", False),
        ("(number == 1 or number == 7) and (yes)", True),
        ("number == 1 or number == 7 and absent", False),
    ],
)
def test_is_true_or_false(text: str, wanted: bool) -> None:
    assert compile_expression(text, find)(PACKET) is wanted


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "a field's name should be"),
        ("bogus == 1", "no field 'bogus'"),
        ("number ==", "where a value"),
        ("number == 1 1", "where the end should be"),
        ("(number == 1", r"where \) should be"),
        ("number = 1", "not understood"),
        ("number in []", "where a value"),
        ("text.upper == 'X'", ".hex, .text or .number"),
        ("not " * 40 + "yes", "nested deeper"),
        ("yes or " * 400 + "yes", "at most 2000"),
        ("__import__('os')", "no field"),
    ],
)
def test_mistakes_are_told_with_their_place(text: str, reason: str) -> None:
    with pytest.raises(BadExpression, match=reason):
        compile_expression(text, find)


VALUES = st.one_of(
    st.none(), st.binary(max_size=9), st.text(max_size=9), st.integers(), st.booleans()
)
SOUND = [
    "text startswith 'a'",
    "octets.number > 3",
    "number in [1, 'x', 0x01]",
    "text.hex == '61'",
    "octets contains 'b'",
    "number.text == '7'",
    "yes <= 3",
    "not option(60).text exists",
]


@given(st.sampled_from(SOUND), st.dictionaries(st.sampled_from(sorted(PACKET)), VALUES))
def test_never_raises_whatever_a_packet_holds(text: str, packet: dict[str, Any]) -> None:
    assert compile_expression(text, find)(packet) in (True, False)


@given(st.text(alphabet="ab1()[]\"'.,:=<>! xornta", max_size=60))
def test_any_text_is_an_expression_or_told_why_not(text: str) -> None:
    try:
        compile_expression(text, find)
    except BadExpression:
        return
