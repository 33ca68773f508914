"""Bringing DNS in line with some leases, within one transaction.

For each address it is asked what its lease should have, as things stand now, whatever happened
before: so the order of events, their repetition, and several at once make no difference.  What
stands in the way is found by looking at the records of the name's owner:

- records that no lease brought are never touched, and nothing is added beside them, but for types
  that say nothing of where a name leads;
- addresses of the same host stay together, be they IPv4 or IPv6;
- of two hosts that want one name, the rule of the configuration says who has it.
"""

from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator
from itertools import islice

import msgspec

from microdns_dhcp.model import ACTIVE, LEASES, Lease, address_text, lease_key
from microdns_dns import names
from microdns_dns.model import Record
from microdns_dns.protocol import RRType
from microdns_dns.rdata import type_name
from microdns_dns.repository import Draft, Learning
from microdns_dns.view import Views
from microdns_registration import model
from microdns_registration.dhcid import dhcid, hardware_of, identities
from microdns_registration.events import NameConflict, NameConflictEnded
from microdns_registration.model import REGISTRATIONS, SOURCE, Registration
from microdns_registration.names import reverse_name, reverse_owner, zone_wire
from microdns_registration.policy import Place, Policy, Wish

replace = msgspec.structs.replace

A, AAAA, PTR, DHCID = RRType.A, RRType.AAAA, RRType.PTR, 49
ADDRESSES = frozenset({A, AAAA})
NS, CNAME, DNAME = RRType.NS, RRType.CNAME, RRType.DNAME
BESIDE = frozenset({RRType.TXT, 13, 17, 29, 44})
"""Types (TXT, HINFO, RP, LOC, SSHFP) that describe a host, and don't say where its name leads."""

BATCH_MAX = 16
"""Leases in one transaction: what DHCP may have to wait for is two milliseconds or so."""
ROUNDS_MAX = 3
"""How often one address is looked at in one transaction; further changes wait for the next."""
WAITING_ASKED = 8
"""Leases that are asked whether they want a name that has become free."""
TOGETHER_SECONDS = 5
"""Leases of one message were renewed within this time of each other."""
_INFRASTRUCTURE_LABELS = 2
"""in-addr.arpa and ip6.arpa themselves are nobody's reverse zones."""

_NOTHING = Registration(address=b"", client=b"")


class Refused(Exception):
    """A name can't be had: ``args`` are the problem and who holds the name."""


