# cython: language_level=3
"""Zones: finding them, and changing them from Python.  See the .pxd."""

from libc.stdint cimport uintptr_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy

from microdns_dns.engine.atomic cimport (
    ACQUIRE, RELEASE, load_number, load_pointer, store_number, store_pointer,
)
from microdns_dns.engine.epochs cimport AWAY
from microdns_dns.engine.image cimport ImageData, UNIT, find_in_image, free_image, make_image
from microdns_dns.engine.name cimport read_name, rely_on_secret, same_name
from microdns_dns.engine.node cimport (
    DELEGATION, GONE, HAS_DNAME, node_flags, node_folded, node_size, unpack_node,
)
from microdns_dns.engine.octets cimport get8, get32, part, span_of
from microdns_dns.engine.versions cimport (
    find_version, free_table, make_table, make_version, place_version, visible,
)

from microdns_dns.engine.node import gone_node


cdef Zone* find_zone(Catalog* catalog, Name* name, size_t label) noexcept nogil:
    """The zone with the name from this label on as its origin, or NULL."""
    cdef uint64_t hash = name.hash[label & 127]
    cdef uint64_t slot
    cdef Zone* zone
    if catalog is NULL:
        return NULL
    slot = hash & catalog.mask
    while True:  # a catalog is never full
        zone = catalog.slots[slot]
        if zone is NULL:
            return NULL
        if zone.hash == hash and same_name(name, label, &zone.origin, 0, zone.origin.size):
            return zone
        slot = (slot + 1) & catalog.mask


cdef Span find_node(State* state, uint64_t number, Name* name, size_t label) noexcept nogil:
    """The node of a name from this label on, as of a change; a span at no address if none."""
    cdef Version* version
    if state.table is not NULL:
        version = visible(find_version(state.table, name, label), number)
        if version is not NULL:
            if node_flags(&version.node) & GONE:
                return span_of(NULL, 0)
            return version.node
    if state.image is not NULL:
        return find_in_image(state.image, name, label)
    return span_of(NULL, 0)


cdef int _named(Name* name, bytes wire) except -1:
    cdef Span octets = span_of(<const uint8_t*>wire, len(wire))
    if read_name(name, &octets, 0) != octets.size:
        raise ValueError("not a name on the wire")
    return 0


