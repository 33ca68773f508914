"""The OpenAPI document as a page for people: plain HTML, without a script."""

import json
import re
from collections.abc import Iterator
from html import escape
from typing import Any
from urllib.parse import quote, urlencode

CODE = re.compile(r"`([^`]+)`")
VERBS = ("get", "post", "put", "patch", "delete")


def page_of(document: dict[str, Any]) -> str:
    """The whole page."""
    info = document["info"]
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(info['title'])} REST</title>",
            '<link rel="stylesheet" href="docs/style.css"></head><body>',
            f"<header><h1>{escape(info['title'])} {escape(info['version'])}</h1>",
            f"<p>Base path <code>{escape(document['servers'][0]['url'])}</code>. "
            '<a href="openapi.json">OpenAPI document</a>. '
            "Keys go in the header <code>X-API-Key</code>.</p></header>",
            *_index(document),
            "<main>",
            *_operations(document),
            *_schemas(document),
            "</main></body></html>",
        ]
    )


def _each(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, verbs in document["paths"].items():
        for verb in VERBS:
            if verb in verbs:
                yield verb.upper(), path, verbs[verb]


def _index(document: dict[str, Any]) -> Iterator[str]:
    yield "<nav><ul>"
    for verb, path, operation in _each(document):
        label = f'<b class="{verb}">{verb}</b> <code>{escape(path)}</code>'
        yield f'<li><a href="#{escape(operation["operationId"])}">{label}</a></li>'
    yield "</ul></nav>"


def _operations(document: dict[str, Any]) -> Iterator[str]:
    for verb, path, operation in _each(document):
        yield f'<section id="{escape(operation["operationId"])}">'
        yield f'<h2><b class="{verb}">{verb}</b> <code>{escape(path)}</code></h2>'
        yield f"<p><strong>{escape(operation['summary'])}.</strong></p>"
        for paragraph in operation["description"].split("\n\n"):
            yield "<p>" + CODE.sub(r"<code>\1</code>", escape(paragraph)) + "</p>"
        yield from _parameters(operation["parameters"])
        yield from _body(operation.get("requestBody"))
        yield from _responses(operation["responses"])
        yield from _example(verb, document["servers"][0]["url"] + path, operation)
        yield "</section>"


def _parameters(parameters: list[dict[str, Any]]) -> Iterator[str]:
    if not parameters:
        return
    yield "<table><thead><tr><th>Parameter</th><th>In</th><th>Type</th><th>Meaning</th></tr>"
    yield "</thead><tbody>"
    for each in parameters:
        name = escape(each["name"]) + (" *" if each["required"] else "")
        told = escape(each.get("description", ""))
        yield f"<tr><td><code>{name}</code></td><td>{each['in']}</td>"
        yield f"<td>{type_of(each['schema'])}</td><td>{told}</td></tr>"
    yield "</tbody></table>"


def _body(body: dict[str, Any] | None) -> Iterator[str]:
    if body is None:
        return
    content = body["content"]["application/json"]
    yield f"<p>Body: {type_of(content['schema'])}</p>"


def _example(verb: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    """A request and its answer, as far as there are examples of them."""
    answers = [
        (status, content)
        for status, response in operation["responses"].items()
        for content in response.get("content", {}).values()
        if "example" in content
    ]
    for status, content in answers:
        yield f"<details><summary>Example</summary><pre>{verb} {escape(_place(path, operation))}"
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        if "example" in body:
            yield f"\n{escape(json.dumps(body['example'], indent=2))}"
        shown = content["example"]
        text = shown if isinstance(shown, str) else json.dumps(shown, indent=2, ensure_ascii=False)
        yield f"</pre><pre>{status}\n{escape(text)}</pre></details>"


def _place(path: str, operation: dict[str, Any]) -> str:
    """The path and the query of an example."""
    query: list[tuple[str, str]] = []
    for each in operation["parameters"]:
        if "example" not in each:
            continue
        value = each["example"]
        if each["in"] == "path":
            path = path.replace("{" + each["name"] + "}", quote(str(value), safe=""))
        else:
            values = value if isinstance(value, list) else [value]
            query += [
                (each["name"], one if isinstance(one, str) else json.dumps(one)) for one in values
            ]
    return f"{path}?{urlencode(query)}" if query else path


def _responses(responses: dict[str, Any]) -> Iterator[str]:
    yield "<p>Answers: "
    told = []
    for status, response in responses.items():
        if "$ref" not in response:
            kinds = [type_of(each["schema"]) for each in response.get("content", {}).values()]
            told.append(f"<code>{status}</code> {escape(response['description'])} {''.join(kinds)}")
    others = " ".join(status for status, response in responses.items() if "$ref" in response)
    yield "; ".join(told)
    yield f"; problem details: <code>{others}</code></p>"


def _schemas(document: dict[str, Any]) -> Iterator[str]:
    for name, schema in sorted(document["components"]["schemas"].items()):
        yield f'<section id="schema-{escape(name)}"><h2>{escape(name)}</h2>'
        yield f"<p>{escape(schema.get('description', ''))}</p>"
        yield "<table><thead><tr><th>Field</th><th>Type</th><th>Meaning</th></tr></thead><tbody>"
        required = schema.get("required", [])
        for field, described in schema.get("properties", {}).items():
            mark = " *" if field in required else ""
            told = escape(described.get("description", ""))
            yield f"<tr><td><code>{escape(field)}{mark}</code></td>"
            yield f"<td>{type_of(described)}</td><td>{told}</td></tr>"
        yield "</tbody></table></section>"


def type_of(schema: dict[str, Any]) -> str:
    """A schema in a few words, with links to the named ones."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#schema-{escape(name)}">{escape(name)}</a>'
    for together in ("anyOf", "oneOf"):
        if together in schema:
            return " or ".join(type_of(each) for each in schema[together])
    if "enum" in schema:
        return " or ".join(f"<code>{escape(str(each))}</code>" for each in schema["enum"])
    if schema.get("type") == "array" and isinstance(schema.get("items"), dict):
        return f"array of {type_of(schema['items'])}"
    return escape(str(schema.get("type", "anything"))) + _bounds(schema)


def _bounds(schema: dict[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is None and high is None:
        return ""
    return f" ({'' if low is None else low}…{'' if high is None else high})"
