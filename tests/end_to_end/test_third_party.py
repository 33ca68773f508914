"""The tutorial's plugin, installed from its wheel, in every interface without a line for any.

Its one dependency is the kernel; each operation that it declares is in REST, in OpenAPI, on the
command line, and over gRPC by name.
"""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from tests.environments import LOCK, Environment, build, make_environment, uv
from tests.peers.process import Child, free_port
from tests.repository.tree import CHECKOUT, load, plugins, tracked

from microdns_grpc.generated.microdns import v1
from microdns_grpc.methods import methods

KEY = "one key for all interfaces"
CONFIG = """
[database]
path = "data"

[notes]
enabled = true

[api.rest]
enabled = true
listen = "127.0.0.1:{rest}"
api_key = "{key}"

[api.grpc]
enabled = true
listen = "127.0.0.1:{grpc}"
"""


class Instance:
    """A running server with the third party's plugin, and each way to reach it."""

    def __init__(self, environment: Environment, folder: Path) -> None:
        self._environment = environment
        self._config = folder / "microdns.toml"
        self._rest, self._grpc = free_port(), free_port()
        self._config.write_text(CONFIG.format(rest=self._rest, grpc=self._grpc, key=KEY))
        self.base = f"http://127.0.0.1:{self._rest}"
        command: list[str | Path] = [environment.program("microdns"), "run"]
        command += ["--config", self._config]
        self.process = Child(command, folder / "log", cwd=folder)

    def command(self, *words: str) -> str:
        done = self._environment.run(self._environment.program("microdns"), *words)
        assert done.returncode == 0, done.stderr + self.process.log_text()
        return done.stdout

    def locally(self, *words: str) -> str:
        return self.command(*words, "--config", str(self._config))

    def ready(self) -> bool:
        try:
            health = json.loads(self.rest("GET", "/health"))
        except OSError:
            return False
        return bool(health["status"] == "ok")

    def rest(self, verb: str, path: str, body: Any = None) -> str:
        data = None if body is None else json.dumps(body).encode()
        headers = {"X-API-Key": KEY, "Content-Type": "application/json"}
        url = f"{self.base}/api/v1{path}"
        request = urllib.request.Request(url, data, headers, method=verb)
        with urllib.request.urlopen(request, timeout=60) as answer:
            text: str = answer.read().decode()
        return text

    def grpc(self, name: str, request: Any, key: str = KEY) -> Any:
        method = methods()[f"OperationService/{name}"]
        with grpc.insecure_channel(f"127.0.0.1:{self._grpc}") as channel:
            octets = channel.unary_unary(method.path)(
                bytes(request), metadata=[("x-api-key", key)], timeout=60
            )
        return method.reply.kind.parse(octets)


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    folder = tmp_path_factory.mktemp("third-party")
    ours = [each for each in plugins() if each.folder.name in ("rest", "grpc")]
    environment = make_environment(folder / "environment", ours)
    tutorial = load(CHECKOUT / "docs" / "tutorial")
    assert [text.partition(">")[0] for text in tutorial.dependencies] == ["microdns-core"]
    files = [file for file in tracked() if file.is_relative_to(tutorial.folder)]
    build(tutorial, files, folder / "wheel")
    (wheel,) = (folder / "wheel").glob("*.whl")
    target = ("--python", str(environment.python), "--constraints", str(LOCK))
    uv("pip", "install", *target, "--no-deps", str(wheel))
    running = Instance(environment, folder)
    try:
        running.process.wait_until(running.ready)
        yield running
    finally:
        running.process.stop()


def test_an_operation_is_a_command_here_and_from_afar(instance: Instance) -> None:
    instance.locally("note", "set", "local.example", "rack 4")
    remote = ("--url", instance.base, "--key", KEY)
    instance.command("note", "set", "remote.example", "rack 5", *remote)
    shown = instance.command("note", "list", *remote)
    assert "local.example   rack 4" in shown
    assert "remote.example  rack 5" in shown


def test_an_operation_is_a_path_and_a_schema(instance: Instance) -> None:
    made = json.loads(instance.rest("PUT", "/notes/rest.example", {"text": "rack 6"}))
    assert made == {"name": "rest.example", "text": "rack 6"}
    assert made in json.loads(instance.rest("GET", "/notes"))
    document = json.loads(instance.rest("GET", "/openapi.json"))
    assert document["paths"]["/notes/{name}"]["put"]["summary"] == "Set the note about a name"
    assert set(document["paths"]["/notes/{name}"]) == {"put", "delete"}


def test_an_operation_is_called_by_its_name_over_grpc(instance: Instance) -> None:
    listed = instance.grpc("ListOperations", v1.ListOperationsRequest())
    ours = {each.name: each for each in listed.items if each.plugin == "notes"}
    assert set(ours) == {"note.set", "note.list", "note.delete"}
    assert "text" in ours["note.set"].input_schema_json
    wanted = json.dumps({"name": "grpc.example", "text": "rack 7"})
    tried = instance.grpc("Call", v1.CallRequest("note.set", wanted, dry_run=True))
    assert json.loads(tried.changes_json[0])["type"] == "note.changed"
    made = instance.grpc("Call", v1.CallRequest("note.set", wanted))
    assert json.loads(made.output_json) == {"name": "grpc.example", "text": "rack 7"}
    found = json.loads(instance.grpc("Call", v1.CallRequest("note.list")).output_json)
    assert json.loads(made.output_json) in found


def test_the_key_of_one_interface_is_asked_for_by_the_other(instance: Instance) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        instance.grpc("Call", v1.CallRequest("note.list"), key="wrong")
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
