# cython: language_level=3
"""Packed records; see the .pxd."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcmp, memcpy

cdef enum:
    CNAME = 5
    DNAME = 39
    NS = 2
    OVERHEAD = 12
    # Octets of a record in a message beside its data, as ``repository.rules`` counts them.
    FIRST_ITEMS = 1024
    FIRST_ARENA = 65536
    ID_OCTETS = 36
    PAIRS_MAX = 64
    LARGE = 0xFFFF


cdef size_t MANY = 0xFFFFFFFF


cdef class RecordRun:
    """Records in the order of a file; after ``sort``, in that of the store as well."""

    def __dealloc__(self):
        free(self._arena)
        free(self._items)
        free(self._order)

    def __len__(self):
        return self._count

    @property
    def kept(self) -> int:
        """How many there are in the order of the store: without those given twice."""
        return self._ordered

    def add(self, bytes key, str name, int rrtype, unsigned int ttl, bytes rdata, unsigned int line):
        """One record; ``key`` is the name's relative key, ``line`` where it stands in its file."""
        cdef bytes text = name.encode("ascii")
        if not 0 <= rrtype <= 0xFFFF:
            raise ValueError("a record's type has 16 bits")
        self.append(
            <const uint8_t*>PyBytes_AS_STRING(key), len(key),
            <const uint8_t*>PyBytes_AS_STRING(text), len(text),
            <uint16_t>rrtype, ttl, <const uint8_t*>PyBytes_AS_STRING(rdata), len(rdata), line,
        )

    cdef int append(
        self, const uint8_t* key, size_t key_size, const uint8_t* name, size_t name_size,
        uint16_t rrtype, uint32_t ttl, const uint8_t* rdata, size_t rdata_size, uint32_t line,
    ) except -1 nogil:
        cdef size_t size = key_size + name_size + rdata_size
        cdef Item* item
        if key_size > LARGE or name_size > LARGE or rdata_size > LARGE:
            with gil:
                raise ValueError("a record's name or data are too large")
        if self._count == MANY or not self._make_room(size):
            with gil:
                raise MemoryError
        item = &self._items[self._count]
        item.at = self._used
        item.line = line
        item.ttl = ttl
        item.key = <uint16_t>key_size
        item.name = <uint16_t>name_size
        item.rdata = <uint16_t>rdata_size
        item.type = rrtype
        memcpy(self._arena + self._used, key, key_size)
        memcpy(self._arena + self._used + key_size, name, name_size)
        memcpy(self._arena + self._used + key_size + name_size, rdata, rdata_size)
        self._used += size
        self._count += 1
        self._ordered = 0
        return 0

    cdef bint _make_room(self, size_t size) noexcept nogil:
        """Room for one more item and so many octets; false when there is no memory."""
        cdef size_t room
        cdef void* grown
        if self._count == self._items_room:
            room = FIRST_ITEMS if self._items_room == 0 else self._items_room * 2
            grown = realloc(self._items, room * sizeof(Item))
            if grown is NULL:
                return False
            self._items = <Item*>grown
            self._items_room = room
        if self._room - self._used >= size and self._arena is not NULL:
            return True
        room = FIRST_ARENA if self._room == 0 else self._room
        while room - self._used < size:
            room *= 2
        grown = realloc(self._arena, room)
        if grown is NULL:
            return False
        self._arena = <uint8_t*>grown
        self._room = room
        return True

    def record(self, size_t index):
        """Owner, type, data and TTL of a record, by its place in the file."""
        cdef Item* item
        cdef const char* at
        if index >= self._count:
            raise IndexError(index)
        item = &self._items[index]
        at = <const char*>self._arena + item.at + item.key
        name = at[:item.name].decode("ascii")
        return name, item.type, PyBytes_FromStringAndSize(at + item.name, item.rdata), item.ttl

    def line(self, size_t index) -> int:
        """The line that a record stands on, by its place in the file."""
        if index >= self._count:
            raise IndexError(index)
        return self._items[index].line

    def place(self, size_t place) -> int:
        """The place in the file of a record, by its place in the order of the store."""
        if place >= self._ordered:
            raise IndexError(place)
        return self._order[place].index

    # --- the order of the store: owner (RFC 4034 6.1), type, place in the file

    def sort(self):
        """Find the order of the store; others run meanwhile.  Raises MemoryError."""
        cdef bint done
        free(self._order)
        self._order = <Place*>malloc(max(self._count, <size_t>1) * sizeof(Place))
        if self._order is NULL:
            raise MemoryError
        with nogil:
            self._begin_order()
            self._ordered = self._count
            done = self._sorted() or self._merge()
        if not done:
            self._ordered = 0
            raise MemoryError

    cdef void _begin_order(self) noexcept nogil:
        cdef size_t index, octet
        cdef uint64_t head
        cdef Item* item
        for index in range(self._count):
            item = &self._items[index]
            head = 0
            for octet in range(8):
                head <<= 8
                if octet < item.key:
                    head |= self._arena[item.at + octet]
            self._order[index].head = head
            self._order[index].index = <uint32_t>index

    cdef int _compare(self, const Place* one, const Place* other) noexcept nogil:
        cdef Item* left
        cdef Item* right
        cdef int order
        if one.head != other.head:
            return -1 if one.head < other.head else 1
        left, right = &self._items[one.index], &self._items[other.index]
        order = memcmp(
            self._arena + left.at, self._arena + right.at, min(left.key, right.key)
        )
        if order == 0:
            order = <int>left.key - <int>right.key
        if order == 0:
            order = <int>left.type - <int>right.type
        return order

    cdef bint _sorted(self) noexcept nogil:
        cdef size_t at
        for at in range(1, self._count):
            if self._compare(&self._order[at - 1], &self._order[at]) > 0:
                return False
        return True

    cdef bint _merge(self) noexcept nogil:
        """Merge sort from the bottom up, which keeps equal ones as they were; false: no memory."""
        cdef Place* source = self._order
        cdef Place* target = <Place*>malloc(self._count * sizeof(Place))
        cdef size_t width = 1, start, left, right, middle, end, at
        if target is NULL:
            return False
        while width < self._count:
            start = 0
            while start < self._count:
                middle = min(start + width, self._count)
                end = min(start + 2 * width, self._count)
                left, right = start, middle
                for at in range(start, end):
                    if right >= end or (
                        left < middle and self._compare(&source[left], &source[right]) <= 0
                    ):
                        target[at] = source[left]
                        left += 1
                    else:
                        target[at] = source[right]
                        right += 1
                start = end
            source, target = target, source
            width *= 2
        free(target)
        self._order = source
        return True

    cdef Item* _placed(self, size_t place) except NULL:
        if place >= self._ordered:
            raise IndexError(place)
        return &self._items[self._order[place].index]

    cdef bint _same_owner(self, size_t one, size_t other) noexcept nogil:
        cdef Item* left = &self._items[self._order[one].index]
        cdef Item* right = &self._items[self._order[other].index]
        return self._order[one].head == self._order[other].head and left.key == right.key and (
            memcmp(self._arena + left.at, self._arena + right.at, left.key) == 0
        )

    # --- what needs a closer look

    def suspects(self, size_t octets_max):
        """Places in the file, in order, of all records of owners that may break a rule.

        Those are owners with a CNAME or DNAME and anything else, an apex with a CNAME, RRsets of
        more than ``octets_max``: see ``repository.rules``, which decides.
        """
        return self._found(True, octets_max)

    def maybe_twice(self):
        """Places in the file, in order, of all records of owners that may have one twice."""
        return self._found(False, 0)

    def _found(self, bint rules, size_t octets_max):
        cdef size_t start = 0, end, at
        found = []
        while start < self._ordered:
            end = start + 1
            while end < self._ordered and self._same_owner(start, end):
                end += 1
            if self._is_suspect(start, end, octets_max) if rules else self._maybe_twice(start, end):
                found.extend([self._order[at].index for at in range(start, end)])
            start = end
        found.sort()
        return found

    cdef bint _is_suspect(self, size_t start, size_t end, size_t octets_max) noexcept nogil:
        cdef size_t at, octets = 0
        cdef Item* item
        for at in range(start, end):
            item = &self._items[self._order[at].index]
            octets += item.rdata + OVERHEAD
            if item.type == CNAME and (end - start > 1 or item.key == 0):
                return True
            if item.type == DNAME and end - start > 1:
                return True
        return octets > octets_max

    cdef bint _maybe_twice(self, size_t start, size_t end) noexcept nogil:
        """Whether two may be the same but for the case of names in their data."""
        cdef size_t one, other
        cdef Item* left
        cdef Item* right
        if end - start > PAIRS_MAX:
            return True
        for one in range(start, end):
            left = &self._items[self._order[one].index]
            for other in range(one + 1, end):
                right = &self._items[self._order[other].index]
                if left.type == right.type and left.rdata == right.rdata and _alike(
                    self._arena + left.at + left.key + left.name,
                    self._arena + right.at + right.key + right.name, left.rdata,
                ):
                    return True
        return False

    def leave_out(self, set places):
        """Take the records at these places of the file out of the order of the store."""
        cdef size_t at, kept = 0
        for at in range(self._ordered):
            if self._order[at].index not in places:
                self._order[kept] = self._order[at]
                kept += 1
        self._ordered = kept

    # --- what goes into the store and the journal

    def value_rows(
        self, size_t start, size_t count, bytes prefix, bytes version, str first_id, str zone_id,
        bytes tail,
    ):
        """Rows of the records from a place of the order on: key and value, as the store has them.

        ``prefix`` is what keys begin with; the record at place n has the nth id after
        ``first_id``; ``tail`` is the msgpack of a record's fields after its rdata.
        """
        cdef size_t at, end = min(start + count, self._ordered)
        cdef Item* item
        cdef uint8_t[ID_OCTETS] id
        cdef uint8_t[16] id_key
        cdef uint32_t number = _last_number(first_id)
        cdef bytes zone = zone_id.encode("ascii")
        cdef bytes key, value
        cdef uint8_t* out
        cdef const uint8_t* name
        cdef size_t size
        _first_id(id, first_id)
        if len(zone) != ID_OCTETS or len(version) != 8:
            raise ValueError("ids have 36 letters, versions 8 octets")
        rows = []
        for at in range(start, end):
            item = self._placed(at)
            _number_id(id, <uint32_t>(number + at))
            _id_key(id_key, id)
            size = len(prefix) + item.key + 3 + 16
            key = PyBytes_FromStringAndSize(NULL, size)
            out = <uint8_t*>PyBytes_AS_STRING(key)
            out = _put(out, <const uint8_t*>PyBytes_AS_STRING(prefix), len(prefix))
            out = _put(out, self._arena + item.at, item.key)
            out[0] = 0
            out[1] = <uint8_t>(item.type >> 8)
            out[2] = <uint8_t>item.type
            _put(out + 3, id_key, 16)
            size = (
                8 + 1 + 2 * (2 + ID_OCTETS) + _text_size(item.name) + _uint_size(item.type)
                + _uint_size(item.ttl) + _octets_size(item.rdata) + len(tail)
            )
            value = PyBytes_FromStringAndSize(NULL, size)
            out = <uint8_t*>PyBytes_AS_STRING(value)
            out = _put(out, <const uint8_t*>PyBytes_AS_STRING(version), 8)
            out[0] = 0x9D  # an array of 13
            out = _put_text(out + 1, id, ID_OCTETS)
            out = _put_text(out, <const uint8_t*>PyBytes_AS_STRING(zone), ID_OCTETS)
            name = self._arena + item.at + item.key
            out = _put_text(out, name, item.name)
            out = _put_uint(out, item.type)
            out = _put_uint(out, item.ttl)
            out = _put_octets(out, name + item.name, item.rdata)
            _put(out, <const uint8_t*>PyBytes_AS_STRING(tail), len(tail))
            rows.append((key, value))
        return rows

    def index_rows(
        self, size_t start, size_t count, bytes head, bytes ending, str first_id, bytes prefix
    ):
        """Rows of the unique index ``id``: its head, the id escaped, its ending; the value's key.

        ``prefix`` is what that key begins with.
        """
        cdef size_t at, end = min(start + count, self._ordered)
        cdef Item* item
        cdef uint8_t[ID_OCTETS] id
        cdef uint8_t[16] id_key
        cdef uint8_t[32] escaped
        cdef uint32_t number = _last_number(first_id)
        cdef bytes row, key
        cdef uint8_t* out
        cdef size_t size
        cdef int octet
        _first_id(id, first_id)
        rows = []
        for at in range(start, end):
            item = self._placed(at)
            _number_id(id, <uint32_t>(number + at))
            _id_key(id_key, id)
            size = 0
            for octet in range(16):
                escaped[size] = id_key[octet]
                size += 1
                if id_key[octet] == 0:
                    escaped[size] = 0xFF
                    size += 1
            row = PyBytes_FromStringAndSize(NULL, len(head) + size + len(ending))
            out = <uint8_t*>PyBytes_AS_STRING(row)
            out = _put(out, <const uint8_t*>PyBytes_AS_STRING(head), len(head))
            out = _put(out, escaped, size)
            _put(out, <const uint8_t*>PyBytes_AS_STRING(ending), len(ending))
            key = PyBytes_FromStringAndSize(NULL, len(prefix) + item.key + 3 + 16)
            out = <uint8_t*>PyBytes_AS_STRING(key)
            out = _put(out, <const uint8_t*>PyBytes_AS_STRING(prefix), len(prefix))
            out = _put(out, self._arena + item.at, item.key)
            out[0] = 0
            out[1] = <uint8_t>(item.type >> 8)
            out[2] = <uint8_t>item.type
            _put(out + 3, id_key, 16)
            rows.append((row, key))
        return rows

    cdef bytes _content(self, Item* item):
        """Name, type, TTL and data as msgpack, as they stand in a record's value."""
        cdef const uint8_t* name = self._arena + item.at + item.key
        cdef bytes made = PyBytes_FromStringAndSize(
            NULL,
            _text_size(item.name) + _uint_size(item.type) + _uint_size(item.ttl)
            + _octets_size(item.rdata),
        )
        cdef uint8_t* out = <uint8_t*>PyBytes_AS_STRING(made)
        out = _put_text(out, name, item.name)
        out = _put_uint(out, item.type)
        out = _put_uint(out, item.ttl)
        _put_octets(out, name + item.name, item.rdata)
        return made

    def packed(self, size_t start, size_t count) -> bytes:
        """Records from a place of the order on, as msgpack: an array of name, type, TTL, data."""
        cdef size_t at, end = min(start + count, self._ordered), size = 5
        cdef Item* item
        cdef bytes made
        cdef uint8_t* out
        cdef const uint8_t* name
        start = min(start, end)
        for at in range(start, end):
            item = self._placed(at)
            size += (
                1 + _text_size(item.name) + _uint_size(item.type) + _uint_size(item.ttl)
                + _octets_size(item.rdata)
            )
        made = PyBytes_FromStringAndSize(NULL, size)
        out = <uint8_t*>PyBytes_AS_STRING(made)
        out[0] = 0xDD
        out = _put_number(out + 1, end - start, 4)
        for at in range(start, end):
            item = self._placed(at)
            name = self._arena + item.at + item.key
            out[0] = 0x94
            out = _put_text(out + 1, name, item.name)
            out = _put_uint(out, item.type)
            out = _put_uint(out, item.ttl)
            out = _put_octets(out, name + item.name, item.rdata)
        return made


