"""The OpenAPI 3.1 document: what is served, for programs."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from microdns import __version__
from microdns.errors import Problem
from microdns.points import FORM
from microdns_rest.handlers import DryRun, success_of
from microdns_rest.problems import PROBLEM_JSON, ProblemDetails
from microdns_rest.shape import AS_OF, DRY_RUN, Shape

TEMPLATE = "#/components/schemas/{name}"
JSON = "application/json"
VERSION = {"type": "integer", "minimum": 0}

FAILURES: dict[str, tuple[HTTPStatus, str]] = {
    "Malformed": (HTTPStatus.BAD_REQUEST, "The request does not have the form described here."),
    "Unauthenticated": (HTTPStatus.UNAUTHORIZED, "A valid key is needed."),
    "Denied": (HTTPStatus.FORBIDDEN, "The key is not for this."),
    "NotFound": (HTTPStatus.NOT_FOUND, "It does not exist, or is not for this key."),
    "Conflict": (HTTPStatus.CONFLICT, "It contradicts what is there."),
    "Gone": (HTTPStatus.GONE, "The journal does not reach back that far any more."),
    "Outdated": (HTTPStatus.PRECONDITION_FAILED, "It has changed since (If-Match)."),
    "TooLarge": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "A limit would be exceeded."),
    "Unsupported": (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body must be JSON."),
    "Invalid": (HTTPStatus.UNPROCESSABLE_ENTITY, "The values can't be accepted."),
    "Throttled": (HTTPStatus.TOO_MANY_REQUESTS, "Too many requests or failed attempts."),
    "Internal": (HTTPStatus.INTERNAL_SERVER_ERROR, "A defect; the log has the id."),
    "Unavailable": (HTTPStatus.SERVICE_UNAVAILABLE, "Something needed does not work now."),
}
WRITES_ONLY = {"Conflict", "Outdated", "Unsupported"}


class Document:
    """Builds the document for a set of operations."""

    def __init__(self, shapes: Iterable[Shape]) -> None:
        self._shapes = sorted(shapes, key=lambda shape: (shape.path, shape.verb))
        self._bodies = {
            shape.operation.name: shape.body for shape in self._shapes if shape.has_body
        }
        self._schemas, self._components = self._describe()

    def build(self, base: str) -> dict[str, Any]:
        """The whole document; ``base`` is the path that all others are below."""
        paths: dict[str, Any] = {}
        for shape in self._shapes:
            paths.setdefault(shape.path, {})[shape.verb.lower()] = self._operation(shape)
        return {
            "openapi": "3.1.0",
            "info": {
                "title": "MicroDNS",
                "version": __version__,
                "license": {"name": "MIT", "identifier": "MIT"},
                "description": "Operations of the plugins that run.",
            },
            "servers": [{"url": base}],
            "security": [{"ApiKey": []}, {"Bearer": []}],
            "paths": paths,
            "components": {
                "schemas": self._components,
                "responses": {name: self._failure(name) for name in FAILURES},
                "securitySchemes": {
                    "ApiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                    "Bearer": {"type": "http", "scheme": "bearer"},
                },
            },
        }

    def _describe(self) -> tuple[dict[Any, Any], dict[str, Any]]:
        """A schema for each type that occurs, and the components that they refer to."""
        types: dict[str, Any] = {"failure": ProblemDetails, "dry": DryRun, "problem": Problem}
        for shape in self._shapes:
            name = shape.operation.name
            types[f"{name}>"] = shape.operation.output
            if shape.has_body:
                types[f"{name}<"] = self._bodies[name]
            for field in (*shape.in_path, *shape.in_query):
                types[f"{name}<{field.name}"] = shape.types[field.name]
        found, components = msgspec.json.schema_components(
            types.values(), ref_template=TEMPLATE, schema_hook=lambda _type: {}
        )
        return dict(zip(types, found, strict=True)), components

    def _operation(self, shape: Shape) -> dict[str, Any]:
        operation = shape.operation
        described: dict[str, Any] = {
            "operationId": operation.name.replace(".", "_"),
            "summary": operation.summary.rstrip("."),
            "description": description_of(shape),
            "tags": [operation.name.partition(".")[0]],
            "parameters": self._parameters(shape),
            "responses": self._responses(shape),
        }
        if shape.has_body:
            described["requestBody"] = self._body(shape)
        if not operation.scope:
            described["security"] = []
        return described

    def _parameters(self, shape: Shape) -> list[dict[str, Any]]:
        name, sample = shape.operation.name, input_of(shape)
        found = [
            _parameter("path", field.encode_name, self._schemas[f"{name}<{field.name}"], True)
            for field in shape.in_path
        ]
        found += [
            _parameter(
                "query", field.encode_name, self._schemas[f"{name}<{field.name}"], field.required
            )
            for field in shape.in_query
        ]
        for each in found:
            if each["name"] in sample:
                each["example"] = sample[each["name"]]
        if shape.rehearses:
            told = "Compute everything, store nothing, and tell what would change."
            found.append(_parameter("query", DRY_RUN, {"type": "boolean", "description": told}))
        if shape.remembers:
            told = (
                "Answer as at this point of the past: a sequence of the journal (what it was after "
                "that entry), or a time (RFC 3339)."
            )
            found.append(_parameter("query", AS_OF, _text(told, f"^{FORM}$")))
        if shape.writes and shape.operation.conditional:
            told = "An ETag: do it only if nothing has changed since."
            found.append(_parameter("header", "If-Match", _text(told, '^("[0-9]{1,18}"|\\*)$')))
        if shape.writes:
            told = "Made up by the client; a second request with it gets the first one's answer."
            found.append(_parameter("header", "Idempotency-Key", _text(told, "^[!-~]{1,255}$")))
        return found

    def _body(self, shape: Shape) -> dict[str, Any]:
        content: dict[str, Any] = {"schema": self._schemas[f"{shape.operation.name}<"]}
        if shape.operation.sample is not None:
            names = {field.encode_name for field in shape.in_body}
            content["example"] = {
                name: value for name, value in input_of(shape).items() if name in names
            }
        required = any(field.required for field in shape.in_body)
        return {"required": required, "content": {JSON: content}}

    def _responses(self, shape: Shape) -> dict[str, Any]:
        operation = shape.operation
        schema: Any = self._schemas[f"{operation.name}>"]
        status = str(success_of(operation))
        kind = "text/event-stream" if operation.stream else JSON
        dry = self._schemas["dry"]
        responses: dict[str, Any] = {}
        if shape.rehearses and status == "200":
            schema = {"anyOf": [schema, dry]}
        elif shape.rehearses:
            responses["200"] = _response("What would happen (dry_run).", JSON, dry)
        if operation.stream:
            # Not "string": those who check answers by the schema look at each event, an object.
            schema = {"description": "Server-Sent Events, the data of each being JSON."}
        responses[status] = _response("Done.", kind, schema)
        if operation.sample is not None:
            shown = operation.sample.output
            shown = event_text(shown) if operation.stream else shown
            responses[status]["content"][kind]["example"] = shown
        if not shape.writes:
            responses["304"] = {"description": "The client has it already (If-None-Match)."}
        for name, (failure, _) in FAILURES.items():
            if shape.writes or name not in WRITES_ONLY:
                ref = {"$ref": f"#/components/responses/{name}"}
                responses[str(failure.value)] = ref
        return responses

    def _failure(self, name: str) -> dict[str, Any]:
        return _response(FAILURES[name][1], PROBLEM_JSON, self._schemas["failure"])


def input_of(shape: Shape) -> Mapping[str, Any]:
    """An operation's example, as far as there is one."""
    sample = shape.operation.sample
    return {} if sample is None else sample.input


