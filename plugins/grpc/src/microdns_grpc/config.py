"""The section ``[api.grpc]``."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from microdns.config import Addresses, FilePath, Listen, Secret, Size
from microdns.errors import Problem


class GrpcConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The gRPC interface."""

    enabled: Annotated[bool, Meta(description="Serve the gRPC interface.")] = False
    listen: Annotated[Addresses, Listen(50051), Meta(description="Addresses to serve on.")] = (
        ("0.0.0.0", 50051),  # noqa: S104  (the reference's default)
    )
    api_key: Annotated[
        str | None,
        Secret(),
        Meta(
            min_length=1,
            description="A key that may do everything, beside those of `microdns key`. While there "
            "is no key at all, on any interface, everybody may do everything.",
        ),
    ] = None
    message_bytes_max: Annotated[
        int,
        Size(),
        Meta(ge=1024, le=1 << 30, description="Largest request; more is RESOURCE_EXHAUSTED."),
    ] = 1 << 20
    data_json_bytes_max: Annotated[
        int,
        Size(),
        Meta(ge=64, le=1 << 20, description="Largest `data_json`; more is INVALID_ARGUMENT."),
    ] = 10 * 1024
    connections_max: Annotated[
        int, Meta(ge=1, le=100_000, description="Connections open at once; more are closed.")
    ] = 1000
    connection_calls_max: Annotated[
        int, Meta(ge=1, le=10_000, description="Calls of one connection at once; more wait.")
    ] = 100
    streams_max: Annotated[
        int, Meta(ge=1, le=100_000, description="Streams open at once; more are UNAVAILABLE.")
    ] = 1000
    client_requests_per_second: Annotated[
        int,
        Meta(
            ge=0, le=1_000_000, description="Calls of one client address; more RESOURCE_EXHAUSTED."
        ),
    ] = 2000
    receive_timeout_secs: Annotated[
        float, Meta(gt=0, le=3600, description="Time for a request to arrive.")
    ] = 30.0
    send_timeout_secs: Annotated[
        float, Meta(gt=0, le=3600, description="Time for a client to take a message.")
    ] = 30.0
    idle_timeout_secs: Annotated[
        float, Meta(gt=0, le=86_400, description="Time a connection may be without a call.")
    ] = 900.0
    reflection: Annotated[
        bool, Meta(description="Tell clients with a key which methods and messages there are.")
    ] = True
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
