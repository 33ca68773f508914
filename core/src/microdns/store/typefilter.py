"""Choosing journal entries and ephemeral events by type."""

from collections.abc import Iterable

from microdns.events import Event, event_type

Types = Iterable[type[Event] | str] | None
"""Event classes, type names (``zone.created``) or patterns (``zone.*``); None is every type."""


class TypeFilter:
    """Tells whether a type is wanted; answers are remembered."""

    __slots__ = ("_answers", "everything", "names", "wanted")

    def __init__(self, types: Types) -> None:
        if isinstance(types, str):
            raise TypeError(f"types are several: [{types!r}], not {types!r}")
        self.wanted = types if types is None else tuple(types)
        self.everything = types is None
        self.names = frozenset(
            kind if isinstance(kind, str) else event_type(kind) for kind in self.wanted or ()
        )
        self._answers: dict[str, bool] = {}

    def matches(self, name: str) -> bool:
        """Whether events of type ``name`` are wanted."""
        if self.everything:
            return True
        answer = self._answers.get(name)
        if answer is None:
            answer = self._answers[name] = name in self.names or any(
                name.startswith(pattern[:-1]) for pattern in self.names if pattern.endswith(".*")
            )
        return answer
