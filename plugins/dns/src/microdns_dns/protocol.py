"""Numbers of the DNS protocol, under the names that the RFCs and IANA's registries give them.

Plain integers in namespaces, not enums: they are compared for every packet.
"""

from typing import Final


class Opcode:
    """What kind of message it is (RFC 1035 4.1.1, RFC 6895 2.2)."""

    QUERY: Final = 0
    IQUERY: Final = 1
    STATUS: Final = 2
    NOTIFY: Final = 4
    UPDATE: Final = 5


class Rcode:
    """How it went (RFC 6895 2.3); those above 15 need EDNS."""

    NOERROR: Final = 0
    FORMERR: Final = 1
    SERVFAIL: Final = 2
    NXDOMAIN: Final = 3
    NOTIMP: Final = 4
    REFUSED: Final = 5
    YXDOMAIN: Final = 6
    YXRRSET: Final = 7
    NXRRSET: Final = 8
    NOTAUTH: Final = 9
    NOTZONE: Final = 10
    BADVERS: Final = 16
    BADCOOKIE: Final = 23


RCODE_NAMES: Final = {
    number: name for name, number in vars(Rcode).items() if isinstance(number, int)
}


class Flag:
    """Bits of the header's second word (RFC 1035 4.1.1, RFC 4035 3.1.6)."""

    QR: Final = 0x8000
    AA: Final = 0x0400
    TC: Final = 0x0200
    RD: Final = 0x0100
    RA: Final = 0x0080
    AD: Final = 0x0020
    CD: Final = 0x0010


class RRClass:
    """Classes (RFC 6895 3.2)."""

    IN: Final = 1
    CH: Final = 3
    NONE: Final = 254
    ANY: Final = 255


class RRType:
    """Types that the answering side treats in a way of their own (IANA, RFC 6895 3.1)."""

    A: Final = 1
    NS: Final = 2
    MD: Final = 3
    MF: Final = 4
    CNAME: Final = 5
    SOA: Final = 6
    MB: Final = 7
    MG: Final = 8
    MR: Final = 9
    PTR: Final = 12
    HINFO: Final = 13
    MINFO: Final = 14
    MX: Final = 15
    TXT: Final = 16
    AAAA: Final = 28
    SRV: Final = 33
    NAPTR: Final = 35
    DNAME: Final = 39
    OPT: Final = 41
    DS: Final = 43
    SSHFP: Final = 44
    RRSIG: Final = 46
    NSEC: Final = 47
    DNSKEY: Final = 48
    NSEC3: Final = 50
    TLSA: Final = 52
    CDS: Final = 59
    CDNSKEY: Final = 60
    SVCB: Final = 64
    HTTPS: Final = 65
    TKEY: Final = 249
    TSIG: Final = 250
    IXFR: Final = 251
    AXFR: Final = 252
    ANY: Final = 255
    CAA: Final = 257


TYPE_NAMES: Final = {
    number: name for name, number in vars(RRType).items() if isinstance(number, int)
}
"""Names of the types above, for labels of metrics; all others are counted as ``other``."""


class EdnsOption:
    """Option codes (IANA, RFC 6891 9)."""

    NSID: Final = 3
    COOKIE: Final = 10
