"""The section ``[api.rest]``."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from microdns.config import Addresses, FilePath, Listen, Secret, Size
from microdns.errors import Problem


class RestConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The REST interface."""

    enabled: Annotated[bool, Meta(description="Serve the REST interface.")] = False
    listen: Annotated[Addresses, Listen(8080), Meta(description="Addresses to serve on.")] = (
        ("0.0.0.0", 8080),  # noqa: S104  (the reference's default)
    )
    api_key: Annotated[
        str | None,
        Secret(),
        Meta(
            min_length=1,
            description="A key that may do everything, beside those of `microdns key`. While there "
            "is no key at all, everybody may do everything.",
        ),
    ] = None
    body_bytes_max: Annotated[
        int, Size(), Meta(ge=1024, le=1 << 30, description="Largest request body; more is 413.")
    ] = 1 << 20
    header_bytes_max: Annotated[
        int,
        Size(),
        Meta(ge=1024, le=1 << 20, description="Request line and headers; more is 431."),
    ] = 16 * 1024
    connections_max: Annotated[
        int, Meta(ge=1, le=100_000, description="Connections open at once; more are 503.")
    ] = 2000
    streams_max: Annotated[
        int, Meta(ge=1, le=100_000, description="Event streams open at once; more are 503.")
    ] = 1000
    websockets_max: Annotated[
        int, Meta(ge=1, le=100_000, description="WebSockets open at once; more are 503.")
    ] = 100
    client_requests_per_second: Annotated[
        int,
        Meta(ge=0, le=1_000_000, description="Requests of one client address; more are 429."),
    ] = 2000
    receive_timeout_secs: Annotated[
        float, Meta(gt=0, le=3600, description="Time for a request to arrive.")
    ] = 30.0
    send_timeout_secs: Annotated[
        float, Meta(gt=0, le=3600, description="Time for a client to take what it is sent.")
    ] = 30.0
    cors_origins: Annotated[
        tuple[str, ...], Meta(description="Origins whose pages may call; none by default.")
    ] = ()
    tls_certificate: Annotated[
        Path | None, FilePath(), Meta(description="PEM file with the certificate chain.")
    ] = None
    tls_key: Annotated[
        Path | None, FilePath(), Meta(description="PEM file with the certificate's key.")
    ] = None

    def problems(self) -> Iterable[Problem]:
        if (self.tls_certificate is None) != (self.tls_key is None):
            missing = "tls_key" if self.tls_key is None else "tls_certificate"
            yield Problem(missing, "TLS needs both tls_certificate and tls_key")
