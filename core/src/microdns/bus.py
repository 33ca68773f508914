"""Whoever must react reads the journal, here."""


class Bus:
    """Hands journal entries and ephemeral events to subscribers, in order."""
