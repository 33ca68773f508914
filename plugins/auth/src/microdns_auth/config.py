"""The section ``[dns.auth]``."""

from typing import Annotated

import msgspec
from msgspec import Meta

from microdns.config import Addresses, Listen

DEFAULT_PORT = 53


class AuthConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where authoritative answers are given, and the zones that the file declares."""

    enabled: Annotated[bool, Meta(description="Answer authoritatively.")] = False
    listen: Annotated[
        Addresses,
        Listen(DEFAULT_PORT),
        Meta(
            min_length=1,
            description="Address or addresses to answer on, UDP and TCP. Port 0 is any free one. "
            "`[::]` among others is passed over where the machine has no IPv6.",
        ),
    ] = (("0.0.0.0", DEFAULT_PORT), ("::", DEFAULT_PORT))  # noqa: S104 - serving the network is what it is for
