"""The command ``microdns``: parses the line, runs a command, turns errors into exit codes.

Exit codes: 0 done, 1 failed, 2 wrong command line or config, 3 not found, 4 conflict, 5 invalid
input, 6 denied, 7 not running or unavailable, 8 too large, 130 interrupted.
"""

import os
import sys
from collections.abc import Mapping, Sequence

import click

from microdns import __version__
from microdns.cli.output import show_error
from microdns.cli.settings import Settings, common_options
from microdns.errors import MicroDNSError

OWN_COMMANDS = {
    "run": "microdns.cli.run:run",
    "check": "microdns.cli.check:check",
    "config": "microdns.cli.config:config",
    "restore": "microdns.cli.storage:restore",
    "import": "microdns.cli.storage:import_",
    "completion": "microdns.cli.completion:completion",
}


class Root(click.Group):
    """Own commands are imported when they are called; the others come from operations."""

    _found: Mapping[str, click.Command] | None = None

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*OWN_COMMANDS, *self._projected()})

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name in OWN_COMMANDS:
            return _imported(OWN_COMMANDS[name])
        # The kernel's own commands answer quicker than plugins can be imported.
        return self._of_kernel().get(name) or self._projected().get(name)

    def _of_kernel(self) -> Mapping[str, click.Command]:
        from microdns.cli.projection import command_tree
        from microdns.lifecycle.operations import kernel_operations

        return command_tree(kernel_operations(None))

    def _projected(self) -> Mapping[str, click.Command]:
        from microdns.cli.declared import declared_operations
        from microdns.cli.projection import command_tree

        if self._found is None:
            self._found = command_tree(declared_operations())
        return self._found


def _imported(reference: str) -> click.Command:
    from importlib import import_module

    module, _, name = reference.partition(":")
    command = getattr(import_module(module), name)
    if not isinstance(command, click.Command):
        raise TypeError(f"{reference} is not a command")
    return command


@click.command(cls=Root, invoke_without_command=True, context_settings={"max_content_width": 100})
@click.version_option(__version__, prog_name="microdns")
@click.pass_context
def cli(context: click.Context) -> None:
    """Names and addresses for a network, from one process.

    `microdns run` serves; the other commands talk to the running process through its local
    socket, which they find by the config file.
    """
    if context.invoked_subcommand is not None:
        return
    if context.ensure_object(Settings).config is None:
        click.echo(context.get_help())
        context.exit(0)
    # `microdns --config FILE` alone serves, as it always did.
    context.invoke(_imported(OWN_COMMANDS["run"]))


common_options(cli)


def main() -> None:
    """The console script."""
    _open_standard_streams()
    sys.exit(run_line(sys.argv[1:]))


def _open_standard_streams() -> None:
    """Give closed standard streams ``/dev/null``.

    Otherwise files and sockets opened later take their numbers, and whatever a library writes to
    its standard error would land in the database.
    """
    for descriptor, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(descriptor)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)  # takes the lowest free number: this one
            if opened != descriptor:
                os.dup2(opened, descriptor)
                os.close(opened)
            os.set_inheritable(descriptor, True)
            setattr(sys, name, open(descriptor, mode, encoding="utf-8"))  # noqa: SIM115 (kept open)


def run_line(arguments: Sequence[str]) -> int:
    """Run one command line; returns the exit code."""
    settings = Settings()
    try:
        result = cli.main(
            list(arguments), prog_name="microdns", standalone_mode=False, obj=settings
        )
    except MicroDNSError as error:
        show_error(error, as_json=settings.json)
        return error.exit_code
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.Abort:
        click.echo("interrupted", err=True)
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader (head, less) has left; keep the interpreter from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return result if isinstance(result, int) else 0
