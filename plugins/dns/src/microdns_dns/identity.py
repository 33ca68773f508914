"""The stage that says who this server is: class CH (RFC 4892), and nothing else there."""

from typing import Final

from microdns.events import Principal
from microdns_dns.explaining import Decision, Explanation, Step
from microdns_dns.message import Query, Reply
from microdns_dns.names import from_text
from microdns_dns.plan import Order
from microdns_dns.protocol import Opcode, Rcode, RRClass, RRType
from microdns_dns.rrset import RRset

_VERSION: Final = (from_text("version.bind"), from_text("version.server"))
_HOSTNAME: Final = (from_text("hostname.bind"), from_text("id.server"))


class IdentityStage:
    """Answers the names of RFC 4892 with the configured texts, and refuses the rest of CH."""

    name = "identity"
    order = Order.IDENTITY
    opcodes = frozenset({Opcode.QUERY})

    def __init__(self, *, version: str, hostname: str) -> None:
        self._texts = {
            **{name: version.encode() for name in _VERSION if version},
            **{name: hostname.encode() for name in _HOSTNAME if hostname},
        }

    def answer(self, query: Query) -> Reply | None:
        if query.qclass != RRClass.CH:
            return None
        text = self._texts.get(query.folded)
        if text is None or query.qtype not in (RRType.TXT, RRType.ANY):
            return Reply(Rcode.REFUSED)
        reply = Reply(aa=True)
        reply.rclass = RRClass.CH
        reply.answer.append(
            (query.qname, RRset(RRType.TXT, 0, (len(text).to_bytes(1, "big") + text,)))
        )
        return reply

    def explain(self, query: Query, principal: Principal) -> Explanation:
        step = Step("class", "asked of class IN, and this stage is for CH", "RFC 4892 section 3")
        return Explanation(Decision.PASSES, (step,))
