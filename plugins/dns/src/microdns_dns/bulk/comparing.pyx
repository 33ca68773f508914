# cython: language_level=3
"""A run of records beside the rows of a zone that is there already: which owners differ.

Both are in the order of the store, so one pass over both tells it, and a record that is the same is
never made an object.  What differs, or looks in any way unusual, is left to the careful way.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport uint8_t
from libc.string cimport memcmp

from microdns_dns.bulk.run cimport Item, RecordRun

cdef enum:
    ENDING = 19  # octets of a row's key after its owner's key: a zero, the type, the id
    FIELDS = 0x9D  # an array of 13
    ID = 38  # octets of an id as msgpack
    BEFORE = 1 + 2 * ID  # octets of a value before the name
    ENABLED = 0xC3
    RECORDS_MAX = 64  # of one owner; with more, it is left to the careful way


cdef class Comparison:
    """Compares a sorted run with rows (keys, and values as msgpack) in the order of their keys.

    ``prefix`` counts the octets of keys before the owner's.  Records whose source is not
    among ``sources``, given as msgpack, count as different.
    """

    cdef RecordRun _run
    cdef size_t _prefix
    cdef size_t _at
    cdef list _group
    cdef tuple _sources
    cdef readonly list rows
    # Rows of owners that differ.
    cdef readonly list places
    # Places in the file of the records of owners that differ.
    cdef readonly size_t same
    # How many records are the same.

    def __init__(self, RecordRun run not None, size_t prefix, tuple sources not None):
        self._run = run
        self._prefix = prefix
        self._sources = sources
        self._group = []
        self.rows = []
        self.places = []

    def feed(self, list rows not None):
        """Go on with these rows; raises ValueError."""
        cdef bytes key
        for row in rows:
            key = row[0]
            if <size_t>PyBytes_GET_SIZE(key) < self._prefix + ENDING:
                raise ValueError("a row's key is too short")
            if self._group and not self._in_group(key):
                self._close_group()
            self._group.append(row)

    def finish(self):
        """There are no more rows."""
        if self._group:
            self._close_group()
        while self._at < self._run._ordered:
            self._differs()

    cdef bint _in_group(self, bytes key):
        cdef bytes first = (<tuple>self._group[0])[0]
        cdef Py_ssize_t size = PyBytes_GET_SIZE(key)
        return PyBytes_GET_SIZE(first) == size and memcmp(
            PyBytes_AS_STRING(first), PyBytes_AS_STRING(key), size - ENDING
        ) == 0

    cdef int _order(self) except -2:
        """Whether the run's present owner comes before, at or after that of the group."""
        cdef bytes key = (<tuple>self._group[0])[0]
        cdef size_t size = PyBytes_GET_SIZE(key) - self._prefix - ENDING
        cdef Item* item = self._run._placed(self._at)
        cdef int order = memcmp(
            self._run._arena + item.at, PyBytes_AS_STRING(key) + self._prefix, min(size, item.key)
        )
        if order == 0:
            order = (item.key > size) - (item.key < size)
        return 1 if order > 0 else -1 if order < 0 else 0

    cdef size_t _end(self) except? 0:
        """Where the records of the run's present owner end."""
        cdef size_t end = self._at + 1
        while end < self._run._ordered and self._run._same_owner(self._at, end):
            end += 1
        return end

    cdef int _differs(self) except -1:
        """Pass over the run's present owner, which differs."""
        cdef size_t end = self._end()
        while self._at < end:
            self.places.append(self._run._order[self._at].index)
            self._at += 1
        return 0

    cdef int _close_group(self) except -1:
        cdef int order = 1
        while self._at < self._run._ordered:
            order = self._order()
            if order >= 0:
                break
            self._differs()
        else:
            order = 1
        if order == 0 and self._alike():
            self.same += len(self._group)
        else:
            self.rows.extend(self._group)
            if order == 0:
                self._differs()
        self._group = []
        return 0

    cdef bint _alike(self) except -1:
        """Whether group and owner have the same records; passes over them if they have."""
        cdef size_t end = self._end(), at
        cdef list left
        if end - self._at != <size_t>len(self._group) or end - self._at > RECORDS_MAX:
            return False
        left = [self._run._content(self._run._placed(at)) for at in range(self._at, end)]
        for row in self._group:
            for content in left:
                if self._is_same(row[1], content):
                    left.remove(content)
                    break
            else:
                return False
        self._at = end
        return True

    cdef bint _is_same(self, bytes value, bytes content) except -1:
        """Whether a row's value is an enabled record of this content and of a source wanted."""
        cdef const uint8_t* octets = <const uint8_t*>PyBytes_AS_STRING(value)
        cdef size_t size = PyBytes_GET_SIZE(value), known = PyBytes_GET_SIZE(content)
        cdef bytes source
        if size < BEFORE + known + 1 or octets[0] != FIELDS:
            return False
        if not _is_id(octets + 1) or not _is_id(octets + 1 + ID):
            return False
        if memcmp(octets + BEFORE, PyBytes_AS_STRING(content), known):
            return False
        if octets[BEFORE + known] != ENABLED:
            return False
        for source in self._sources:
            if value.startswith(source, BEFORE + known + 1):
                return True
        return False


cdef inline bint _is_id(const uint8_t* octets) noexcept nogil:
    """Whether a text of 36 letters begins here."""
    return octets[0] == 0xD9 and octets[1] == ID - 2