class Settlement:
    """One transaction's worth of leases."""

    def __init__(
        self,
        learning: Learning,
        policy: Policy,
        views: Views,
        time_ns: int,
        doubtful: Collection[bytes] = (),
    ) -> None:
        """Of ``doubtful`` addresses the records are looked at even if nothing seems changed."""
        self.conflicts: list[NameConflict] = []
        self.ended: list[NameConflictEnded] = []
        self.counted: Counter[str] = Counter()
        """Changes of the number of ``names`` and ``conflicts``."""
        self.left: list[bytes] = []
        """Addresses that have to be looked at again."""
        self._learning = learning
        self._tx = learning.tx
        self._policy = policy
        self._views = views
        self._time_ns = time_ns
        self._doubtful = frozenset(doubtful)
        self._queue: deque[bytes] = deque()
        self._rounds: Counter[bytes] = Counter()

    def run(self, addresses: Iterable[bytes]) -> None:
        """Settle these addresses, and others whose names that concerns."""
        self._queue.extend(dict.fromkeys(addresses))
        while self._queue:
            address = self._queue.popleft()
            self._rounds[address] += 1
            if self._rounds[address] > ROUNDS_MAX:
                self.left.append(address)
            else:
                self._settle(address)

    def _settle(self, address: bytes) -> None:
        key = lease_key(address)
        lease = self._tx.get(LEASES, key)
        known = self._tx.get(REGISTRATIONS, key)
        place = None if lease is None else self._policy.forward(lease)
        wish = self._policy.wish(lease, place)
        if lease is None or wish is None:
            if known is not None:
                self._withdraw(known)
                self._keep(known, None)
            return
        if known is not None and known.problem == model.MOVED and lease.renewed <= known.heard:
            return  # it comes back when its client is heard with it again
        doubtful = address in self._doubtful
        if known is not None and not doubtful and _is_settled(known, lease, wish, place):
            return
        wanted = self._name(lease, wish, place, known)
        if wanted.target and self._policy.config.reverse:
            wanted = self._find_reverse(lease, wanted)
        if known is not None:
            self._withdraw(known, wanted)
        self._stand(lease, wanted)
        self._keep(known, wanted)

    # -- the name

    def _name(
        self, lease: Lease, wish: Wish, place: Place | None, known: Registration | None
    ) -> Registration:
        """The registration that the lease can have, without its PTR."""
        blank = Registration(
            address=lease.address, client=lease.client, ttl=wish.ttl, hardware=hardware_of(lease)
        )
        if not wish.forward or place is None:
            return replace(blank, target=wish.target)
        if wish.barred:
            name = _absolute(wish.barred, place.text)
            blank = replace(blank, wanted=name, problem=wish.because)
        for number, host in enumerate(wish.hosts):
            reserved = wish.reserved and number == 0
            try:
                owner = self._own(lease, place, host, reserved, known)
            except Refused as refused:
                problem, holder = refused.args
                if not blank.problem:
                    name = _absolute(host, place.text)
                    blank = replace(blank, wanted=name, problem=problem, holder=holder)
                if problem == model.MOVED:
                    return replace(blank, heard=lease.renewed)
                continue
            target = _absolute(host, place.text)
            return replace(
                blank, zone=place.text, name=host, target=target, dhcid=owner, reserved=reserved
            )
        return blank

    def _own(
        self, lease: Lease, place: Place, host: str, reserved: bool, known: Registration | None
    ) -> bytes:
        """Have the name: the DHCID data by which it is owned.  Raises Refused."""
        self._need_zone(place)
        fqdn = names.from_relative(host, place.name)
        if "." in host:
            self._refuse_delegated(place, host)
        found: list[Record] = self._learning.at(place.name, host)
        _refuse_curated(found, lease.address)
        owner = b""
        for other in self._holders(place, host, found, lease.address):
            theirs = self._tx.get(LEASES, lease_key(other.address))
            if theirs is None or theirs.state != ACTIVE:
                self._evict(other)
            elif _same_host(lease, other, fqdn):
                self._move(lease, theirs, other)
                owner = owner or other.dhcid
            else:
                self._contend(lease, reserved, theirs, other)
        if not owner and known is not None and (known.zone, known.name) == (place.text, host):
            owner = known.dhcid
        return owner or dhcid(identities(lease)[0], fqdn)

    def _need_zone(self, place: Place) -> None:
        zone = self._learning.zone(place.name)
        if zone is None:
            if not place.make:
                raise Refused(model.NO_ZONE, "")
            zone = self._learning.new_zone(place.text, model.ZONE_ORIGIN)
        if zone.source == "transfer":
            raise Refused(model.SECONDARY, "")

    def _refuse_delegated(self, place: Place, host: str) -> None:
        above = host
        while "." in above:
            above = above.partition(".")[2]
            for record in self._learning.at(place.name, above):
                if record.enabled and record.type in (NS, DNAME):
                    raise Refused(model.DELEGATED, f"{above} {type_name(record.type)}")
            if self._learning.zone(names.from_relative(above, place.name)) is not None:
                raise Refused(model.DELEGATED, f"zone {above}.{place.text}")

    def _holders(
        self, place: Place, host: str, found: list[Record], address: bytes
    ) -> Iterator[Registration]:
        """Registrations of other addresses under a name; what belongs to none is removed."""
        for record in found:
            if record.source != SOURCE or record.type not in ADDRESSES or record.rdata == address:
                continue
            other = self._tx.get(REGISTRATIONS, lease_key(record.rdata))
            if other is None or (other.zone, other.name) != (place.text, host):
                self._learning.remove(place.name, record)
            else:
                yield other

    def _move(self, lease: Lease, theirs: Lease, other: Registration) -> None:
        """A client that has got another address has that, and not the old one."""
        if not _moved(lease, theirs):
            return
        if _heard(lease) < _heard(theirs):
            raise Refused(model.MOVED, address_text(other.address))
        self._evict(other)

    def _contend(self, lease: Lease, reserved: bool, theirs: Lease, other: Registration) -> None:
        """Win the name from another host, or raise Refused."""
        wins = reserved and not other.reserved
        if reserved == other.reserved and self._policy.config.duplicates == "latest":
            wins = (lease.started, lease.address) > (theirs.started, theirs.address)
        if not wins:
            raise Refused(model.TAKEN, address_text(other.address))
        self._evict(other)

    def _evict(self, other: Registration) -> None:
        """Take the name from a registration, and settle its lease again after this one."""
        self._withdraw(other, ask=False)
        self._keep(other, replace(_NOTHING, address=other.address, client=other.client))
        self._queue.append(other.address)

    # -- the reverse name

    def _find_reverse(self, lease: Lease, wanted: Registration) -> Registration:
        """The registration with the zone of its PTR, if it can have one."""
        reverse = reverse_name(lease.address)
        zone = self._reverse_zone(lease, reverse)
        if zone is None:
            return wanted
        owner = reverse_owner(lease.address, zone)
        target = names.from_text(wanted.target)
        for record in self._learning.at(zone, owner):
            if not record.enabled or record.source == SOURCE or record.type not in (PTR, CNAME):
                continue
            if record.type == PTR and names.fold(record.rdata) == names.fold(target):
                continue
            if not wanted.problem:
                name, holder = names.to_text(reverse), _holder(record)
                wanted = replace(wanted, wanted=name, problem=model.REVERSE_CURATED, holder=holder)
            return wanted
        return replace(wanted, reverse=names.to_text(zone))

    def _reverse_zone(self, lease: Lease, reverse: bytes) -> bytes | None:
        """The zone (wire) that a reverse name is kept in, made if need be; None: there is none."""
        place = self._policy.declared_reverse(reverse)
        if place is None:
            view = self._views.find(reverse)
            if view is not None and names.label_count(view.origin) > _INFRASTRUCTURE_LABELS:
                place = Place(view.origin, names.to_text(view.origin), make=False)
            else:
                place = self._policy.cut(lease)
        try:
            self._need_zone(place)
        except Refused:
            return None
        return place.name

    # -- records

    def _stand(self, lease: Lease, wanted: Registration) -> None:
        """See that the records of a registration are there, once."""
        origin = model.origin_of(lease.address)
        if wanted.name:
            zone = zone_wire(wanted.zone)
            type = A if lease.family == 4 else AAAA
            self._one(zone, Draft(wanted.name, type, lease.address, wanted.ttl), origin)
            if self._policy.config.publish_dhcid:
                draft = Draft(wanted.name, DHCID, wanted.dhcid, wanted.ttl)
                self._one(zone, draft, origin, alone=True)
            elif lease.address in self._doubtful:
                self._remove(zone, wanted.name, DHCID)
        if wanted.reverse:
            zone = zone_wire(wanted.reverse)
            owner = reverse_owner(lease.address, zone)
            target = names.from_text(wanted.target)
            self._one(zone, Draft(owner, PTR, target, wanted.ttl), origin, alone=True)

    def _one(self, zone: bytes, draft: Draft, origin: str, alone: bool = False) -> None:
        """See that exactly one record of ours has these data; ``alone``, that none has others."""
        mine: list[Record] = []
        for record in self._learning.at(zone, draft.name):
            if record.type != draft.type:
                continue
            same = record.rdata == draft.rdata
            if record.source != SOURCE:
                if record.enabled and (same or alone):
                    self._remove(zone, draft.name, draft.type, draft.rdata)
                    return  # it says the same already
            elif same and not mine:
                mine.append(record)
            elif same or alone:
                self._learning.remove(zone, record)
        if not mine:
            self._learning.add(zone, draft, origin)
        elif mine[0].ttl != draft.ttl or (mine[0].origin != origin and draft.type != DHCID):
            self._learning.alter(zone, mine[0], draft.ttl or 0, origin)

    def _remove(self, zone: bytes, owner: str, type: int, rdata: bytes | None = None) -> None:
        """Remove our records of a type, with these data if given; a zone that is gone has none."""
        if self._learning.zone(zone) is None:
            return
        for record in self._learning.at(zone, owner):
            if record.source == SOURCE and record.type == type and rdata in (None, record.rdata):
                self._learning.remove(zone, record)

    def _withdraw(
        self, known: Registration, wanted: Registration = _NOTHING, ask: bool = True
    ) -> None:
        """Remove the records of ``known`` that are not those of ``wanted``."""
        if known.name and (known.zone, known.name) != (wanted.zone, wanted.name):
            zone = zone_wire(known.zone)
            self._remove(zone, known.name, _address_type(known.address), known.address)
            if self._learning.zone(zone) is not None and not self._has_addresses(zone, known.name):
                self._remove(zone, known.name, DHCID)
            if ask:
                self._ask_waiting(_absolute(known.name, known.zone))
        if known.reverse and known.reverse != wanted.reverse:
            zone = zone_wire(known.reverse)
            owner = reverse_owner(known.address, zone)
            self._remove(zone, owner, PTR)

    def _has_addresses(self, zone: bytes, owner: str) -> bool:
        return any(
            record.source == SOURCE and record.type in ADDRESSES
            for record in self._learning.at(zone, owner)
        )

    def _ask_waiting(self, name: str) -> None:
        """Settle leases that could not have a name, now that it is free."""
        found = self._tx.find(REGISTRATIONS, "wanted", model.wanted_key(name))
        self._queue.extend([each.address for each in islice(found, WAITING_ASKED)])

    # -- what is kept

    def _keep(self, known: Registration | None, wanted: Registration | None) -> None:
        """Write the registration, count, and tell of conflicts that begin or end."""
        before, after = known or _NOTHING, wanted or _NOTHING
        same = (before.problem, before.wanted) == (after.problem, after.wanted)
        if wanted is not None:
            since = before.since_ns if same else self._time_ns
            after = wanted = replace(wanted, since_ns=since if wanted.problem else 0)
            if wanted != known:
                self._tx.put(REGISTRATIONS, wanted)
        elif known is not None:
            self._tx.delete(REGISTRATIONS, lease_key(known.address))
        self.counted["names"] += bool(after.name) - bool(before.name)
        self.counted["conflicts"] += bool(after.problem) - bool(before.problem)
        if not same:
            self._tell(before, after)

    def _tell(self, before: Registration, after: Registration) -> None:
        address = address_text(before.address or after.address)
        if before.problem and before.problem != model.MOVED:
            ended = NameConflictEnded(address=address, name=before.wanted, reason=before.problem)
            self._tx.emit(ended)
            self.ended.append(ended)
        if after.problem and after.problem != model.MOVED:
            conflict = NameConflict(
                address=address,
                name=after.wanted,
                reason=after.problem,
                holder=after.holder,
                registered=after.target if after.name else "",
            )
            self._tx.emit(conflict)
            self.conflicts.append(conflict)


