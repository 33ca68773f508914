from microdns_dns.engine.cache import PacketCache
from microdns_dns.engine.counts import Counts
from microdns_dns.engine.guard import CompiledGuard
from microdns_dns.engine.zones import Zones

class Engine:
    zones: Zones
    @property
    def kept(self) -> bool: ...
    def __init__(
        self, *, udp_payload_max: int = ..., nsid: bytes = ..., answer_rotation: bool = ...
    ) -> None: ...
    def protect(self, guard: CompiledGuard) -> None: ...
    def keep_packets(self, packets: PacketCache) -> None: ...
    def answer(
        self,
        packet: bytes,
        tcp: bool = ...,
        refuse_outside: bool = ...,
        client: bytes = ...,
        wall: int = ...,
        second: int = ...,
        plan: int = ...,
        outside_only: bool = ...,
    ) -> bytes | None: ...
    def counts(self) -> Counts: ...
    def repeat(self, packets: list[bytes], times: int) -> None: ...
