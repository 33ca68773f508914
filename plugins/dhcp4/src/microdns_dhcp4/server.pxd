from microdns_dhcp4.exchange cimport Exchange
from microdns_dhcp4.message cimport Message, assemble, pack_head, parse, tlv
from microdns_dhcp4.plan cimport Plan
from microdns_dhcp4.template cimport Template


cdef class Server:
    cdef public object queue
    cdef public object conflicts
    cdef public set own_addresses
    cdef public object _book
    cdef public object _catalogue
    cdef public object _config
    cdef public object _shared
    cdef public object _metrics
    cdef public object _log
    cdef public dict _steps
    cdef public Plan _plan
    cdef public dict _links

    cpdef _discover(self, Exchange exchange)
    cpdef bytes _choose(self, Exchange exchange)
    cpdef bint _claim(self, Exchange exchange, bytes address)
    cpdef _request(self, Exchange exchange)
    cpdef _selecting(self, Exchange exchange, bytes address)
    cpdef Template _template(self, Exchange exchange, bytes address)
    cpdef _lease_time(self, Exchange exchange, Template template)
    cpdef _lease(self, Exchange exchange, bytes address, lease_time, name)
    cpdef _send(self, Exchange exchange, bytes reply, bytes yiaddr, bint refused=*)
