from microdns_dhcp.free cimport FreeAddresses


cdef class PoolInUse:
    cdef public object _base
    cdef public Py_ssize_t _octets
    cdef public int _shift
    cdef public bytes _suffix
    cdef public FreeAddresses free
    cdef public bytes high
    cdef public bytes low
    cdef public object pool

    cpdef bint holds(self, bytes address)
    cpdef number(self, bytes address)
    cpdef bytes address(self, number)


cdef class Arena:
    cdef public object subnet
    cdef public tuple pools
    cdef public dict _bindings
    cdef public dict _unread
    cdef public list _unread_lasts
    cdef public list _ended
    cdef public dict clients
    cdef public object offers
    cdef public dict held
    cdef public Py_ssize_t active
    cdef public Py_ssize_t quarantined
    cdef public bint _same_client

    cpdef binding(self, bytes address)
    cpdef bytes choose(self, bytes client, bytes wanted, allowed)
    cpdef bint claim(self, bytes client, bytes address, allowed)
    cpdef bint claim_reserved(self, bytes client, bytes address)
    cpdef offer(self, bytes client, bytes address, until)
    cpdef bint _no_offer_any_more(self, bytes client, bytes address)
    cpdef withdraw(self, bytes client)
    cpdef let_go(self, bytes address)
    cpdef PoolInUse pool_of(self, bytes address)
    cpdef bint _may_have(self, bytes address, allowed)
    cpdef bint _take_at(self, bytes address, bytes client, allowed)
    cpdef bytes _take(self, bytes client, allowed)
    cpdef bytes _take_over(self, bytes client, allowed)
    cpdef _give_back(self, bytes address)
    cpdef put(self, bytes address, bytes client, int state, expires)
    cpdef _settle_offer(self, bytes client, bytes address)
    cpdef _keep_or_give_back(self, bytes address, bytes client, int state, int before)
    cpdef _forget_client(self, binding)
    cpdef _take_quietly(self, bytes address)
