"""Errors keep their kind on the way through the socket."""

import msgspec
import pytest

from microdns import errors
from microdns.operations.wire import Failure, InternalError, Reply, error_of, failure_of


@pytest.mark.parametrize(
    "error",
    [
        errors.NotFound("no zone x"),
        errors.Conflict("exists"),
        errors.Denied("no"),
        errors.TooLarge("10 MB at most"),
        errors.Unavailable("later"),
        errors.StorageFault("disk full"),
        errors.Invalid.of(errors.Problem("ttl", "too small"), errors.Problem("name", "too long")),
    ],
)
def test_an_error_survives_the_journey(error: errors.MicroDNSError) -> None:
    line = msgspec.json.encode(Reply(error=failure_of(error)))
    reply = msgspec.json.decode(line, type=Reply)
    assert isinstance(reply.error, Failure)
    arrived = error_of(reply.error)
    assert type(arrived) is type(error)
    assert str(arrived) == str(error)
    assert getattr(arrived, "problems", ()) == getattr(error, "problems", ())
    assert arrived.exit_code == error.exit_code


def test_a_code_of_a_newer_server_is_an_internal_error() -> None:
    arrived = error_of(Failure("brand-new", "what?"))
    assert isinstance(arrived, InternalError)
    assert arrived.exit_code == 1


def test_an_empty_result_is_still_a_result() -> None:
    values: list[object] = [None, [], {}, 0, False]
    for value in values:
        reply = msgspec.json.decode(msgspec.json.encode(Reply(result=value)), type=Reply)
        assert reply.result == value
        assert reply.item is msgspec.UNSET
