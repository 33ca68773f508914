"""What can be done to the kernel itself."""

from typing import TYPE_CHECKING, Any

from microdns.lifecycle.operations.journal import JournalOperations
from microdns.lifecycle.operations.keys import KeyOperations
from microdns.lifecycle.operations.logs import LogOperations
from microdns.lifecycle.operations.metrics import MetricOperations
from microdns.lifecycle.operations.status import StatusOperations
from microdns.lifecycle.operations.storage import StorageOperations
from microdns.operations import Operation

if TYPE_CHECKING:
    from microdns.lifecycle.kernel import Kernel


def kernel_operations(kernel: "Kernel | None") -> list[Operation[Any, Any]]:
    """The kernel's operations; without a kernel, for help only."""
    parts = (
        StatusOperations(kernel),
        JournalOperations(kernel),
        LogOperations(kernel),
        KeyOperations(kernel),
        StorageOperations(kernel),
        MetricOperations(kernel),
    )
    return [operation for part in parts for operation in part.operations()]
