"""Requests and responses as bytes."""

import string
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdns_metrics.request import BadRequest, Request, Response, message, parse


def test_request_line_and_headers() -> None:
    head = b"GET /metrics?x=1 HTTP/1.1\r\nHost: a\r\naccept: text/plain\r\nACCEPT: */*\r\n"
    assert parse(head + b"Accept-Encoding: gzip\r\n\r\n") == Request(
        "GET", "/metrics", "text/plain,*/*", "gzip"
    )


def test_request_without_headers() -> None:
    assert parse(b"HEAD / HTTP/1.0\r\n\r\n") == Request("HEAD", "/")


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"", HTTPStatus.BAD_REQUEST),
        (b"GET", HTTPStatus.BAD_REQUEST),
        (b"GET /", HTTPStatus.BAD_REQUEST),
        (b"GET  / HTTP/1.1", HTTPStatus.BAD_REQUEST),
        (b"GET / a HTTP/1.1", HTTPStatus.BAD_REQUEST),
        (b"GET /\xff HTTP/1.1", HTTPStatus.BAD_REQUEST),
        (b"GET / FTP/1.1", HTTPStatus.BAD_REQUEST),
        (b"PRI * HTTP/2.0", HTTPStatus.HTTP_VERSION_NOT_SUPPORTED),
    ],
)
def test_bad_request_line(line: bytes, status: HTTPStatus) -> None:
    with pytest.raises(BadRequest) as caught:
        parse(line + b"\r\n\r\n")
    assert caught.value.status is status


def test_too_many_headers() -> None:
    with pytest.raises(BadRequest) as caught:
        parse(b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n")
    assert caught.value.status is HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE


@given(st.binary(max_size=300))
def test_any_bytes_give_a_request_or_bad_request(head: bytes) -> None:
    try:
        parse(head + b"\r\n\r\n")
    except BadRequest:
        return


@given(
    st.sampled_from(["GET", "HEAD", "POST"]),
    st.text(string.ascii_letters + "/%._-", max_size=40),
    st.text(string.ascii_letters + "/;=,.* ", max_size=40),
)
def test_what_was_asked_is_what_is_parsed(method: str, path: str, accept: str) -> None:
    head = f"{method} /{path} HTTP/1.1\r\nAccept: {accept}\r\n\r\n"
    assert parse(head.encode()) == Request(method, f"/{path}", accept.strip())


def test_response_says_its_length_and_that_it_closes() -> None:
    response = Response(HTTPStatus.OK, b"body", {"Content-Type": "text/plain"})
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
        b"Content-Length: 4\r\nConnection: close\r\n\r\n"
    )
    assert response.encode(with_body=True) == head + b"body"
    assert response.encode(with_body=False) == head


def test_message_defaults_to_the_status_phrase() -> None:
    assert message(HTTPStatus.NOT_FOUND).body == b"Not Found\n"
