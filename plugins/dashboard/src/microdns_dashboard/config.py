"""The section ``[api.dashboard]``."""

from typing import Annotated

import msgspec
from msgspec import Meta


class DashboardConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The web page."""

    enabled: Annotated[bool, Meta(description="Serve the dashboard, below /dashboard.")] = False
    session_hours: Annotated[
        float,
        Meta(
            gt=0,
            le=24 * 365,
            description="How long a browser stays logged in; it ends with its key, too.",
        ),
    ] = 12.0
