"""A child process with a log file: started, watched while it gets ready, and always ended."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from microdns.testing.network import free_port

READY_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 30.0
LOG_TAIL_CHARACTERS = 4000
PROGRAM_FOLDERS = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"


__all__ = ["Child", "StartFailure", "find_program", "free_port"]


class StartFailure(Exception):
    """A program did not start or did not get ready; the text ends with its log."""


def find_program(name: str) -> str | None:
    """Path of a program; servers lie in ``sbin``, which is not in everyone's PATH."""
    path = os.environ.get("PATH", "")
    return shutil.which(name, path=f"{path}:{PROGRAM_FOLDERS}")


class Child:
    """One child process in a session of its own, so that its helpers end with it."""

    def __init__(self, arguments: Sequence[str | Path], log: Path, cwd: Path | None = None) -> None:
        program = find_program(str(arguments[0]))
        if program is None:
            raise StartFailure(f"the program {arguments[0]} is not installed")
        self.arguments = [program, *map(str, arguments[1:])]
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                self.arguments,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def log_text(self) -> str:
        """What the process has written so far."""
        return self.log.read_text(errors="replace")

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Polls ``ready``; raises StartFailure when the process ends or takes too long."""
        deadline = time.monotonic() + READY_SECONDS_MAX
        while not ready():
            if self.process.poll() is not None:
                raise self._failure(f"ended with status {self.process.returncode}")
            if time.monotonic() > deadline:
                self.stop()
                raise self._failure(f"was not ready after {READY_SECONDS_MAX:.0f} s")
            time.sleep(0.02)

    def _failure(self, what: str) -> StartFailure:
        tail = self.log_text()[-LOG_TAIL_CHARACTERS:]
        return StartFailure(f"{' '.join(self.arguments)} {what}; its log ends:\n{tail}")

    def stop(self) -> int:
        """Ends the process (terminate, wait, kill) and what it started; gives its status."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._end_helpers()
        return self.process.returncode

    def _end_helpers(self) -> None:
        """The group bears the child's own id, so that this reaches nobody else's processes."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return

    def __enter__(self) -> "Child":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
