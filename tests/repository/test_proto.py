"""What is made of ``proto/`` is fresh, and fits the operations that the plugins declare."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import pytest
from tests.repository.tree import CHECKOUT

from microdns.lifecycle.discovery import installed_names, load_all
from microdns.lifecycle.operations import kernel_operations
from microdns.operations import Operation
from microdns_grpc.methods import method_for, methods

GENERATED = CHECKOUT / "plugins/grpc/src/microdns_grpc/generated"
NOT_YET = {"ClusterService"}
"""Services whose plugin is not built yet.  A name may only leave this set."""


def test_generated_modules_are_what_the_compiler_makes(tmp_path: Path) -> None:
    made = tmp_path / "generated"
    command = [sys.executable, str(CHECKOUT / "proto/generate.py"), str(made)]
    subprocess.run(command, check=True)
    fresh = {file.relative_to(made): file.read_text() for file in made.rglob("*.py")}
    kept = {file.relative_to(GENERATED): file.read_text() for file in GENERATED.rglob("*.py")}
    assert fresh == kept, "run: make proto"


def declared() -> Iterator[Operation[Any, Any]]:
    yield from kernel_operations(None)
    loaded, _ = load_all(installed_names())
    for each in loaded.values():
        hook = getattr(each.plugin, "microdns_operations", None)
        yield from hook() if hook is not None else ()


PROJECTED = [operation for operation in declared() if operation.grpc is not None]


def keys(kind: Any) -> set[str]:
    return {field.encode_name for field in msgspec.structs.fields(kind)}


@pytest.mark.parametrize("operation", PROJECTED, ids=lambda operation: operation.name)
def test_messages_have_what_the_operation_has(operation: Operation[Any, Any]) -> None:
    method = method_for(operation)
    assert method.request.keys == keys(operation.input)
    if isinstance(operation.output, type) and issubclass(operation.output, msgspec.Struct):
        assert method.reply.keys == keys(operation.output)
        items = get_type_hints(operation.output).get("items")
        if items is not None:
            (field,) = [field for field in method.reply.fields if field.key == "items"]
            assert field.nested is not None
            assert field.nested.keys == keys(items.__args__[0])


def test_every_method_has_its_operation() -> None:
    served = {operation.grpc for operation in PROJECTED}
    own = {name for name in methods() if name.startswith("OperationService/")}
    lacking = set(methods()) - served - own
    assert {name.partition("/")[0] for name in lacking} == NOT_YET