cdef class CompiledZone:
    """One zone, as Python changes it: names to packed nodes.

    What is changed shows here at once, and to the engine's threads with ``Zones.publish``.
    """

    def __init__(self):
        raise TypeError("zones are made by Zones.add")

    def __dealloc__(self):
        self.zone = NULL  # its memory belongs to Zones

    cdef State* _state(self) except NULL:
        if self.zone is NULL:
            raise ValueError("this zone was removed from the engine")
        return self.zone.state

    def __len__(self):
        return self.names

    def __contains__(self, bytes folded):
        cdef Name name
        _named(&name, folded)
        return find_node(self._state(), <uint64_t>-1, &name, 0).size != 0

    def get(self, bytes folded):
        """The node of a name, unpacked; None when there is none."""
        cdef Name name
        cdef Span node
        _named(&name, folded)
        node = find_node(self._state(), <uint64_t>-1, &name, 0)
        return unpack_node(node) if node.size else None

    def cut(self, bytes folded):
        """The folded name of the topmost cut that governs a name of this zone, or None."""
        cdef Name name
        cdef Span node
        cdef int label, apex
        cdef State* state = self._state()
        if not self.zone.cuts:
            return None
        _named(&name, folded)
        apex = name.labels - self.zone.labels
        for label in range(apex, -1, -1):
            node = find_node(state, <uint64_t>-1, &name, label)
            if not node.size:
                return None
            if node_flags(&node) & DELEGATION or (node_flags(&node) & HAS_DNAME and label):
                return folded[name.offset[label]:]
        return None

    def __iter__(self):
        """Folded names of all nodes, as of now."""
        cdef State* state = self._state()
        cdef size_t at = UNIT
        cdef uint64_t slot
        cdef Span node, folded
        cdef Name name
        found = []
        if state.image is not NULL:
            while at < state.image.octets.size:
                node = part(&state.image.octets, at, get32(&state.image.octets, at))
                folded = node_folded(&node)
                if folded.fault:
                    raise ValueError("the zone's image is damaged")
                read_name(&name, &folded, 0)
                if state.table is NULL or find_version(state.table, &name, 0) is NULL:
                    found.append(<bytes>folded.base[:folded.size])
                at += (node.size + UNIT - 1) // UNIT * UNIT
        if state.table is not NULL:
            for slot in range(state.table.mask + 1):
                if state.table.slots[slot] is not NULL:
                    node = state.table.slots[slot].node
                    if not node_flags(&node) & GONE:
                        folded = node_folded(&node)
                        found.append(<bytes>folded.base[:folded.size])
        return iter(found)

    def put(self, bytes folded, bytes node):
        """Give a name a node (packed by ``node.pack_node``), in place of the one it has."""
        self._put(folded, node)

    def remove(self, bytes folded):
        """Take a name's node away."""
        self._put(folded, gone_node(folded))

    cdef int _put(self, bytes folded, bytes node) except -1:
        cdef State* state = self._state()
        cdef Name name
        cdef Version* version
        cdef Version* newest = NULL
        cdef Span packed = span_of(<const uint8_t*>node, len(node))
        cdef uint64_t number = self._zones.core.number + 1
        cdef uint64_t slot
        cdef bint existed
        _named(&name, folded)
        existed = find_node(state, <uint64_t>-1, &name, 0).size != 0
        self._make_space()
        state = self._state()
        version = make_version(packed.base, packed.size, name.hash[0], number)
        if version is NULL:
            raise MemoryError
        if node_flags(&packed) & (DELEGATION | HAS_DNAME):
            self.zone.cuts |= CUT_AT_APEX if len(folded) == len(self.origin) else CUTS_BELOW
        newest = find_version(state.table, &name, 0)
        if newest is NULL:
            place_version(state.table, version)
        else:
            version.older = newest.older if newest.number == number else newest
            slot = name.hash[0] & state.table.mask
            while state.table.slots[slot] is not newest:
                slot = (slot + 1) & state.table.mask
            store_pointer(<void**>&state.table.slots[slot], version, RELEASE)
            self._zones._drop(newest)
        if existed:
            self.names -= 1
        if not node_flags(&packed) & GONE:
            self.names += 1
        return 0

    def _make_space(self):
        """Make sure that the table has a free slot, and that a third of them stay free."""
        cdef State* state = self._state()
        cdef Table* grown
        cdef uint64_t slot
        if state.table is not NULL and state.table.used * 3 < state.table.mask * 2:
            return
        grown = make_table(64 if state.table is NULL else (state.table.mask + 1) * 2)
        if grown is NULL:
            raise MemoryError
        if state.table is not NULL:
            for slot in range(state.table.mask + 1):
                if state.table.slots[slot] is not NULL:
                    place_version(grown, state.table.slots[slot])
            self._zones._drop(state.table.slots)
            self._zones._drop(state.table)
        self._swap(state.image, grown, state.since)

    cdef int _swap(self, Image* image, Table* table, uint64_t since) except -1:
        cdef State* fresh = <State*>malloc(sizeof(State))
        if fresh is NULL:
            raise MemoryError
        fresh.image = image
        fresh.table = table
        fresh.since = since
        self._zones._drop(self.zone.state)
        store_pointer(<void**>&self.zone.state, fresh, RELEASE)
        return 0

    def load(self, bytes octets, size_t count, int cuts=CUTS_BELOW | CUT_AT_APEX):
        """Take over an image's octets (``count`` nodes) in place of all there is.

        ``cuts`` says where there are any, and may say more.  Raises ValueError when they are not
        what they should be; nothing has changed then.
        """
        cdef uint8_t* copy = <uint8_t*>malloc(max(len(octets), 1))
        cdef Image* image
        cdef size_t size = len(octets)
        if copy is NULL:
            raise MemoryError
        memcpy(copy, <const uint8_t*>octets, size)
        with nogil:
            image = make_image(copy, size, count)
        if image is NULL:
            raise ValueError("the image of the zone is damaged")
        self._take_image(<uintptr_t>image, self._zones.core.number + 1, count, cuts)

    def _take_image(self, uintptr_t address, uint64_t since, size_t count, int cuts):
        """Answer from an image and nothing else."""
        self._drop_contents()
        self.zone.cuts = cuts
        self.names = count
        self._swap(<Image*>address, NULL, since)

    @property
    def changed(self) -> int:
        """How many names have changed since the image was made."""
        cdef State* state = self._state()
        return 0 if state.table is NULL else state.table.used

    def take_image(self, ImageData data):
        """Answer from an image and nothing else; raises ValueError when it is taken already."""
        cdef size_t count = data.image.names
        cdef int cuts = data.cuts
        self._state()
        self._take_image(<uintptr_t>data.take(), self._zones.core.number + 1, count, cuts)

    def compact(self, ImageData data, uint64_t number):
        """Take over an image of this zone as of a published change, and keep what came later.

        Raises ValueError when the zone has other contents by now, or the image is taken already.
        """
        cdef State* old = self._state()
        cdef Table* kept
        cdef Version* version
        cdef uint64_t slot, later = 0
        if number < old.since or number > self._zones.core.number:
            raise ValueError("the zone has other contents by now")
        if old.table is not NULL:
            for slot in range(old.table.mask + 1):
                if old.table.slots[slot] is not NULL:
                    later += old.table.slots[slot].number > number
        kept = make_table(_slots_for(later))
        if kept is NULL:
            raise MemoryError
        try:
            image = <uintptr_t>data.take()
        except ValueError:
            free_table(kept)
            raise
        if old.table is not NULL:
            for slot in range(old.table.mask + 1):
                version = old.table.slots[slot]
                if version is NULL:
                    continue
                if version.number > number:
                    place_version(kept, version)
                else:
                    self._zones._drop(version)
            self._zones._drop(old.table.slots)
            self._zones._drop(old.table)
        if old.image is not NULL:
            self._zones._drop(<void*>old.image.octets.base)
            self._zones._drop(old.image.own_slots)
            self._zones._drop(old.image)
        self._swap(<Image*><uintptr_t>image, kept, number)

    def _drop_contents(self):
        """What image and table hold will not be needed any more."""
        cdef State* old = self._state()
        cdef uint64_t slot
        if old.table is not NULL:
            for slot in range(old.table.mask + 1):
                if old.table.slots[slot] is not NULL:
                    self._zones._drop(old.table.slots[slot])
            self._zones._drop(old.table.slots)
            self._zones._drop(old.table)
        if old.image is not NULL:
            self._zones._drop(<void*>old.image.octets.base)
            self._zones._drop(old.image.own_slots)
            self._zones._drop(old.image)


