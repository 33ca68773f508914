"""What a person or a script sees: tables, facts, JSON, errors, progress."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any

import click
import msgspec

from microdns.errors import Invalid, MicroDNSError
from microdns.operations import Column

Row = Mapping[str, Any]

CELL_CHARACTERS_MAX = 80


def show(value: Any, *, as_json: bool, columns: Sequence[Column] = ()) -> None:
    """Print an operation's output (plain JSON values)."""
    if as_json:
        click.echo(pretty(value))
        return
    rows = rows_of(value)
    if rows is not None:
        _show_rows(rows, columns, value)
    elif isinstance(value, Mapping):
        _show_facts(value)
    elif value is not None:
        click.echo(str(value))


def pretty(value: Any) -> str:
    """Indented JSON."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def rows_of(value: Any) -> list[Row] | None:
    """The rows of a list, or of a page ``{"items": [...], ...}``; None for anything else."""
    items = value.get("items") if isinstance(value, Mapping) else value
    if isinstance(items, list) and all(isinstance(item, Mapping) for item in items):
        return items
    return None


def table(rows: Iterable[Row], columns: Sequence[Column]) -> list[str]:
    """Rows as lines of text, columns aligned; cells that hold control characters are escaped."""
    lines = [[column.heading for column in columns]]
    lines += [[short(cell(pick(row, column.field))) for column in columns] for row in rows]
    widths = [max(map(len, texts)) for texts in zip(*lines, strict=True)]
    return [
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]


def short(text: str) -> str:
    """A cell that leaves room for the others; ``--json`` shows all of it."""
    return text if len(text) <= CELL_CHARACTERS_MAX else text[: CELL_CHARACTERS_MAX - 1] + "…"


def pick(row: Row, field: str) -> Any:
    """The value at a dotted path, or None."""
    value: Any = row
    for part in field.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


def cell(value: Any) -> str:
    """A value as the text of one table cell."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple, dict)):  # tuples: what ran here, with no process to ask
        return msgspec.json.encode(value).decode()
    text = str(value)
    return text if text.isprintable() else text.encode("unicode_escape").decode()


def _show_rows(rows: list[Row], columns: Sequence[Column], value: Any) -> None:
    if not rows:
        click.echo("nothing found", err=True)
        return
    chosen = columns or [Column(key.upper(), key) for key in rows[0]]
    for line in table(rows, chosen):
        click.echo(line)
    total = value.get("total") if isinstance(value, Mapping) else None
    if isinstance(total, int) and total > len(rows):
        click.echo(f"({len(rows)} of {total}; see --offset and --limit)", err=True)


def _show_facts(value: Mapping[str, Any], indent: str = "") -> None:
    width = max((len(key) for key in value), default=0)
    for key, item in value.items():
        rows = rows_of(item) if item else None
        if isinstance(item, Mapping) and item:
            click.echo(f"{indent}{key}:")
            _show_facts(item, indent + "  ")
        elif rows:
            click.echo(f"{indent}{key}:")
            for line in table(rows, [Column(name.upper(), name) for name in rows[0]]):
                click.echo(f"{indent}  {line}")
        else:
            click.echo(f"{indent}{key.ljust(width)}  {cell(item)}")


def show_error(error: MicroDNSError, *, as_json: bool) -> None:
    """Print an error to the standard error stream."""
    if as_json:
        problems = error.problems if isinstance(error, Invalid) else ()
        body = {"code": error.code, "message": error.message, "problems": problems}
        click.echo(pretty({"error": msgspec.to_builtins(body)}), err=True)
        return
    lines = error.message.split("\n") if error.message else [error.code]
    click.echo("\n".join(f"error: {harmless(line)}" for line in lines), err=True)


def harmless(line: str) -> str:
    """A line for the terminal, whatever it quotes: control characters are escaped."""
    return "".join(
        each if each.isprintable() or each == "\t" else each.encode("unicode_escape").decode()
        for each in line
    )


class ProgressBar:
    """Long work on a terminal shows how far it is; elsewhere nothing is printed."""

    def __init__(self) -> None:
        self._shown = False
        self._visible = sys.stderr.isatty()

    def __enter__(self) -> "ProgressBar":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._shown:
            click.echo(err=True)

    def show(self, done: int, total: int | None, what: str) -> None:
        """Redraw the line."""
        if not self._visible:
            return
        self._shown = True
        if total:
            filled = min(30, 30 * done // total)
            bar = "#" * filled + "-" * (30 - filled)
            text = f"{what} [{bar}] {100 * done // total:3d}% {done}/{total}"
        else:
            text = f"{what} {done}"
        click.echo(f"\r\x1b[K{text}", err=True, nl=False)
