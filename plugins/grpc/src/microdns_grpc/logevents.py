"""What the gRPC interface logs."""

from microdns.logs import LogEvents

EVENTS = LogEvents("grpc")

LEFT_OUT = EVENTS.warn(
    "operation.left_out",
    "A plugin's operation names a gRPC method that there is not, that is taken, or whose messages "
    "do not fit; it can be called by its name only.",
)
OPEN = EVENTS.warn(
    "interface.open",
    "The gRPC interface listens beyond this machine, and there is no key: whoever reaches it may "
    "do everything. `microdns key create` or `api.grpc.api_key` closes it.",
)
