from microdns_dhcp6.message cimport Message


cdef class Exchange:
    cdef public Message message
    cdef public tuple source
    cdef public object served
    cdef public bytes duid
    cdef public bytes link
    cdef public bytes interface_id
    cdef public bytes remote_id
    cdef public object reservation
    cdef public tuple classes
    cdef public tuple link_arenas
    cdef public bytes hardware

    cpdef bytes find_hardware(self)