cdef class Zones:
    """The zones of one engine.  Changes show to its threads with ``publish``, all at once."""

    def __cinit__(self):
        self.core.number = 1
        self.core.catalog = NULL
        self.reclaimer = Reclaimer()
        self.by_origin = {}
        self._out_of_use = []
        self._next_index = 0

    def __dealloc__(self):
        # Only memory, found without Python: objects that this one refers to may be gone by now.
        cdef Zone* zone
        while self._all is not NULL:
            zone = self._all
            self._all = zone.next
            _free_zone(zone)
        if self.core.catalog is not NULL:
            free(self.core.catalog.slots)
            free(self.core.catalog)

    @property
    def number(self) -> int:
        """The number of the last published change."""
        return self.core.number

    @property
    def waiting(self) -> int:
        """Pieces of memory that wait for readers to pass on."""
        return self.reclaimer.waiting

    def add(self, bytes origin) -> CompiledZone:
        """A new zone without names; raises ValueError when there is one of this origin."""
        cdef CompiledZone made = CompiledZone.__new__(CompiledZone)
        cdef Name name
        cdef Zone* zone
        cdef uint8_t* copy
        rely_on_secret()
        _named(&name, origin)
        if origin in self.by_origin:
            raise ValueError("the engine has this zone already")
        zone = <Zone*>calloc(1, sizeof(Zone) + len(origin))
        if zone is NULL:
            raise MemoryError
        zone.state = <State*>calloc(1, sizeof(State))
        if zone.state is NULL:
            free(zone)
            raise MemoryError
        zone.state.since = self.core.number + 1
        copy = <uint8_t*>zone + sizeof(Zone)
        memcpy(copy, name.folded, name.size)
        zone.origin = span_of(copy, name.size)
        zone.hash = name.hash[0]
        zone.labels = name.labels
        zone.index = self._next_index
        zone.next = self._all
        self._all = zone
        self._next_index += 1
        made.zone = zone
        made.index = zone.index
        made._zones = self
        made.origin = origin
        self.by_origin[origin] = made
        self._listed_anew = True
        return made

    def remove(self, bytes origin):
        """Answer from a zone no longer; KeyError when there is none of this origin."""
        cdef CompiledZone zone = self.by_origin.pop(origin)
        self._listed_anew = True
        zone._drop_contents()
        self._unlink(zone.zone)
        self._drop(zone.zone.state)
        self._drop(zone.zone)
        zone.zone = NULL

    def publish(self):
        """Show what was changed since the last time to all threads, in one instant."""
        if self._listed_anew:
            self._list_anew()
        store_number(&self.core.number, self.core.number + 1, RELEASE)
        for address in self._out_of_use:
            self.reclaimer.retire(<void*><uintptr_t>address)
        self._out_of_use.clear()
        self.reclaimer.advance()

    cdef int _drop(self, void* memory) except -1:
        """Free this some time after the next ``publish``."""
        self._out_of_use.append(<uintptr_t>memory)
        return 0

    cdef void _unlink(self, Zone* zone):
        """Take a zone out of the list of all; it is in it."""
        cdef Zone** place = &self._all
        while place[0] is not zone:
            place = &place[0].next
        place[0] = zone.next

    cdef int _list_anew(self) except -1:
        cdef uint64_t slots = 16
        cdef uint64_t slot
        cdef CompiledZone zone
        cdef Catalog* made = <Catalog*>malloc(sizeof(Catalog))
        while slots < 2 * <uint64_t>len(self.by_origin):
            slots *= 2
        if made is NULL:
            raise MemoryError
        made.mask = slots * 2 - 1
        made.slots = <Zone**>calloc(slots * 2, sizeof(Zone*))
        if made.slots is NULL:
            free(made)
            raise MemoryError
        for zone in self.by_origin.values():
            slot = zone.zone.hash & made.mask
            while made.slots[slot] is not NULL:
                slot = (slot + 1) & made.mask
            made.slots[slot] = zone.zone
        if self.core.catalog is not NULL:
            self._drop(self.core.catalog.slots)
            self._drop(self.core.catalog)
        store_pointer(<void**>&self.core.catalog, made, RELEASE)
        self._listed_anew = False
        return 0


cdef uint64_t _slots_for(uint64_t versions) noexcept nogil:
    """Slots for so many changed names, with room for as many more."""
    cdef uint64_t slots = 64
    while slots < versions * 3:
        slots *= 2
    return slots


cdef void _free_zone(Zone* zone) noexcept:
    cdef uint64_t slot
    cdef Table* table
    if zone is NULL:
        return
    table = zone.state.table
    if table is not NULL:
        for slot in range(table.mask + 1):
            free(table.slots[slot])
    free_table(table)
    free_image(zone.state.image)
    free(zone.state)
    free(zone)
