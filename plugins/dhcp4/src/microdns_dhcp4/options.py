"""The options that have a name: number, name, type (RFC 2132 and those cited)."""

from dataclasses import dataclass
from typing import Any

from microdns_dhcp4.values import TYPES


@dataclass(frozen=True)
class OptionDefinition:
    """One option: ``number`` 1 to 254, ``type`` a key of ``values.TYPES``."""

    number: int
    name: str
    type: str


_TABLE = """
1 subnet-mask ip
2 time-offset s32
3 routers ips
4 time-servers ips
5 name-servers ips
6 dns ips
7 log-servers ips
8 cookie-servers ips
9 lpr-servers ips
10 impress-servers ips
11 resource-location-servers ips
12 hostname text
13 boot-size u16
14 merit-dump text
15 domain text
16 swap-server ip
17 root-path text
18 extensions-path text
19 ip-forwarding bool
20 non-local-source-routing bool
21 policy-filters ip_pairs
22 max-datagram-size u16
23 default-ip-ttl u8
24 path-mtu-aging-timeout u32
25 path-mtu-plateaus u16s
26 mtu u16
27 all-subnets-local bool
28 broadcast-address ip
29 perform-mask-discovery bool
30 mask-supplier bool
31 perform-router-discovery bool
32 router-solicitation-address ip
33 static-routes ip_pairs
34 trailer-encapsulation bool
35 arp-timeout u32
36 ethernet-encapsulation bool
37 default-tcp-ttl u8
38 tcp-keepalive-interval u32
39 tcp-keepalive-garbage bool
40 nis-domain text
41 nis-servers ips
42 ntp-servers ips
43 vendor-options vendor
44 netbios-name-servers ips
45 netbios-dd-servers ips
46 netbios-node-type u8
47 netbios-scope text
48 font-servers ips
49 x-display-managers ips
50 requested-address ip
51 lease-time u32
52 option-overload u8
53 message-type u8
54 server-identifier ip
55 parameter-request-list u8s
56 message text
57 max-message-size u16
58 renewal-time u32
59 rebinding-time u32
60 vendor-class text
61 client-identifier hex
62 nwip-domain text
63 nwip-suboptions hex
64 nis-plus-domain text
65 nis-plus-servers ips
66 tftp-server-name text
67 bootfile-name text
68 home-agents ips
69 smtp-servers ips
70 pop-servers ips
71 nntp-servers ips
72 www-servers ips
73 finger-servers ips
74 irc-servers ips
75 streettalk-servers ips
76 streettalk-da-servers ips
77 user-class hex
78 slp-directory-agents hex
79 slp-service-scope hex
80 rapid-commit empty
81 client-fqdn hex
82 relay-agent-information hex
85 nds-servers ips
86 nds-tree-name text
87 nds-context text
88 bcms-domains domains
89 bcms-addresses ips
91 client-last-transaction-time u32
92 associated-addresses ips
93 client-architecture u16s
94 client-network-interface hex
97 client-machine-identifier hex
98 user-authentication-protocol text
99 civic-location hex
100 timezone-posix text
101 timezone-name text
108 v6-only-preferred u32
112 netinfo-addresses ips
113 netinfo-tag text
114 captive-portal text
116 auto-configure u8
117 name-service-search u16s
118 subnet-selection ip
119 domain-search domains
120 sip-servers hex
121 classless-routes routes
122 cablelabs-configuration hex
123 geolocation hex
124 vendor-class-information hex
125 vendor-information vendor_information
128 tftp-servers-etherboot ips
136 pana-agents ips
137 lost-server domain
138 capwap-controllers ips
139 mos-addresses hex
140 mos-domains hex
141 sip-ua-domains domains
142 andsf-servers ips
144 geoloc hex
146 rdnss-selection hex
147 dots-reference domain
148 dots-addresses ips
150 tftp-server-addresses ips
151 status-code hex
152 base-time u32
153 start-time-of-state u32
154 query-start-time u32
155 query-end-time u32
156 dhcp-state u8
157 data-source u8
159 port-parameters hex
160 captive-portal-legacy text
161 mud-url text
162 encrypted-dns encrypted_dns
175 ipxe vendor
209 pxelinux-configfile text
210 pxelinux-pathprefix text
211 pxelinux-reboottime u32
212 sixrd hex
213 access-domain domain
220 subnet-allocation hex
221 virtual-subnet-selection hex
249 classless-routes-microsoft routes
252 wpad text
"""

BY_NUMBER: dict[int, OptionDefinition] = {}
BY_NAME: dict[str, OptionDefinition] = {}
for _line in _TABLE.split("\n"):
    if _line:
        _number, _name, _type = _line.split()
        BY_NUMBER[int(_number)] = BY_NAME[_name] = OptionDefinition(int(_number), _name, _type)

OURS = frozenset({0, 50, 51, 52, 53, 54, 55, 57, 58, 59, 61, 80, 81, 82, 255})
"""Options that the server makes itself: none of them can be set."""


def find(option: int | str) -> OptionDefinition:
    """The definition of a number or name; a number without a name is ``hex``.

    Raises ValueError for a name nobody knows, or a number outside 1 to 254.
    """
    if isinstance(option, str):
        if option.isascii() and option.isdigit():
            return find(int(option))
        try:
            return BY_NAME[option.lower().replace("_", "-")]
        except KeyError:
            raise ValueError(f"no option is called {option[:64]!r} (use its number)") from None
    if not 1 <= option <= 254:
        raise ValueError("option numbers go from 1 to 254")
    return BY_NUMBER.get(option) or OptionDefinition(option, str(option), "hex")


def encode(option: int | str, value: Any, type_name: str = "") -> tuple[int, bytes]:
    """Number and octets of an option as declared; raises ValueError with a message."""
    definition = find(option)
    if definition.number in OURS:
        raise ValueError(f"option {definition.name} is set by the server itself")
    kind = TYPES.get(type_name or definition.type)
    if kind is None:
        raise ValueError(f"no type {type_name!r} (there are {', '.join(sorted(TYPES))})")
    try:
        return definition.number, kind.encode(value)
    except ValueError as error:
        raise ValueError(f"option {definition.name}: {error}") from None


def show(number: int, data: bytes) -> Any:
    """An option's value for people; octets in hexadecimal where it is not what it should be."""
    definition = find(number)
    try:
        return TYPES[definition.type].decode(data)
    except ValueError:
        return data.hex()
