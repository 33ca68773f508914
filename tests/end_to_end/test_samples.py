"""The examples of operations: each has one, it fits its schema, and the server answers like it."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import jsonschema
import msgspec
import pytest

from microdns.lifecycle.kernel import Kernel
from microdns.operations import Operation
from microdns.testing import LoopbackNetwork, run_kernel
from microdns_auth.plugin import AuthPlugin
from microdns_dhcp4.plugin import Dhcp4Plugin
from microdns_dns.plugin import DnsPlugin
from microdns_registration.plugin import RegistrationPlugin
from microdns_rest.openapi import Document
from microdns_rest.plugin import RestPlugin
from microdns_rest.shape import PLACEHOLDER, Shape
from microdns_slaac.operations import Operations as SlaacOperations

pytestmark = pytest.mark.anyio

CONFIG = """
[dns.auth]
enabled = true
[dhcp.v4]
enabled = true
[dhcp.dns_registration]
enabled = true
forward_zone = "lan.example.com"
[api.rest]
api_key = "k"
"""
ZONE = "$TTL 300\n@ SOA ns1 hostmaster 1 3600 900 604800 60\n@ NS ns1\nns1 A 192.0.2.53\n"
"""Leases are registered in it; ``lan.example.com``, which no example is about."""

IN_TURN = [
    "health.get",
    "status.get",
    "plugin.list",
    "metric.list",
    "log.level",
    "key.create",
    "key.list",
    "key.delete",
    "zone.create",
    "zone.list",
    "zone.get",
    "zone.update",
    "record.create",
    "record.list",
    "record.get",
    "record.patch",
    "record.update",
    "record.history",
    "record.changes",
    "query.explain",
    "zone.export",
    "record.delete",
    "journal.list",
    "zone.history",
    "change.undo",
    "zone.import",
    "cache.flush",
    "query.stats",
    "query.top",
    "zone.delete",
    "pool.create",
    "pool.list",
    "pool.get",
    "pool.update",
    "lease.add",
    "lease.list",
    "lease.get",
    "lease.history",
    "lease.journal",
    "registration.status",
    "registration.reconcile",
    "registration.get",
    "registration.list",
    "lease.release",
    "lease.delete",
    "reservation.create",
    "reservation.list",
    "reservation.get",
    "reservation.update",
    "reservation.delete",
    "client_class.create",
    "client_class.list",
    "client_class.update",
    "client_class.delete",
    "dhcp_options.set",
    "dhcp_options.get",
    "pool.delete",
    "plugin.stop",
    "plugin.start",
]
"""Examples that are carried out: each finds what those before it have made."""

NOT_CARRIED_OUT = {
    "journal.follow": "has no end",
    "log.follow": "has no end",
    "log.list": "is about the log of a process",
    "zone.transfer": "needs a primary",
    "lease.expire": "needs another lease",
    "registration.conflicts": "needs a conflict",
    "slaac.list": "needs an interface",
    "slaac.advertise": "needs an interface",
}
FREE = frozenset({"facts", "fields", "labels", "rcodes", "types", "points", "names", "clients"})
"""Fields whose content differs from server to server."""
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@asynccontextmanager
async def everything() -> AsyncIterator[tuple[Kernel, httpx.AsyncClient]]:
    network = LoopbackNetwork()
    plugins = [RestPlugin(), DnsPlugin(), AuthPlugin(), Dhcp4Plugin(), RegistrationPlugin()]
    async with run_kernel(plugins, CONFIG, network=network) as kernel:
        host, port = network.bound[("0.0.0.0", 8080)]
        base = f"http://{host}:{port}/api/v1"
        async with httpx.AsyncClient(
            base_url=base, headers={"X-API-Key": "k"}, timeout=60
        ) as client:
            yield kernel, client


def with_http(kernel: Kernel) -> list[Operation[Any, Any]]:
    found = [*kernel.operations, *SlaacOperations().declare()]
    return [operation for operation in found if operation.http is not None]


def checked(document: dict[str, Any], schema: Any, value: Any, where: str) -> None:
    """Raise AssertionError unless a value fits a schema of the document."""
    whole = {"components": document["components"], "allOf": [schema]}
    error = jsonschema.exceptions.best_match(
        jsonschema.Draft202012Validator(whole).iter_errors(value)
    )
    assert error is None, f"{where}: {error.message if error else ''}"


async def test_each_operation_has_an_example_that_fits_its_schema() -> None:
    async with everything() as (kernel, _):
        operations = with_http(kernel)
    without = [each.name for each in operations if each.sample is None]
    assert not without, f"declare a sample=Sample(input, output) of {', '.join(without)}"
    document = Document([Shape(each) for each in operations]).build("/api/v1")
    for path, verbs in document["paths"].items():
        for verb, described in verbs.items():
            where = f"{verb.upper()} {path}"
            for each in described["parameters"]:
                if each["in"] == "path" or "example" in each:
                    checked(document, each["schema"], each["example"], f"{where}, {each['name']}")
            if "requestBody" in described:
                body = described["requestBody"]["content"]["application/json"]
                checked(document, body["schema"], body["example"], f"{where}, body")
            answers = [
                (kind, content)
                for response in described["responses"].values()
                for kind, content in response.get("content", {}).items()
                if "example" in content
            ]
            assert len(answers) == 1, where
            for kind, content in answers:
                if kind == "application/json":
                    checked(document, content["schema"], content["example"], f"{where}, answer")


async def test_examples_are_of_the_operations_types() -> None:
    async with everything() as (kernel, _):
        operations = with_http(kernel)
    for each in operations:
        assert each.sample is not None
        msgspec.convert(each.sample.input, each.input)
        msgspec.convert(each.sample.output, each.output)


async def test_every_example_is_carried_out_or_there_is_a_reason() -> None:
    async with everything() as (kernel, _):
        names = {each.name for each in with_http(kernel)}
    assert names == {*IN_TURN, *NOT_CARRIED_OUT}


async def test_the_server_answers_as_the_examples_say() -> None:
    known: dict[Any, Any] = {}
    async with everything() as (kernel, client):
        await client.post("/zones/import", json={"zone": "lan.example.com", "text": ZONE})
        for name in IN_TURN:
            operation = kernel.operations.get(name)
            assert operation.sample is not None
            wanted = put_in(operation.sample.input, known)
            verb, path, left = request_of(operation, wanted)
            if Shape(operation).has_body:
                answer = await client.request(verb, path, json=left)
            else:
                answer = await client.request(verb, path, params=left)
            assert answer.is_success, f"{name}: {answer.text}"
            if operation.stream:
                continue
            learn(operation.sample.output, answer.json(), known)
            if name not in ("health.get", "log.level"):
                assert form_of(answer.json()) == form_of(operation.sample.output), name


def request_of(operation: Operation[Any, Any], wanted: Any) -> tuple[str, str, dict[str, Any]]:
    """Verb, path, and what goes into the query or the body."""
    verb, _, path = (operation.http or "").partition(" ")
    left = dict(wanted)
    for name in PLACEHOLDER.findall(path):
        path = path.replace("{" + name + "}", str(left.pop(name)))
    return verb, path, left


def put_in(value: Any, known: dict[Any, Any]) -> Any:
    """An example's input with the ids and sequences that there are now."""
    if isinstance(value, dict):
        return {
            name: known.get(("sequence", each), each) if name == "sequence" else put_in(each, known)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [put_in(each, known) for each in value]
    return known.get(value, value) if isinstance(value, str) else value


def learn(shown: Any, got: Any, known: dict[Any, Any]) -> None:
    """Note which id stands for which."""
    if isinstance(shown, dict) and isinstance(got, dict):
        for name in shown.keys() & got.keys():
            if name == "sequence":
                known["sequence", shown[name]] = got[name]
            learn(shown[name], got[name], known)
    elif isinstance(shown, list) and isinstance(got, list):
        for one, other in zip(shown, got, strict=False):
            learn(one, other, known)
    elif isinstance(shown, str) and UUID.fullmatch(shown):
        known[shown] = got


def form_of(value: Any) -> Any:
    """Which fields there are, down to the first item of lists."""
    if isinstance(value, dict):
        return {name: name in FREE or form_of(each) for name, each in value.items()}
    if isinstance(value, list):
        return [form_of(each) for each in value[:1]]
    return None
