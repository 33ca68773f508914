"""Input structs become arguments and options."""

from typing import Annotated, Any, Literal

import click
import msgspec
import pytest
from click.testing import CliRunner
from msgspec import Meta

from microdns.cli.parameters import parameters, values_given


class Everything(msgspec.Struct, forbid_unknown_fields=True):
    zone_name: str
    count: Annotated[int, Meta(ge=0, le=10)]
    values: list[str]
    kind: Literal["a", "b"] | None = None
    enabled: bool = True
    tag: list[str] = []
    ttl: Annotated[int | None, Meta(description="Seconds.")] = None
    extra: dict[str, Any] = {}


def _parse(arguments: list[str]) -> tuple[int, str, dict[str, Any]]:
    seen: dict[str, Any] = {}

    def run(**given: Any) -> None:
        seen.update(values_given(Everything, given))

    command = click.Command("x", params=parameters(Everything), callback=run)
    result = CliRunner().invoke(command, arguments)
    return result.exit_code, result.output, seen


def test_required_fields_are_arguments_and_the_last_list_takes_the_rest() -> None:
    code, _, seen = _parse(["example.com", "3", "one", "two"])
    assert code == 0
    assert seen == {"zone_name": "example.com", "count": 3, "values": ["one", "two"]}


def test_optional_fields_are_options() -> None:
    code, _, seen = _parse(
        ["z", "1", "v", "--kind", "b", "--no-enabled", "--tag", "x", "--tag", "y",
         "--ttl", "60", "--extra", '{"a": [1]}']
    )  # fmt: skip
    assert code == 0
    assert seen["kind"] == "b"
    assert seen["enabled"] is False
    assert seen["tag"] == ["x", "y"]
    assert seen["ttl"] == 60
    assert seen["extra"] == {"a": [1]}


def test_an_optional_field_may_be_an_argument() -> None:
    class Export(msgspec.Struct):
        zone: str
        file: str = ""
        every: bool = False

    seen: dict[str, Any] = {}
    command = click.Command(
        "x", params=parameters(Export, ("file",)), callback=lambda **given: seen.update(given)
    )
    assert CliRunner().invoke(command, ["z"]).exit_code == 0
    assert values_given(Export, seen) == {"zone": "z"}
    assert CliRunner().invoke(command, ["z", "f"]).exit_code == 0
    assert values_given(Export, seen) == {"zone": "z", "file": "f"}
    assert "ZONE [FILE]" in CliRunner().invoke(command, ["--help"]).output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["z", "11", "v"], "0<=x<=10"),
        (["z", "x", "v"], "not a valid integer"),
        (["z", "1", "v", "--kind", "c"], "'a', 'b'"),
        (["z", "1"], "VALUES"),
        (["z", "1", "v", "--nope"], "No such option"),
    ],
)
def test_wrong_values_are_told_with_what_would_be_right(arguments: list[str], message: str) -> None:
    code, output, _ = _parse(arguments)
    assert code == 2
    assert message in output


def test_help_has_the_description() -> None:
    _, output, _ = _parse(["--help"])
    assert "Seconds." in output
    assert "ZONE_NAME COUNT VALUES..." in output
