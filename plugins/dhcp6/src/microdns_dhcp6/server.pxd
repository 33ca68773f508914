from microdns_dhcp6.assign cimport Assigned, Assigner
from microdns_dhcp6.exchange cimport Exchange
from microdns_dhcp6.message cimport Message, parse, tlv
from microdns_dhcp6.plan cimport Plan


cdef class Server:
    cdef public object queue
    cdef public object _book
    cdef public object _catalogue
    cdef public object _config
    cdef public object _shared
    cdef public object _metrics
    cdef public bytes _duid
    cdef public bytes _server_id
    cdef public bytes _preference
    cdef public dict _steps
    cdef public Plan _plan
    cdef public Assigner _assigner
    cdef public tuple _everywhere
    cdef public dict _links

    cpdef _not_for_us(self, Exchange exchange, bint unicast)
    cpdef _identify(self, Exchange exchange)
    cpdef tuple _arenas(self, Exchange exchange)
    cpdef _solicit(self, Exchange exchange)
    cpdef _request(self, Exchange exchange)
    cpdef bint _queue_full(self, Exchange exchange)
    cpdef _lease(self, Exchange exchange, Assigned assigned, name)
    cpdef _send(self, Exchange exchange, int kind, bytes body)
