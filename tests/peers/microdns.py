"""MicroDNS itself: ``microdns run`` as a child process.

Its configuration declares the zone files.  Zones may be laid into the store beforehand instead:
they are then read by dnspython and checked by nobody.
"""

import asyncio
import itertools
import sys
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import dns.name
import dns.rdatatype
import dns.rdtypes.ANY.SOA
import dns.zone
from tests.peers.process import Child, free_port
from tests.peers.server import PAYLOAD_SIZE, NameServer, ZoneFile

from microdns.events import Principal
from microdns.store import Store
from microdns_dns.events import EVENTS, ZoneCreated
from microdns_dns.model import COLLECTIONS, RECORDS, ZONES, Record, Soa, Zone

CONFIG_NAME = "microdns.toml"

_CONFIG = """\
[instance]
id = "conformance"

[database]
path = "{folder}/store"

[dns]
udp_payload_max = {payload}
engine = "{engine}"
{dns}

[dns.auth]
enabled = true
listen = "127.0.0.1:{port}"
{auth}

[dns.auth.zone_files]
{zone_files}
"""


_IDS = itertools.count(1)
"""Records come in the order of their ids: that of the file, so that every run is alike."""


@dataclass(frozen=True)
class MicroDns:
    """Starts ``microdns run`` with these plugins; ``config`` is TOML that ours is followed by,
    ``auth`` more of the section ``[dns.auth]``.

    ``laid`` are origins of zones that are laid into the store.
    """

    plugins: tuple[str, ...] = ("auth",)
    config: str = "[dns.cookies]\nenabled = false\n"
    """Without cookies by default: the peers have none either."""
    payload_size: int = PAYLOAD_SIZE
    laid: frozenset[str] = frozenset()
    engine: str = "auto"
    auth: str = ""
    dns: str = ""
    """Further keys of the section ``[dns]``."""
    name: str = "microdns"
    programs: tuple[str, ...] = ()

    def start(self, folder: Path, zones: Sequence[ZoneFile]) -> NameServer:
        folder.mkdir(parents=True, exist_ok=True)
        laid = [zone for zone in zones if zone.origin in self.laid]
        if laid:
            asyncio.run(_fill_store(folder / "store", laid))
        port = free_port()
        file = folder / CONFIG_NAME
        file.write_text(self._configuration(folder, port, zones))
        command = [sys.executable, "-m", "microdns", "run", "--plugins", ",".join(self.plugins)]
        child = Child([*command, "--config", file], folder / "microdns.log")
        server = NameServer(self.name, "127.0.0.1", port, child)
        child.wait_until(server.answers)
        return server

    def _configuration(self, folder: Path, port: int, zones: Sequence[ZoneFile]) -> str:
        declared = "\n".join(
            f'"{zone.origin.rstrip(".")}" = "{zone.path}"'
            for zone in zones
            if zone.origin not in self.laid
        )
        ours = _CONFIG.format(
            folder=folder,
            port=port,
            payload=self.payload_size,
            engine=self.engine,
            auth=self.auth,
            dns=self.dns,
            zone_files=declared,
        )
        return f"{ours}\n{self.config}"


async def _fill_store(path: Path, zones: Iterable[ZoneFile]) -> None:
    store = await Store.open(path, COLLECTIONS, EVENTS)
    try:
        for file in zones:
            zone, records = _read_zone(file)
            async with store.transaction(actor=Principal("conformance")) as transaction:
                transaction.insert(ZONES, zone)
                for record in records:
                    transaction.insert(RECORDS, record)
                transaction.emit(ZoneCreated(zone=zone))
    finally:
        await store.close()


def _read_zone(file: ZoneFile) -> tuple[Zone, list[Record]]:
    parsed = dns.zone.from_file(str(file.path), origin=file.origin, relativize=False)
    assert parsed.origin is not None
    zone_id = _new_id()
    records = []
    for owner, rdataset in parsed.iterate_rdatasets():
        if rdataset.rdtype == dns.rdatatype.SOA:
            soa = _soa(rdataset[0], rdataset.ttl)
            continue
        relative = owner.relativize(parsed.origin).to_text()
        records += [
            _record(zone_id, relative, int(rdataset.rdtype), rdataset.ttl, rdata.to_wire())
            for rdata in rdataset
        ]
    name = file.origin.rstrip(".")
    return Zone(id=zone_id, name=name, soa=soa, record_count=len(records)), records


def _new_id() -> str:
    return str(uuid.UUID(int=next(_IDS)))


def _record(zone_id: str, name: str, rtype: int, ttl: int, rdata: bytes | None) -> Record:
    assert rdata is not None
    return Record(id=_new_id(), zone_id=zone_id, name=name, type=rtype, ttl=ttl, rdata=rdata)


def _soa(rdata: dns.rdtypes.ANY.SOA.SOA, ttl: int) -> Soa:
    return Soa(
        mname=rdata.mname.to_text(omit_final_dot=True),
        rname=rdata.rname.to_text(omit_final_dot=True),
        serial=rdata.serial,
        refresh=rdata.refresh,
        retry=rdata.retry,
        expire=rdata.expire,
        minimum=rdata.minimum,
        ttl=ttl,
    )