def _is_settled(known: Registration, lease: Lease, wish: Wish, place: Place | None) -> bool:
    """Whether a registration is what the lease wishes first of all, so nothing is to be done."""
    if known.problem or known.client != lease.client or known.ttl != wish.ttl or wish.barred:
        return False
    if not wish.forward or place is None:
        return known.name == "" and known.target == wish.target
    return bool(
        wish.hosts
        and known.name == wish.hosts[0]
        and known.zone == place.text
        and known.reserved == wish.reserved
    )


def _refuse_curated(found: Iterable[Record], address: bytes) -> None:
    """Raise Refused when records that no lease brought say where the name leads."""
    for record in found:
        if record.source == SOURCE or not record.enabled or record.type in BESIDE:
            continue
        if record.type == _address_type(address) and record.rdata == address:
            continue  # it says the same
        raise Refused(model.CURATED, _holder(record))


def _same_host(lease: Lease, other: Registration, fqdn: bytes) -> bool:
    """Whether a lease is of the host that a registration is of (RFC 4703 section 5)."""
    hardware = hardware_of(lease)
    if hardware and hardware == other.hardware:
        return True
    return any(dhcid(each, fqdn) == other.dhcid for each in identities(lease))


def _moved(lease: Lease, other: Lease) -> bool:
    """Whether two leases are one client's, of which only one can be its address now.

    An association of IPv6 may hold several addresses, which are renewed together.
    """
    if (lease.client, lease.family) != (other.client, other.family):
        return False
    together = abs(lease.renewed - other.renewed) <= TOGETHER_SECONDS
    return not (lease.family == 6 and lease.subnet == other.subnet and together)


def _heard(lease: Lease) -> tuple[int, int, bytes]:
    """Orders leases of one client: the greatest is the one heard from last."""
    return lease.renewed, lease.started, lease.address


def _holder(record: Record) -> str:
    return f"{type_name(record.type)} record of source {record.source}"


def _address_type(address: bytes) -> int:
    return A if len(address) == 4 else AAAA


def _absolute(host: str, zone: str) -> str:
    return f"{host}.{zone}" if zone != "." else host
