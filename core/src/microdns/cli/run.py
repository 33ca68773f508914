"""``microdns run``: the server."""

import click

from microdns.cli.settings import common_options, settings


@click.command(short_help="Serve until stopped.")
@click.option(
    "-p",
    "--plugins",
    metavar="NAME,NAME",
    help="Run just these plugins and what they require; without it, those that the config enables.",
)
def run(plugins: str | None = None) -> int:
    """Serve until SIGTERM or SIGINT.

    The config is checked first; a mistake in it ends the command with exit code 2 before
    anything is opened.
    """
    from microdns.lifecycle.app import serve

    wanted = None
    if plugins is not None:
        wanted = tuple(name.strip() for name in plugins.split(",") if name.strip())
    return serve(settings().config_path, settings().overrides, wanted)


common_options(run)
