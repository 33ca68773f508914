"""The parts of the gRPC interface, put together."""

from microdns.access import Authenticator, ClientRates, Idempotency
from microdns.plugin import PluginContext
from microdns.running import Running
from microdns_grpc import generic, health, reflection
from microdns_grpc.calls import Calls
from microdns_grpc.config import GrpcConfig
from microdns_grpc.endpoints import Workshop
from microdns_grpc.identity import Gate
from microdns_grpc.methods import Projection
from microdns_grpc.metrics import GrpcMetrics
from microdns_grpc.receiving import Receiver
from microdns_grpc.routes import Routes
from microdns_grpc.server import Server


def assembled(context: PluginContext[GrpcConfig], authenticator: Authenticator) -> Server:
    """A server for the operations of the kernel that the context belongs to."""
    config, operations, store = context.config, context.operations, context.store
    gate = Gate(authenticator, config.api_key)
    metrics = GrpcMetrics()
    context.metrics.add(context.name, metrics)
    projection = Projection(operations, context.log)
    workshop = Workshop()
    idempotency = Idempotency[bytes](context.clock, len)
    parts = generic.Parts(
        operations, projection, store, gate, workshop, idempotency, config.message_bytes_max
    )
    fixed = {
        **generic.endpoints(parts),
        **health.endpoints(health.Health(operations, projection), gate, context.clock),
        **(reflection.endpoints(gate) if config.reflection else {}),
    }
    routes = Routes(
        fixed,
        projection,
        operations,
        store,
        gate,
        workshop,
        idempotency,
        config.data_json_bytes_max,
    )
    calls = Calls(
        routes,
        gate,
        Receiver(config.message_bytes_max, config.receive_timeout_secs),
        ClientRates(context.clock, config.client_requests_per_second),
        metrics,
        context.services.require(Running),
        context.log,
        config.streams_max,
        config.send_timeout_secs,
    )
    return Server(calls, config, metrics, context.clock, context.log)
