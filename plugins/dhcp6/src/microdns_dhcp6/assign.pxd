from microdns_dhcp6.exchange cimport Exchange
from microdns_dhcp6.message cimport Ia
from microdns_dhcp6.plan cimport Plan
from microdns_dhcp6.template cimport Template


cdef class Assigned:
    cdef public object arena
    cdef public bytes client
    cdef public tuple gone
    cdef public Ia ia
    cdef public bytes item
    cdef public object pool
    cdef public bytes refusal
    cdef public Template template

    cpdef bytes octets(self, t1, t2)


cdef class Assigner:
    cdef public object _book
    cdef public Plan _plan
    cdef public object _queue

    cpdef list choose(self, Exchange exchange)
    cpdef list request(self, Exchange exchange)
    cpdef list _each(self, Exchange exchange, find)
    cpdef _choose(self, Exchange exchange, Assigned each, bytes reserved)
    cpdef _request(self, Exchange exchange, Assigned each, bytes reserved)
    cpdef arena_on_link(self, Exchange exchange, bytes item)
    cpdef bint _claim(self, Exchange exchange, Assigned each, arena, bytes item)
    cpdef _hold(self, Exchange exchange, Assigned each)
    cpdef _settle(self, Exchange exchange, Assigned each, arena, bytes item)
