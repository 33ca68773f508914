from microdns_dhcp4.message cimport Message


cdef class Exchange:
    cdef public object arena
    cdef public bytes circuit_id
    cdef public tuple classes
    cdef public bytes client
    cdef public bytes hardware
    cdef public tuple link_arenas
    cdef public Message message
    cdef public object pool
    cdef public bytes relay
    cdef public dict relay_info
    cdef public bytes remote_id
    cdef public object reservation
    cdef public object served
    cdef public bytes server
    cdef public tuple source
