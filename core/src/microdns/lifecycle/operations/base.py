"""Common ground of the kernel's operations."""

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from microdns.lifecycle.kernel import Kernel


class KernelOperations:
    """Handlers that need the kernel; made without one when only their declarations are wanted."""

    def __init__(self, kernel: "Kernel | None") -> None:
        self._maybe = kernel

    @property
    def _kernel(self) -> "Kernel":
        if self._maybe is None:
            raise RuntimeError("declared for help only")
        return self._maybe


def rfc3339(time_ns: int) -> str:
    """Unix nanoseconds as ``2026-11-22T20:00:00Z``."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time_ns // 1_000_000_000))
