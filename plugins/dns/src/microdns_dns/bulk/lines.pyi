from microdns_dns.bulk.run import RecordRun

class LineReader:
    def __init__(self, origin: bytes, suffix: str | None, ending: str) -> None: ...
    def run(
        self,
        text: bytes,
        at: int,
        line: int,
        lines_max: int,
        into: RecordRun,
        owner: str,
        default_ttl: int | None,
        last_ttl: int | None,
    ) -> tuple[int, int, str, int | None]: ...