cdef bint _alike(const uint8_t* one, const uint8_t* other, size_t count) noexcept nogil:
    """Whether octets are the same but for the case of letters."""
    cdef size_t at
    cdef uint8_t left, right
    for at in range(count):
        left, right = one[at], other[at]
        if left == right:
            continue
        if left | 32 != right | 32 or not 97 <= left | 32 <= 122:
            return False
    return True


# --- ids: 36 letters, of which the last eight are a number in hex (``model.new_ids``)

cdef int _first_id(uint8_t* id, str first) except -1:
    cdef bytes text = first.encode("ascii")
    if len(text) != ID_OCTETS:
        raise ValueError("an id has 36 letters")
    memcpy(id, PyBytes_AS_STRING(text), ID_OCTETS)
    return 0


def _last_number(str first):
    return int(first[28:], 16)


cdef void _number_id(uint8_t* id, uint32_t number) noexcept nogil:
    cdef int at
    cdef uint8_t digit
    for at in range(8):
        digit = <uint8_t>(number >> (28 - 4 * at)) & 15
        id[28 + at] = 48 + digit if digit < 10 else 87 + digit


cdef void _id_key(uint8_t* key, const uint8_t* id) noexcept nogil:
    """The 16 octets of an id, as ``model.id_key`` makes them."""
    cdef int at, digits = 0
    cdef uint8_t letter, digit
    for at in range(ID_OCTETS):
        letter = id[at]
        if letter == 45 or digits == 32:
            continue
        digit = letter - 48 if letter < 58 else (letter | 32) - 87
        if digits & 1:
            key[digits >> 1] |= digit & 15
        else:
            key[digits >> 1] = (digit & 15) << 4
        digits += 1


