"""The operations of all installed plugins, for help: nothing is set up, no process is asked."""

from typing import Any

import click

from microdns.lifecycle.discovery import describe, installed_names, load_all
from microdns.lifecycle.hookcalls import HookCalls
from microdns.lifecycle.operations import kernel_operations
from microdns.operations import Operation


def declared_operations() -> list[Operation[Any, Any]]:
    """What the kernel and every installed plugin can be asked; broken plugins are named."""
    operations = kernel_operations(None)
    loaded, failures = load_all(installed_names())
    hooks = HookCalls()
    for name, each in loaded.items():
        try:
            hooks.register(each.plugin)
            operations.extend(hooks.call(each.plugin, "microdns_operations") or ())
        except Exception as error:
            _warn(name, describe(error))
    for failure in failures:
        _warn(failure.name, failure.reason)
    return operations


def _warn(name: str, reason: str) -> None:
    click.echo(f"warning: plugin {name} is broken: {reason}", err=True)
