cdef class Pending:
    cdef public tuple parts
    cdef public object done
    cdef public double since


cdef class CommitQueue:
    cdef public set in_flight
    cdef public set clients
    cdef public object _book
    cdef public object _batch
    cdef public object _commit_seconds
    cdef public object _log
    cdef public list _waiting
    cdef public object _wake

    cpdef add_all(self, tuple parts, done=*)
