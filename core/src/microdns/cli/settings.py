"""The options that every command takes, before or after its name."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import click

DEFAULT_CONFIG = "/etc/microdns/microdns.toml"

F = TypeVar("F", bound=click.Command)


@dataclass
class Settings:
    """Which instance is meant, and how to show what it says."""

    config: str | None = None
    overrides: list[tuple[str, str]] = field(default_factory=list)
    json: bool = False
    url: str | None = None
    key: str | None = None

    @property
    def config_path(self) -> str:
        """The config file: ``--config``, else MICRODNS_CONFIG, else the system's."""
        return self.config or os.environ.get("MICRODNS_CONFIG") or DEFAULT_CONFIG

    @property
    def address(self) -> str | None:
        """The remote instance that is meant: ``--url``, else MICRODNS_URL; None for this one."""
        return self.url or os.environ.get("MICRODNS_URL") or None


def settings() -> Settings:
    """The settings of the running command."""
    return click.get_current_context().ensure_object(Settings)


def _store(name: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    def keep(context: click.Context, _parameter: click.Parameter, value: Any) -> Any:
        found = context.ensure_object(Settings)
        if name == "overrides":
            from microdns.config.overrides import split_option

            found.overrides.extend(map(split_option, value))
        elif value:
            setattr(found, name, value)
        return value

    return keep


def _remote_options() -> list[click.Option]:
    return [
        click.Option(
            ["--url"],
            metavar="URL",
            expose_value=False,
            callback=_store("url"),
            help="Talk to a remote instance's REST interface (else MICRODNS_URL).",
        ),
        click.Option(
            ["--key"],
            metavar="KEY",
            expose_value=False,
            callback=_store("key"),
            help="Its API key (else MICRODNS_KEY, else the file in MICRODNS_KEY_FILE).",
        ),
    ]


def common_options(command: F) -> F:
    """Add ``--config``, ``--set``, ``--url``, ``--key`` and ``--json`` to a command or group."""
    command.params.extend(
        [
            click.Option(
                ["-c", "--config"],
                metavar="FILE",
                expose_value=False,
                callback=_store("config"),
                help=f"Config file (else MICRODNS_CONFIG, else {DEFAULT_CONFIG}).",
            ),
            click.Option(
                ["--set"],
                metavar="KEY=VALUE",
                multiple=True,
                expose_value=False,
                callback=_store("overrides"),
                help="Override a config key, as in --set dns.auth.listen=127.0.0.1:5300.",
            ),
            *_remote_options(),
            click.Option(
                ["--json"],
                is_flag=True,
                expose_value=False,
                callback=_store("json"),
                help="Print JSON, for scripts.",
            ),
        ]
    )
    return command
