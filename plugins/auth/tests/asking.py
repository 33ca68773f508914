"""Questions to a kernel that a test runs."""

import dns.asyncquery
import dns.message
import dns.rcode

from microdns.lifecycle.kernel import Kernel
from microdns.network import Address


def address(kernel: Kernel) -> Address:
    """Where the plugin listens: the first of its addresses."""
    host, _, port = kernel.facts(kernel.records["auth"])["listen"][0].rpartition(":")
    return host, int(port)


async def ask(kernel: Kernel, name: str, rdtype: str = "A", *, tcp: bool = False) -> str:
    """The rcode and the data of the answer."""
    host, port = address(kernel)
    query = dns.message.make_query(name, rdtype)
    send = dns.asyncquery.tcp if tcp else dns.asyncquery.udp
    message = await send(query, host, port=port, timeout=60)
    answer = [rdata.to_text() for rrset in message.answer for rdata in rrset]
    return " ".join([dns.rcode.to_text(message.rcode()), *answer])
