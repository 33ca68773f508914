from microdns_dhcp.arena cimport Arena


cdef class Change:
    cdef public object event
    cdef public object lease


cdef class LeaseBook:
    cdef public object clock
    cdef public dict arenas
    cdef public dict strays
    cdef public object _store
    cdef public object _actor
    cdef public object _log
    cdef public object _image
    cdef public object _untimed
    cdef public object _wheel
    cdef public object _expiring
    cdef public object _ended
    cdef public dict _ranges
    cdef public dict _counts
    cdef public object _untap

    cpdef Arena arena_of(self, bytes address)
    cpdef binding(self, bytes address)
    cpdef Change grant(self, lease, Arena arena=*)
    cpdef _follow(self, list entries)
    cpdef _put(self, lease)
    cpdef _removed(self, bytes address)
