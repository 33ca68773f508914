cdef class LeaseClock:
    cdef public object _clock
    cdef public object offset
    cdef public double _base

    cpdef now(self)
