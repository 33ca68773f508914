"""What both packet caches keep to."""

from typing import Final

BODY_MAX: Final = 16_384
"""Octets of records in an answer that is kept."""
BYTES_MIN: Final = 65_536
"""Memory of a packet cache."""
TTL_MAX: Final = 86_400
"""Seconds that an answer is kept at most."""
