"""What happens to names of leases, beside the changes of records (``zone.records_changed``)."""

from microdns.events import Event


class NameConflict(Event, frozen=True, kw_only=True, tag="registration.conflict"):
    """A lease does not get a name that it should have.

    ``address`` is the lease's, ``name`` absolute, ``reason`` as in the manual, ``holder`` who has
    the name, ``registered`` the name that the lease has in its place (empty: none).
    """

    address: str
    name: str
    reason: str
    holder: str
    registered: str

    def headline(self) -> str:
        instead = f"; it has {self.registered}" if self.registered else ""
        return f"{self.address} does not get {self.name} ({self.reason}){instead}"


class NameConflictEnded(Event, frozen=True, kw_only=True, tag="registration.conflict_ended"):
    """The lease has the name now, wants it no longer, or has ended."""

    address: str
    name: str
    reason: str

    def headline(self) -> str:
        return f"{self.address}: {self.name} ({self.reason})"


EVENTS: tuple[type[Event], ...] = (NameConflict, NameConflictEnded)
