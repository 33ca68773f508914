"""Where a command's operation runs: in the running process, here without one, or remotely."""

from collections.abc import Iterator
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any

import anyio
import msgspec

from microdns.cli.settings import Settings
from microdns.control.client import ControlClient, NotRunning, ShowProgress
from microdns.operations import Call, Operation
from microdns.operations.wire import Request
from microdns.points import point_of

if TYPE_CHECKING:
    from microdns.cli.remote import RemoteClient


class Caller:
    """Calls operations for the command line."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: ControlClient | None = None
        self.consequences: list[Any] = []
        """What the last call would lead to, when it was a dry run."""

    def __enter__(self) -> "Caller":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._client is not None:
            self._client.__exit__(kind, error, trace)

    def call(
        self, operation: Operation[Any, Any], request: Request, show: ShowProgress | None = None
    ) -> Any:
        """The output as plain JSON values; raises the operation's error."""
        remote = self._remote()
        if remote is not None:
            value = remote.call(operation, request)
            self.consequences = remote.consequences
            return value
        try:
            client = self._connected()
        except NotRunning as missing:
            if not operation.offline:
                raise NotRunning(f"{missing}; {operation.name} needs one: microdns run") from None
            return anyio.run(self._call_here, request, show)
        value = client.call(request, show)
        self.consequences = client.consequences
        return value

    def stream(self, operation: Operation[Any, Any], request: Request) -> Iterator[Any]:
        """The items as plain JSON values, until the operation ends or the user interrupts."""
        remote = self._remote()
        if remote is not None:
            return remote.stream(operation, request)
        return self._connected().stream(request)

    def _remote(self) -> "RemoteClient | None":
        """The instance that ``--url`` names, if it is given."""
        if self._settings.address is None:
            return None
        from microdns.cli.remote import RemoteClient, key_from

        return RemoteClient(self._settings.address, key_from(self._settings.key))

    def _connected(self) -> ControlClient:
        if self._client is None:
            from microdns.lifecycle.configure import control_socket_of

            self._client = ControlClient(
                str(control_socket_of(self._settings.config_path, self._settings.overrides))
            )
        return self._client

    async def _call_here(self, request: Request, show: ShowProgress | None) -> Any:
        """Open the store in this process, for one operation."""
        from microdns.cli.local import local_principal
        from microdns.lifecycle.configure import assemble_file
        from microdns.lifecycle.kernel import Kernel
        from microdns.operations.rehearsal import rehearse

        assembly = assemble_file(self._settings.config_path, self._settings.overrides)
        async with Kernel(assembly).running(listen=False) as kernel:
            as_of = point_of(request.as_of) if request.as_of else None
            call = Call(local_principal(), request.dry_run, request.if_version, as_of=as_of)
            if show is not None:
                call = replace(call, progress=show)
            if not request.dry_run:
                outcome = await kernel.operations.call(request.operation, request.input, call)
                return msgspec.to_builtins(outcome, enc_hook=str)
            tried = await rehearse(kernel.operations, request.operation, request.input, call)
            self.consequences = msgspec.to_builtins(tried.consequences, enc_hook=str)
            return msgspec.to_builtins(tried.result, enc_hook=str)
