"""What can be done to a plugin, declared once and projected onto every interface."""

from microdns.operations.model import (
    ANYTHING,
    Call,
    Cli,
    Column,
    Nothing,
    Operation,
    Progress,
    Sample,
)
from microdns.operations.registry import OperationRegistry

__all__ = [
    "ANYTHING",
    "Call",
    "Cli",
    "Column",
    "Nothing",
    "Operation",
    "OperationRegistry",
    "Progress",
    "Sample",
]
