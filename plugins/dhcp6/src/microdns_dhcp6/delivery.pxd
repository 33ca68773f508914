from microdns_dhcp6.exchange cimport Exchange

cpdef send(Exchange exchange, bytes message)
