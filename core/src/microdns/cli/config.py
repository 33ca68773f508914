"""``microdns config``: what the config may hold, and what it holds."""

import click
import msgspec

from microdns.cli.output import pretty
from microdns.cli.settings import common_options, settings


@click.group()
def config() -> None:
    """Show the config in force, or what it may hold."""


@config.command()
def schema() -> None:
    """Print the JSON Schema (2020-12) of the config of all installed plugins."""
    from microdns.config.schema import config_schema
    from microdns.lifecycle.configure import installed_layout

    click.echo(pretty(config_schema(installed_layout())))


@config.command()
def reference() -> None:
    """Print every key of all installed plugins, with type, bounds and default, as Markdown."""
    from microdns.config.docs import config_page
    from microdns.lifecycle.configure import installed_layout

    click.echo(config_page(installed_layout()))


@config.command()
def show() -> None:
    """Print every value in force, and where it was set; secrets are masked."""
    from microdns.config.effective import as_toml, effective
    from microdns.lifecycle.configure import configuration_of

    configuration, layout = configuration_of(settings().config_path, settings().overrides)
    values = effective(configuration, layout)
    click.echo(pretty(msgspec.to_builtins(values)) if settings().json else as_toml(values))


for _command in (config, schema, reference, show):
    common_options(_command)
