from microdns_dns.bulk.run import RecordRun
from microdns_dns.engine.image import ImageData

def pack_run(run: RecordRun, origin: bytes, soa_ttl: int, soa: bytes) -> ImageData: ...
