"""The engine as Python sees it."""

from microdns_dns.engine.cache cimport PacketCache, Table
from microdns_dns.engine.counters cimport Counters
from microdns_dns.engine.guard cimport CompiledGuard, Guard
from microdns_dns.engine.packet cimport Scratch, Settings
from microdns_dns.engine.zones cimport Zones


cdef class Engine:
    cdef readonly Zones zones
    cdef Settings settings
    cdef CompiledGuard _guard
    cdef PacketCache _packets
    cdef Table _no_packets
    cdef Guard _nobody
    # What guards before there is a guard: nothing.
    cdef Scratch* _scratch
    cdef unsigned char* _out
    cdef Counters* _counters
