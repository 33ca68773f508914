from microdns_dhcp4.exchange cimport Exchange
from microdns_dhcp4.template cimport Template


cdef class Plan:
    cdef public object _catalogue
    cdef public object _lease_time
    cdef public list _classes
    cdef public tuple _kinds
    cdef public dict _templates
    cdef public dict _plain
    cdef public bint by_class
    cdef public dict relays

    cpdef Template template(self, Exchange exchange, pool)
