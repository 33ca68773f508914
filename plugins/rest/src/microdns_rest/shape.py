"""Where an operation's input is found in a request: path, query and body.

Fields named in the path come from there.  The others are a JSON body (POST, PUT, PATCH) or query
parameters (GET, DELETE).  What is not known is refused, wherever it stands.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, TypeVar, get_type_hints

import msgspec
from msgspec.structs import FieldInfo, fields

from microdns.errors import Invalid, Problem
from microdns.operations import Operation
from microdns.operations.registry import problem_of
from microdns.points import WRITE, Point, looks_like_point, point_of

T = TypeVar("T")

PLACEHOLDER = re.compile(r"\{(\w+)\}")
FORM = re.compile(r"(GET|POST|PUT|PATCH|DELETE) (/([\w.~-]+|\{\w+\}))+")
DRY_RUN = "dry_run"
AS_OF = "as_of"
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class Malformed(Invalid):
    """The request does not have the form that the operation's input asks for."""

    code = "malformed"


class Unsupported(Malformed):
    """The body is of another media type."""

    code = "unsupported-media-type"


class Shape:
    """Verb, path and fields of an operation over HTTP.

    Raises ValueError when the operation's ``http`` is not a verb and a path, or names a field that
    its input does not have.
    """

    def __init__(self, operation: Operation[Any, Any]) -> None:
        if FORM.fullmatch(operation.http or "") is None:
            raise ValueError(f"{operation.name}: {operation.http!r} is not a verb and a path")
        self.operation = operation
        self.verb, _, self.path = (operation.http or "").partition(" ")
        hints = get_type_hints(operation.input, include_extras=True)
        self.types = {field.name: hints[field.name] for field in fields(operation.input)}
        self._kinds = {field.encode_name: hints[field.name] for field in fields(operation.input)}
        named = PLACEHOLDER.findall(self.path)
        if not set(named) <= set(self.types):
            raise ValueError(f"{operation.name}: {self.path} names a field that there is not")
        self.in_path = [each for each in fields(operation.input) if each.name in named]
        self._places = {name: f"place{number}" for number, name in enumerate(named)}
        rest = [each for each in fields(operation.input) if each.name not in named]
        self.has_body = self.verb in WITH_BODY and bool(rest)
        self.in_body = rest if self.has_body else []
        self.in_query = [] if self.has_body else rest
        self.writes = operation.scope.endswith(":write")
        self.rehearses = self.writes and operation.rehearses
        self.remembers = operation.remembers and not self.writes
        self._common = {DRY_RUN} if self.rehearses else {AS_OF} if self.remembers else set()
        self._known = {field.encode_name for field in self.in_query}
        self._many = {field.encode_name for field in self.in_query if _is_list(field.type)}

    @property
    def route(self) -> str:
        """The path for litestar.

        It wants one name for all placeholders at the same place, so they are called by that.
        """
        return PLACEHOLDER.sub(lambda found: f"{{{self._places[found[1]]}:str}}", self.path)

    def matching(self, base: str) -> re.Pattern[str]:
        """What the paths of this operation look like, below ``base``."""
        parts = re.split(r"\{\w+\}", self.path)
        return re.compile(base + "[^/]+".join(map(re.escape, parts)))

    def input(
        self, path: Mapping[str, str], query: Iterable[tuple[str, str]], body: bytes
    ) -> msgspec.Struct:
        """The operation's input; raises ``Malformed`` naming the field."""
        if self.has_body:
            return self._with_body(path, query, body)
        given = {name: self._typed(name, value) for name, value in self._query(query).items()}
        for field in self.in_path:
            text = path[self._places[field.name]]
            given[field.encode_name] = self._typed(field.encode_name, text)
        try:
            found: msgspec.Struct = msgspec.convert(
                msgspec.to_builtins(given), self.operation.input
            )
        except msgspec.ValidationError as error:
            raise malformed(problem_of(error)) from None
        return found

    def _with_body(
        self, path: Mapping[str, str], query: Iterable[tuple[str, str]], body: bytes
    ) -> msgspec.Struct:
        """The input of an operation whose fields are in the body and in the path."""
        typed = self._body(body or b"{}")
        self._query(query)
        if not self.in_path:
            return typed
        given = {field.name: getattr(typed, field.name) for field in self.in_body}
        for field in self.in_path:
            text = path[self._places[field.name]]
            given[field.name] = self._typed(field.encode_name, text)
        try:
            found: msgspec.Struct = self.operation.input(**given)
        except (TypeError, ValueError) as error:  # the struct has a check of its own
            raise malformed(Problem("", str(error))) from None
        return found

    def dry_run(self, query: Iterable[tuple[str, str]]) -> bool:
        """Whether the request only asks what would happen."""
        given = self._option(DRY_RUN, query)
        if given not in (None, "true", "false"):
            raise malformed(Problem(DRY_RUN, "write true or false"))
        return given == "true"

    def as_of(self, query: Iterable[tuple[str, str]]) -> Point | None:
        """The point of the past that the request asks about; None for now."""
        given = self._option(AS_OF, query)
        if given is not None and not looks_like_point(given):
            raise malformed(Problem(AS_OF, WRITE))
        return None if given is None else point_of(given)

    def _option(self, name: str, query: Iterable[tuple[str, str]]) -> str | None:
        """An option that the operation keeps to, as it was given."""
        given = [value for each, value in query if each == name]
        if not given or name not in self._common:
            return None
        if len(given) > 1:
            raise malformed(Problem(name, "is given more than once"))
        return given[0]

    @cached_property
    def body(self) -> type[msgspec.Struct]:
        """What stands in the body: the input without what the path has."""
        return body_struct(self)

    @cached_property
    def _decode(self) -> Callable[[bytes], msgspec.Struct]:
        return msgspec.json.Decoder(self.body).decode

    def _body(self, body: bytes) -> msgspec.Struct:
        try:
            return decoded(self._decode, body)
        except msgspec.ValidationError as error:
            first = error
        values = self._object(body)
        try:  # JSON Schema takes 300.0 for an integer, and so do we
            found: msgspec.Struct = msgspec.convert(with_integers(values), self.body)
        except msgspec.ValidationError:
            raise malformed(problem_of(first)) from None
        return found

    def _object(self, body: bytes) -> dict[str, Any]:
        """A body that is not as it should be: its values, if it is an object at all."""
        values = decoded(msgspec.json.decode, body)
        if not isinstance(values, dict):
            raise malformed(Problem("", "the body must be a JSON object"))
        for field in self.in_path:
            if field.encode_name in values:
                raise malformed(Problem(field.encode_name, "is given in the path already"))
        return values

    def _query(self, query: Iterable[tuple[str, str]]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, value in query:
            if name in self._common:
                continue
            if name not in self._known:
                raise malformed(Problem(name[:80], "no such query parameter"))
            if name in self._many:
                values.setdefault(name, []).append(value)
            elif name in values:
                raise malformed(Problem(name, "is given more than once"))
            else:
                values[name] = value
        return values

    def _typed(self, name: str, value: Any) -> Any:
        """Text as the field's type: numbers and booleans are written as JSON writes them."""
        try:
            return msgspec.convert(value, self._kinds[name], strict=False)
        except msgspec.ValidationError as error:
            raise malformed(Problem(name, problem_of(error).message)) from None


def decoded(decode: Callable[[bytes], T], body: bytes) -> T:
    """A body; raises ``Malformed`` for what is no JSON, ValidationError for another type."""
    try:
        return decode(body)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError as error:
        raise malformed(Problem("", f"the body is not JSON: {error}")) from None
    except RecursionError:
        raise malformed(Problem("", "the body is nested too deeply")) from None


def with_integers(value: Any) -> Any:
    """A JSON value with those numbers as integers that are whole."""
    if isinstance(value, dict):
        return {name: with_integers(each) for name, each in value.items()}
    if isinstance(value, list):
        return [with_integers(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def malformed(problem: Problem) -> Malformed:
    """The error for one problem."""
    return Malformed(str(problem), (problem,))


def _is_list(kind: Any) -> bool:
    described = msgspec.inspect.type_info(kind)
    while isinstance(described, msgspec.inspect.Metadata):
        described = described.type
    return isinstance(described, msgspec.inspect.CollectionType)


def body_struct(shape: Shape) -> type[msgspec.Struct]:
    """The body as a struct of its own, for the schema: the input without what the path has."""
    given: type[msgspec.Struct] = shape.operation.input
    if not shape.in_path:
        return given
    return msgspec.defstruct(
        f"{given.__name__}Body",
        [_as_defined(field, shape.types[field.name]) for field in shape.in_body],
        rename={field.name: field.encode_name for field in shape.in_body},
        kw_only=True,
        forbid_unknown_fields=True,
        namespace={"__doc__": given.__doc__},
    )


def _as_defined(field: FieldInfo, hint: Any) -> Any:
    if field.required:
        return (field.name, hint)
    if field.default is not msgspec.NODEFAULT:
        return (field.name, hint, field.default)
    return (field.name, hint, msgspec.field(default_factory=field.default_factory))
