cdef class Template:
    cdef public object lease_time
    cdef public bytes siaddr
    cdef public bytes names
    cdef public object always
    cdef public dict octets
    cdef public dict _ready

    cpdef bytes ready(self, bytes first, bytes requested)
