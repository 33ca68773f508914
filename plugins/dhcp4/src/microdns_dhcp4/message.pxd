cimport cython


cdef class Message:
    cdef public int op
    cdef public int htype
    cdef public int hops
    cdef public object xid
    cdef public int secs
    cdef public int flags
    cdef public bytes ciaddr
    cdef public bytes yiaddr
    cdef public bytes siaddr
    cdef public bytes giaddr
    cdef public bytes chaddr
    cdef public bytes sname
    cdef public bytes file
    cdef public dict options
    cdef public int type


@cython.locals(hlen=cython.int, found=dict, overload=bytes, kind=bytes, chaddr=bytes)
cpdef Message parse(bytes data)

cdef _overloaded(Message message, bytes data, bytes overload, dict found)

@cython.locals(code=cython.int, start=cython.Py_ssize_t)
cdef _collect(bytes data, Py_ssize_t at, Py_ssize_t end, dict found)

@cython.locals(found=dict, at=cython.Py_ssize_t, end=cython.Py_ssize_t, start=cython.Py_ssize_t)
cpdef dict suboptions(bytes data)

cpdef bytes tlv(int code, bytes value)
cpdef bytes pack_head(Message request, bytes yiaddr, bytes siaddr, bytes ciaddr=*, int op=*)
cpdef bytes assemble(bytes head, bytes names, bytes options)
