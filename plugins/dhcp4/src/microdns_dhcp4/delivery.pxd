from microdns_dhcp4.exchange cimport Exchange

cpdef text(bytes address)
cpdef send(Exchange exchange, bytes reply, bytes yiaddr, bint refused=*)
cpdef bytes ethernet_frame(Exchange exchange, bytes payload, bytes destination)
cpdef bytes ip_packet(bytes source, bytes destination, bytes payload)
cpdef int checksum(bytes data)
