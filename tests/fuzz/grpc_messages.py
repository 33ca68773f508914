"""gRPC messages: octets are values or malformed; what Google's reader refuses, we refuse."""

from typing import Any

from google.protobuf.message_factory import GetMessageClass

from microdns.errors import Invalid
from microdns_grpc.generated.microdns import v1
from microdns_grpc.methods import methods

JSON_BYTES_MAX = 10 * 1024
SHAPES = [method.request for _, method in sorted(methods().items())]


def _google(kind: Any) -> Any:
    return GetMessageClass(kind.DESCRIPTOR)


GOOGLE = [_google(shape.kind) for shape in SHAPES]
SEEDS = [
    bytes(message)
    for message in (
        v1.CreateZoneRequest("example.com", 300, v1.SoaInput(mname="ns1", serial=2**32 - 1)),
        v1.ListZonesRequest(offset=2**64 - 1, limit=1000, name="*", text="\N{SNOWMAN}"),
        v1.CreateRecordRequest(
            "zone", "www", '{"type": "A"}', 60, True, "comment", v1.HealthCheck("http", 10)
        ),
        v1.PatchRecordRequest("zone", "id", health_check_json="null"),
        v1.ChangeRecordsRequest("zone", ['{"op": "delete"}', "[1.5, true, null]"]),
        v1.ImportZoneRequest("@ A 192.0.2.1", "file", {"a": "b", "": "c"}, "zone"),
        v1.WatchRequest(after=0, type=["zone.*", "record.*"]),
        v1.CallRequest("zone.get", "{}", True, 7),
        v1.Zone(id="x", soa=v1.Soa(serial=1), version=2**63),
    )
] + [b"", b"\x0b\x0c", b"\xff" * 12, b"\x0a\x05ab"]


def one(data: bytes) -> None:
    """Read the octets as each request that there is."""
    for shape, google in zip(SHAPES, GOOGLE, strict=True):
        try:
            values = shape.values(shape.parse(data), JSON_BYTES_MAX)
        except Invalid:
            continue
        assert set(values) <= shape.keys
        google.FromString(data)
