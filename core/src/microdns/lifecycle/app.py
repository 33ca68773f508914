"""The server process: logging, event loop, signals, exit code."""

import gc
import logging
import os
import resource
import socket
from collections.abc import Sequence

import anyio

from microdns.lifecycle import logevents
from microdns.lifecycle.assembly import Assembly
from microdns.lifecycle.configure import assemble_file
from microdns.lifecycle.discovery import PluginError, installed_names
from microdns.lifecycle.kernel import Kernel
from microdns.lifecycle.stopping import StopSignals
from microdns.logs import Logs

log = logging.getLogger("microdns.kernel")

FILES_WANTED = 65_536
COLLECT_AFTER = 10_000
"""Objects made, and not gone, after which the young ones are looked through for garbage."""


def serve(config: str, overrides: Sequence[tuple[str, str]], wanted: Sequence[str] | None) -> int:
    """Run until SIGTERM or SIGINT; returns the exit code.

    Raises ``ConfigError``, ``PluginError``, ``StoreLocked`` or ``StorageFault`` before anything
    serves.
    """
    gc.disable()  # until all is up: what a start makes stays, and looking through it finds nothing
    try:
        return _serve_assembled(config, overrides, wanted)
    finally:
        gc.enable()


def _serve_assembled(
    config: str, overrides: Sequence[tuple[str, str]], wanted: Sequence[str] | None
) -> int:
    assembly = assemble_file(config, overrides, wanted)
    if not assembly.plugins:
        raise PluginError(
            f"{config} enables no plugin, and --plugins names none; "
            f"installed: {', '.join(installed_names()) or 'none'}"
        )
    raise_file_limit()
    # Before any thread is started: threads inherit the signal mask.
    with StopSignals() as stop:
        logs = Logs(assembly.logging)
        logs.install()
        try:
            _tell_beginning(assembly)
            return anyio.run(_serve, assembly, logs, stop, backend_options={"use_uvloop": True})
        finally:
            logs.close()


def raise_file_limit() -> None:
    """Let the process open as many files as it may, each connection being one.

    The usual soft limit of 1,024 is for programs that use select(2), which this one does not.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, FILES_WANTED) if hard != resource.RLIM_INFINITY else FILES_WANTED
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def spare_what_stays() -> None:
    """Keep the collector from looking through what has been made so far, again and again.

    Code and tables stay as long as the process does.  Requests make many objects that are gone
    when they are answered: looked through less often, fewer of them are still there to be seen.
    """
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, *gc.get_threshold()[1:])


def _tell_beginning(assembly: Assembly) -> None:
    for note in assembly.notes:
        logevents.CONFIG_NOTE(log, "%s", note)
    for failure in assembly.failures:
        logevents.PLUGIN_BROKEN(
            log,
            "plugin %s is installed but broken: %s",
            failure.name,
            failure.reason,
            plugin=failure.name,
        )


async def _serve(assembly: Assembly, logs: Logs, stop: StopSignals) -> int:
    kernel = Kernel(assembly, logs=logs)
    async with kernel.running():
        if not any(record.up for record in kernel.records.values()):
            logevents.NOTHING_RUNS(log, "no plugin could be started: leaving")
            return 1
        gc.freeze()  # nor does it later: changes would pay for looking through the whole program
        gc.enable()
        notify_service_manager("READY=1")
        spare_what_stays()
        received = await stop.wait()
        logevents.STOPPING(log, "stopping on %s", received)
        notify_service_manager("STOPPING=1")
    logevents.STOPPED(log, "stopped")
    return 0


def notify_service_manager(state: str) -> None:
    """Tell systemd (sd_notify(3)), where it asked to be told."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    target = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notifying:
        try:
            notifying.sendto(state.encode(), target)
        except OSError as error:
            logevents.NOTIFY_FAILED(log, "can't notify the service manager: %s", error)
