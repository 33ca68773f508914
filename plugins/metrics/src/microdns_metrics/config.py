"""The section ``[metrics]``."""

from typing import Annotated

import msgspec
from msgspec import Meta

from microdns.config import Addresses, Listen

DEFAULT_PORT = 9153


class MetricsConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the exporter listens."""

    enabled: Annotated[bool, Meta(description="Run the exporter.")] = False
    listen: Annotated[
        Addresses,
        Listen(DEFAULT_PORT),
        Meta(
            min_length=1,
            description="TCP address or addresses to answer on. Whoever reaches one can read the "
            "metrics: there is no authentication.",
        ),
    ] = (("127.0.0.1", DEFAULT_PORT),)
    path: Annotated[
        str, Meta(pattern=r"^/[^?#\s]*$", description="Path of the metrics; starts with a slash.")
    ] = "/metrics"
