"""Operations as commands: ``zone.create`` is ``microdns zone create``."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import click
import msgspec

from microdns.cli.caller import Caller
from microdns.cli.output import ProgressBar, rows_of, show, table
from microdns.cli.parameters import parameters, values_given
from microdns.cli.settings import common_options, settings
from microdns.errors import Invalid, Unavailable
from microdns.operations import Operation
from microdns.operations.registry import problem_of
from microdns.operations.wire import Request

Operations = Iterable[Operation[Any, Any]]


class DefaultGroup(click.Group):
    """A group that is also a command: ``microdns logs`` beside ``microdns logs follow``."""

    default: click.Command | None = None

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words = [word for word in args if not word.startswith("-")]
        names_one = bool(words) and words[0] in self.commands
        if self.default is not None and not names_one and "--help" not in args:
            args = [self.default.name or "", *args]
        return super().parse_args(ctx, args)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if self.default is not None and name == self.default.name:
            return self.default
        return super().get_command(ctx, name)


def command_tree(operations: Operations) -> Mapping[str, click.Command]:
    """Top-level commands by name, groups made as the operations' words need them."""
    root = click.Group()
    for operation in sorted(operations, key=lambda each: len(words_of(each))):
        try:
            command = _command(operation)
        except Exception as error:  # a third party's input may be anything; others go on
            reason = f"{type(error).__name__}: {error}"
            click.echo(f"warning: {operation.name} has no command: {reason}", err=True)
            continue
        _place(root, words_of(operation), command)
    return root.commands


def words_of(operation: Operation[Any, Any]) -> list[str]:
    """The words that call an operation."""
    return operation.cli.command.split() or operation.name.replace("_", "-").split(".")


def _place(group: click.Group, words: list[str], command: click.Command) -> None:
    for index, word in enumerate(words[:-1]):
        found = group.commands.get(word)
        if not isinstance(found, click.Group):
            below = common_options(
                DefaultGroup(word, help=f"Commands about {' '.join(words[: index + 1])}.")
            )
            if found is not None:
                found.name = "list"
                below.default = found
                below.add_command(found)
                below.help = found.help
            group.add_command(below)
            found = below
        group = found
    group.add_command(command)


def _command(operation: Operation[Any, Any]) -> click.Command:
    struct = operation.cli.input or operation.input
    command = click.Command(
        words_of(operation)[-1],
        params=parameters(struct, operation.cli.arguments),
        callback=_callback(operation, struct),
        help=_help(operation),
        short_help=operation.summary,
        hidden=operation.cli.hidden,
    )
    if operation.scope.endswith(":write"):
        command.params.extend(_write_options(operation))
    if operation.remembers:
        command.params.append(_AS_OF)
    return common_options(command)


_AS_OF = click.Option(
    ["--as-of"],
    metavar="POINT",
    help="As it was then: a sequence of the journal, or a time like 2026-01-31T12:00:00Z.",
)


def _write_options(operation: Operation[Any, Any]) -> list[click.Parameter]:
    options: list[click.Parameter] = [
        click.Option(["--dry-run"], is_flag=True, help="Say what would happen; store nothing."),
    ]
    if operation.conditional:
        told = "Only if the target still has this version."
        options.append(click.Option(["--if-version"], type=click.INT, help=told))
    if operation.cli.confirm:
        options.append(click.Option(["-y", "--yes"], is_flag=True, help="Do not ask."))
    return options


def _help(operation: Operation[Any, Any]) -> str:
    parts = [operation.summary, operation.description]
    if operation.examples:
        parts.append("\b\nExamples:\n" + "\n".join(f"  {line}" for line in operation.examples))
    return "\n\n".join(part for part in parts if part)


def _callback(operation: Operation[Any, Any], struct: type[msgspec.Struct]) -> Callable[..., None]:
    def run(**given: Any) -> None:
        dry_run = given.pop("dry_run", False)
        if_version = given.pop("if_version", None)
        as_of = given.pop("as_of", None) or ""
        if operation.cli.confirm and not given.pop("yes", False) and not dry_run:
            click.confirm(operation.cli.confirm.format(**given), abort=True, err=True)
        typed = _typed(operation, struct, given)
        request = Request(operation.name, msgspec.to_builtins(typed), dry_run, if_version, as_of)
        with Caller(settings()) as caller, ProgressBar() as bar:
            if operation.stream:
                _show_stream(operation, caller.stream(operation, request))
            else:
                value = caller.call(operation, request, bar.show)
                render = (dry_run and operation.cli.rehearsed) or operation.cli.render
                _show_result(operation, value, render, given.get(operation.cli.file))
                _show_consequences(caller.consequences)

    return run


def _typed(
    operation: Operation[Any, Any], struct: type[msgspec.Struct], given: dict[str, Any]
) -> msgspec.Struct:
    try:
        typed: msgspec.Struct = msgspec.convert(values_given(struct, given), struct, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid.of(problem_of(error)) from None
    return operation.cli.convert(typed) if operation.cli.convert else typed


def _show_result(
    operation: Operation[Any, Any],
    value: Any,
    render: Callable[[Any], str] | None,
    file: str | None = None,
) -> None:
    if render is not None and file:
        _write(file, render(value))
    elif render is not None and not settings().json:
        click.echo(render(value))
    else:
        show(value, as_json=settings().json, columns=operation.cli.columns)


def _show_consequences(consequences: Iterable[Mapping[str, Any]]) -> None:
    """What a dry run would lead to, for people; scripts get the same from REST."""
    for each in consequences:
        if settings().json:
            continue
        click.echo(f"{each['title']}: {each['total'] or 'none'}")
        left = each["total"] - len(each["lines"])
        for line in [*each["lines"], *([f"and {left} more"] if left > 0 else [])]:
            click.echo(f"  {line}")
        if each["note"]:
            click.echo(f"  ({each['note']})")


def _write(file: str, text: str) -> None:
    try:
        Path(file).write_text(text + "\n")
    except OSError as error:
        raise Unavailable(f"can't write {file}: {error.strerror or error}") from None


def _show_stream(operation: Operation[Any, Any], items: Iterable[Any]) -> None:
    for item in items:
        if settings().json:
            click.echo(msgspec.json.encode(item))
        elif operation.cli.render is not None:
            click.echo(operation.cli.render(item))
        else:
            rows = rows_of([item])
            lines = table(rows, operation.cli.columns)[1:] if rows and operation.cli.columns else []
            click.echo("\n".join(lines) or msgspec.json.encode(item).decode())
