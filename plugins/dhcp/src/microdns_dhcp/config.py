"""The section ``[dhcp]``: what all flavours share."""

from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta

from microdns.config import Duration
from microdns.errors import Problem


class DhcpConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How leases are kept, and when to warn."""

    retention: Annotated[
        float,
        Duration(),
        Meta(ge=0, description="How long an ended lease is remembered, for its client to return."),
    ] = 86_400.0
    purge_interval: Annotated[
        float, Duration(), Meta(ge=1, description="How often older ones are looked for.")
    ] = 300.0
    offer_time: Annotated[
        float,
        Duration(),
        Meta(ge=1, le=3600, description="How long an address offered is kept for the client."),
    ] = 60.0
    quarantine: Annotated[
        float,
        Duration(),
        Meta(ge=0, description="How long an address found in use is given to nobody."),
    ] = 3600.0
    utilisation_high: Annotated[
        int, Meta(ge=1, le=100, description="Percentage of a pool in use that is worth an event.")
    ] = 90
    utilisation_normal: Annotated[
        int, Meta(ge=0, le=100, description="Percentage below which that is over.")
    ] = 80

    def problems(self) -> Iterable[Problem]:
        if self.utilisation_normal > self.utilisation_high:
            yield Problem(
                "utilisation_normal",
                f"is above utilisation_high ({self.utilisation_high}): a pool would be told as "
                "high and normal at once",
            )
