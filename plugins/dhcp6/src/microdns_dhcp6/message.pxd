cimport cython


cdef class Ia:
    cdef public int kind
    cdef public bytes iaid
    cdef public tuple items


cdef class Relay:
    cdef public int hops
    cdef public bytes link
    cdef public bytes peer
    cdef public dict options


cdef class Message:
    cdef public int type
    cdef public bytes xid
    cdef public bytes client_id
    cdef public dict options
    cdef public list ias
    cdef public list relays


@cython.locals(at=cython.Py_ssize_t, end=cython.Py_ssize_t, start=cython.Py_ssize_t, code=cython.int, length=cython.int)
cpdef Message parse(bytes data)

@cython.locals(at=cython.Py_ssize_t, end=cython.Py_ssize_t)
cdef Ia _ia(int kind, bytes data)

cpdef bytes tlv(int code, bytes value)
cpdef bytes ia_with(int kind, bytes iaid, t1, t2, bytes item, preferred, valid)
