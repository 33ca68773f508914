"""The additional section, as ``microdns_auth.additional`` has it."""

from microdns_dns.engine.reply cimport Owned
from microdns_dns.engine.solve cimport Search


cdef void add_additional(Search* search, Owned* answered) noexcept nogil
cdef void add_glue(Search* search, int cut_label) noexcept nogil
