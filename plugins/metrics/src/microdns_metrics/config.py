"""The section ``[metrics]``."""

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from microdns.errors import Problem
from microdns.network import Address, parse_address

DEFAULT_PORT = 9153


class MetricsConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the exporter listens."""

    enabled: Annotated[bool, Meta(description="Run the exporter.")] = False
    listen: Annotated[
        str,
        Meta(
            description="Address and TCP port to answer on. Anybody who reaches it can read the"
            " metrics: there is no authentication."
        ),
    ] = f"127.0.0.1:{DEFAULT_PORT}"
    path: Annotated[
        str,
        Meta(pattern="^/[^?# ]*$", description="Path of the metrics; starts with a slash."),
    ] = "/metrics"

    @property
    def address(self) -> Address:
        """``listen``, parsed; raises ValueError, which ``check`` has reported before."""
        return parse_address(self.listen, DEFAULT_PORT)


def check(config: MetricsConfig) -> Iterator[Problem]:
    """What is wrong with a section that its types accept."""
    try:
        config.address  # noqa: B018  (parsing is the check)
    except ValueError as error:
        yield Problem("listen", str(error))
