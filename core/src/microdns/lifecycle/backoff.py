"""How long to wait before trying again."""

import random
from dataclasses import dataclass


@dataclass
class Backoff:
    """Delays that double from ``first_seconds`` to ``most_seconds``, each up to a fifth shorter.

    Work that went well for ``calm_seconds`` starts the row anew.
    """

    random: random.Random
    first_seconds: float = 0.5
    most_seconds: float = 60.0
    calm_seconds: float = 60.0
    _failures: int = 0

    def failed(self, worked_seconds: float) -> float:
        """Note a failure after ``worked_seconds`` of work; returns the seconds to wait."""
        if worked_seconds >= self.calm_seconds:
            self._failures = 0
        delay = min(self.most_seconds, self.first_seconds * 2.0 ** min(self._failures, 32))
        self._failures += 1
        return delay * (1 - self.random.random() / 5)
