"""What can be done to a plugin, declared once and projected onto every interface."""

from microdns.operations.model import Call, Cli, Column, Handler, Operation, StreamHandler
from microdns.operations.registry import OperationRegistry

__all__ = [
    "Call",
    "Cli",
    "Column",
    "Handler",
    "Operation",
    "OperationRegistry",
    "StreamHandler",
]
