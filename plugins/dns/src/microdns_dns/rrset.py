"""An RRset: the records of one owner and type, which are answered together or not at all."""

import msgspec


class RRset(msgspec.Struct, frozen=True, gc=False):
    """Records that share owner, class and type (RFC 2181 section 5).

    ``rdatas`` are wire bytes without compression.  ``ttl`` (seconds) is the lowest of the
    members' TTLs, since an RRset has one on the wire (RFC 2181 5.2); ``ttls`` are the members'
    own, in the order of ``rdatas``, kept only where they differ.
    """

    type: int
    ttl: int
    rdatas: tuple[bytes, ...]
    ttls: tuple[int, ...] = ()