# --- msgpack; sizes come from the functions of the same names

cdef inline uint8_t* _put(uint8_t* out, const uint8_t* octets, size_t count) noexcept nogil:
    memcpy(out, octets, count)
    return out + count


cdef inline uint8_t* _put_number(uint8_t* out, uint64_t value, int octets) noexcept nogil:
    cdef int at
    for at in range(octets):
        out[at] = <uint8_t>(value >> (8 * (octets - 1 - at)))
    return out + octets


cdef inline size_t _uint_size(uint32_t value) noexcept nogil:
    return 1 if value < 128 else 2 if value < 256 else 3 if value < 65536 else 5


cdef inline uint8_t* _put_uint(uint8_t* out, uint32_t value) noexcept nogil:
    cdef size_t size = _uint_size(value)
    if size == 1:
        out[0] = <uint8_t>value
        return out + 1
    out[0] = 0xCC if size == 2 else 0xCD if size == 3 else 0xCE
    return _put_number(out + 1, value, <int>size - 1)


cdef inline size_t _text_size(size_t size) noexcept nogil:
    return size + (1 if size < 32 else 2 if size < 256 else 3)


cdef inline uint8_t* _put_text(uint8_t* out, const uint8_t* text, size_t size) noexcept nogil:
    if size < 32:
        out[0] = <uint8_t>(0xA0 | size)
        out += 1
    elif size < 256:
        out[0] = 0xD9
        out = _put_number(out + 1, size, 1)
    else:
        out[0] = 0xDA
        out = _put_number(out + 1, size, 2)
    return _put(out, text, size)


cdef inline size_t _octets_size(size_t size) noexcept nogil:
    return size + (2 if size < 256 else 3)


cdef inline uint8_t* _put_octets(uint8_t* out, const uint8_t* octets, size_t size) noexcept nogil:
    out[0] = 0xC4 if size < 256 else 0xC5
    out = _put_number(out + 1, size, 1 if size < 256 else 2)
    return _put(out, octets, size)
