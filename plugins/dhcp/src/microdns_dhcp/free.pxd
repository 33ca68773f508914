cdef class FreeAddresses:
    cdef public object first
    cdef public object last
    cdef public object _cursor
    cdef public set _ahead
    cdef public Py_ssize_t _ahead_count
    cdef public dict _run_ends
    cdef public dict _run_starts
    cdef public object _released

    cpdef bint is_free(self, address)
    cpdef take(self)
    cpdef bint take_at(self, address)
    cpdef release(self, address)
    cpdef _advance(self, cursor)
    cpdef _take_ahead(self, address)
