"""The options that have a name: number, name, type (RFC 8415 and those of IANA's registry)."""

from microdns_dhcp.options import OptionTable
from microdns_dhcp6.values import TYPES

_TABLE = """
1 client-identifier hex
2 server-identifier hex
3 ia-na hex
4 ia-ta hex
5 ia-address hex
6 option-request u16s
7 preference u8
8 elapsed-time u16
9 relay-message hex
11 authentication hex
12 server-unicast ip
13 status-code hex
14 rapid-commit empty
15 user-class strings
16 vendor-class hex
17 vendor-options vendor
18 interface-id hex
19 reconfigure-message u8
20 reconfigure-accept empty
21 sip-server-names domains
22 sip-servers ips
23 dns ips
24 domain-search domains
25 ia-pd hex
26 ia-prefix hex
27 nis-servers ips
28 nis-plus-servers ips
29 nis-domain domain
30 nis-plus-domain domain
31 sntp-servers ips
32 information-refresh-time u32
33 bcms-domains domains
34 bcms-addresses ips
36 civic-location hex
37 remote-id hex
38 subscriber-id hex
39 client-fqdn hex
40 pana-agents ips
41 timezone-posix text
42 timezone-name text
43 echo-request u16s
49 mip6-home-network hex
51 lost-server domain
52 capwap-controllers ips
53 relay-id hex
56 ntp-servers time_servers
57 access-domain domain
58 sip-ua-domains domains
59 boot-file-url text
60 boot-file-parameters strings
61 client-architecture u16s
62 client-network-interface hex
63 geolocation hex
64 aftr-name domain
65 erp-local-domain domain
67 pd-exclude hex
74 rdnss-selection hex
79 client-link-layer-address hex
80 link-address ip
82 sol-max-rt u32
83 inf-max-rt u32
88 dhcp4o6-servers ips
94 s46-map-e hex
95 s46-map-t hex
96 s46-lightweight hex
103 captive-portal text
112 mud-url text
113 prefix64 hex
135 relay-port u16
141 dots-reference domain
142 dots-addresses ips
144 encrypted-dns encrypted_dns
148 address-registration empty
"""

_OURS = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 18, 19, 20, 25, 26, 39, 43, 79, 135})

OPTIONS = OptionTable(_TABLE, TYPES, _OURS, 65535)
