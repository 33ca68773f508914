"""``microdns check``: would it start?"""

import click

from microdns.cli.output import show
from microdns.cli.settings import common_options, settings


@click.command(short_help="Check the config without starting.")
@click.option("-p", "--plugins", metavar="NAME,NAME", help="Check as for run --plugins.")
def check(plugins: str | None) -> None:
    """Read the config as `microdns run` would, and report every mistake in it."""
    from microdns.lifecycle.configure import assemble_file

    wanted = None if plugins is None else tuple(filter(None, plugins.split(",")))
    assembly = assemble_file(settings().config_path, settings().overrides, wanted)
    if settings().json:
        show({"ok": True, "plugins": list(assembly.plugins)}, as_json=True)
        return
    for note in assembly.notes:
        click.echo(f"note: {note}", err=True)
    for failure in assembly.failures:
        click.echo(f"warning: plugin {failure.name} is broken: {failure.reason}", err=True)
    click.echo(f"{settings().config_path}: good; runs {', '.join(assembly.plugins) or 'no plugin'}")


common_options(check)
