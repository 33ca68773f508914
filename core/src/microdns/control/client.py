"""The command line's side of the local socket: blocking, and quick to import."""

import socket
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

import msgspec

from microdns.errors import Unavailable
from microdns.operations.wire import Reply, Request, error_of

ShowProgress = Callable[[int, int | None, str], None]


class NotRunning(Unavailable):
    """No process serves the socket."""

    code = "not-running"


class ControlClient:
    """A connection to a running process; raises ``NotRunning`` when there is none."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.consequences: list[Any] = []
        """What the last call would lead to, when it was a dry run."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            self._socket.close()
            raise NotRunning(
                f"no microdns process is running here (no one serves {path})"
            ) from None
        except OSError as error:
            self._socket.close()
            raise Unavailable(
                f"can't reach the process at {path}: {error.strerror or error}"
            ) from error
        self._lines = self._socket.makefile("rb")

    def __enter__(self) -> "ControlClient":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lines.close()
        self._socket.close()

    def call(self, request: Request, show: ShowProgress | None = None) -> Any:
        """The operation's output as plain JSON values; raises its error."""
        for reply in self._replies(request):
            if reply.progress is not msgspec.UNSET and show is not None:
                show(reply.progress.done, reply.progress.total, reply.progress.what)
            if reply.result is not msgspec.UNSET:
                self.consequences = reply.consequences
                return reply.result
        raise Unavailable("the server closed the connection before it answered")

    def stream(self, request: Request) -> Iterator[Any]:
        """The operation's items as plain JSON values; raises its error."""
        for reply in self._replies(request):
            if reply.end:
                return
            if reply.item is not msgspec.UNSET:
                yield reply.item
        raise Unavailable("the server closed the connection")

    def _replies(self, request: Request) -> Iterator[Reply]:
        try:
            self._socket.sendall(msgspec.json.encode(request) + b"\n")
            for line in self._lines:
                reply = msgspec.json.decode(line, type=Reply)
                if reply.error is not msgspec.UNSET:
                    raise error_of(reply.error)
                yield reply
        except OSError as error:
            raise Unavailable(f"lost the process at {self._path}: {error.strerror}") from error