def event_text(item: Any) -> str:
    """An item of a stream as it is sent."""
    head = "".join(
        f"{field}: {item[name]}\n"
        for field, name in (("id", "sequence"), ("event", "type"))
        if name in item
    )
    return f"{head}data: {msgspec.json.encode(item).decode()}\n\n"


def description_of(shape: Shape) -> str:
    """An operation's description with its scope and command lines, in Markdown."""
    operation = shape.operation
    parts = [operation.description] if operation.description else []
    parts.append(f"Scope: `{operation.scope}`." if operation.scope else "No key is needed.")
    parts += [f"Command line: `{example}`" for example in operation.examples]
    return "\n\n".join(parts)


def _parameter(place: str, name: str, schema: Any, required: bool = False) -> dict[str, Any]:
    schema = without_null(schema)
    found = {"in": place, "name": name, "required": required, "schema": schema}
    if "description" in schema:
        found["description"] = schema["description"]
    return found


def without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter: one that is left out is null already."""
    if "anyOf" not in schema:
        return {key: value for key, value in schema.items() if key != "default"}
    rest = [each for each in schema["anyOf"] if each != {"type": "null"}]
    outer = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    return {**outer, **rest[0]} if len(rest) == 1 else {**outer, "anyOf": rest}


def _text(description: str, pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": pattern, "description": description}


def _response(description: str, kind: str, schema: Any) -> dict[str, Any]:
    return {"description": description, "content": {kind: {"schema": schema}}}
