"""The section ``[dns]``: what all DNS plugins share."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from microdns.config import IPNetwork, Size
from microdns_dns.packets.limits import BYTES_MIN
from microdns_dns.protection.config import CookieConfig, RateLimitConfig

IdentityText = Annotated[
    str,
    Meta(max_length=255, pattern=r"^[\x20-\x7e]*$"),
]


class DnsConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How messages are taken in and sent out, whoever answers them."""

    udp_payload_max: Annotated[
        int,
        Meta(
            ge=512,
            le=4096,
            description="Octets in a reply over UDP, and what EDNS says that we take. "
            "1232 passes without fragments nearly everywhere.",
        ),
    ] = 1232
    inflight_max: Annotated[
        int,
        Meta(
            ge=1,
            le=1_000_000,
            description="Queries that may wait for an answer from elsewhere at one time; "
            "further ones are dropped.",
        ),
    ] = 10_000
    upward_max: Annotated[
        int,
        Meta(
            ge=1,
            le=65_536,
            description="Queries that may wait between one thread of the compiled engine and "
            "Python; further ones are dropped. Each place takes 4.4 KB.",
        ),
    ] = 512
    query_size_max: Annotated[
        int,
        Meta(
            ge=512,
            le=4096,
            description="Octets of a query over UDP; larger ones are dropped.",
        ),
    ] = 4096
    packet_cache_size: Annotated[
        int,
        Size(),
        Meta(
            ge=0,
            le=1 << 36,
            description="Memory for answers of stages such as a recursor's that are given again; "
            "0: none is kept, otherwise at least 64 KiB.",
        ),
    ] = 32 << 20
    allow: Annotated[
        tuple[IPNetwork, ...],
        Meta(description="Networks whose queries are answered, others are refused; empty: all."),
    ] = ()
    deny: Annotated[
        tuple[IPNetwork, ...],
        Meta(description="Networks whose queries are dropped, whatever `allow` says."),
    ] = ()
    rate_limit: Annotated[RateLimitConfig, Meta(description="Response rate limiting over UDP.")] = (
        RateLimitConfig()
    )
    cookies: Annotated[CookieConfig, Meta(description="DNS cookies.")] = CookieConfig()
    tcp_connections_max: Annotated[
        int, Meta(ge=1, le=100_000, description="Connections at one time; further ones are reset.")
    ] = 1_000
    tcp_idle_timeout_secs: Annotated[
        float,
        Meta(ge=0.1, le=3600, description="A connection that asks nothing for so long is closed."),
    ] = 10.0
    tcp_total_timeout_secs: Annotated[
        float,
        Meta(ge=1, le=86_400, description="A connection is ended when it is so old."),
    ] = 30.0
    tcp_inflight_max: Annotated[
        int,
        Meta(
            ge=1,
            le=10_000,
            description="Queries of one connection that may wait for an answer at one time; "
            "nothing more is read from it until one is answered.",
        ),
    ] = 100
    tcp_write_buffer_max: Annotated[
        int,
        Meta(
            ge=1024,
            le=16_777_216,
            description="Octets of answers that a connection may leave unread; "
            "nothing more is read from it until it takes them.",
        ),
    ] = 65_536
    answer_rotation: Annotated[
        bool,
        Meta(
            description="Turn the records of each RRset in the answer by the query's id, so that "
            "clients that take the first are spread over all."
        ),
    ] = False
    nsid: Annotated[
        IdentityText,
        Meta(
            description="What EDNS clients that ask for it get as name server identifier "
            "(RFC 5001); empty: nothing."
        ),
    ] = ""
    version: Annotated[
        IdentityText,
        Meta(
            description="What `version.bind` and `version.server` in class CH are answered; "
            "empty: refused."
        ),
    ] = ""
    hostname: Annotated[
        IdentityText,
        Meta(
            description="What `hostname.bind` and `id.server` in class CH are answered "
            "(RFC 4892); empty: refused."
        ),
    ] = ""
    engine: Annotated[
        Literal["auto", "compiled", "python"],
        Meta(
            description="What answers: `compiled` (threads that answer without Python), `python`, "
            "or `auto`: the first where it could be built."
        ),
    ] = "auto"
    threads: Annotated[
        int,
        Meta(
            ge=0,
            le=64,
            description="Threads of the compiled engine for each address; 0: as many as there are "
            "processors.",
        ),
    ] = 0
    zones_max: Annotated[int, Meta(ge=1, le=1_000_000, description="Zones that there may be.")] = (
        10_000
    )
    records_per_zone_max: Annotated[
        int, Meta(ge=1, le=100_000_000, description="Records that one zone may hold.")
    ] = 2_000_000
    changes_max: Annotated[
        int,
        Meta(
            ge=1,
            le=1_000_000,
            description="Changes of records that one request may make, imports aside.",
        ),
    ] = 10_000

    def __post_init__(self) -> None:
        if 0 < self.packet_cache_size < BYTES_MIN:
            raise ValueError("packet_cache_size must be 0, or at least 64KiB")
