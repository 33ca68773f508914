cdef class Template:
    cdef public object valid
    cdef public object preferred
    cdef public tuple times
    cdef public dict octets
    cdef public list always
    cdef public dict _ready

    cpdef bytes ready(self, bytes requested)
