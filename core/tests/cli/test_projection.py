"""Operations become commands by their names, or by the words they choose."""

from collections.abc import AsyncIterator
from typing import Any

import click
import msgspec
import pytest

from microdns.cli.projection import command_tree
from microdns.operations import Call, Cli, Nothing, Operation


async def _nothing(_call: Call, _input: Nothing) -> Nothing:
    return Nothing()


async def _items(_call: Call, _input: Nothing) -> AsyncIterator[Nothing]:
    yield Nothing()


def _operation(name: str, **more: Any) -> Operation[Any, Any]:
    options: dict[str, Any] = {"summary": f"Does {name}.", "scope": "things:read", **more}
    return Operation(name=name, input=Nothing, output=Nothing, handler=_nothing, **options)


def _names(command: click.Command) -> set[str]:
    assert isinstance(command, click.Group)
    return set(command.commands)


def test_a_noun_is_a_group_of_its_verbs() -> None:
    tree = command_tree([_operation("zone.create"), _operation("zone.list")])
    assert set(tree) == {"zone"}
    assert _names(tree["zone"]) == {"create", "list"}


def test_what_remembers_takes_a_point_of_the_past() -> None:
    tree = command_tree([_operation("zone.list", remembers=True), _operation("zone.find")])
    group = tree["zone"]
    assert isinstance(group, click.Group)
    options = {name: {each.name for each in group.commands[name].params} for name in group.commands}
    assert "as_of" in options["list"]
    assert "as_of" not in options["find"]


def test_underscores_are_typed_as_hyphens() -> None:
    tree = command_tree([_operation("zone.sign_all")])
    assert _names(tree["zone"]) == {"sign-all"}


def test_a_command_that_others_extend_stays_callable_by_itself() -> None:
    tree = command_tree(
        [
            _operation("log.follow", cli=Cli(command="logs follow")),
            _operation("log.list", cli=Cli(command="logs")),
        ]
    )
    group = tree["logs"]
    assert _names(group) == {"list", "follow"}
    context = click.Context(group)
    assert isinstance(group, click.Group)
    group.parse_args(context, ["--limit", "3"])
    assert context._protected_args == ["list"]


def test_writes_can_be_tried_dry_and_reads_have_no_such_option() -> None:
    tree = command_tree([_operation("zone.create", scope="zones:write"), _operation("zone.list")])
    assert isinstance(tree["zone"], click.Group)
    options = {
        name: {option for each in command.params for option in each.opts}
        for name, command in tree["zone"].commands.items()
    }
    assert "--dry-run" in options["create"]
    assert "--dry-run" not in options["list"]
    assert "--config" in options["list"]


class Broken(msgspec.Struct):
    """An input whose type there is not."""

    field: "list[Missing]"  # type: ignore[name-defined]  # noqa: F821  (that is what is wrong)


def test_an_operation_with_a_broken_input_takes_no_other_command_down(
    capsys: pytest.CaptureFixture[str],
) -> None:
    broken: Any = Operation("toy.break", "Breaks.", Broken, Nothing, _nothing, "things:read")
    tree = command_tree([broken, _operation("zone.create"), _operation("toy.play")])
    assert set(tree) == {"zone", "toy"}
    assert _names(tree["toy"]) == {"play"}
    warning = capsys.readouterr().err
    assert warning.startswith("warning: toy.break has no command: NameError: ")
    assert len(warning.splitlines()) == 1
