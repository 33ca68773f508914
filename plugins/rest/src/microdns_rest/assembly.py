"""The parts of the REST interface, put together."""

from typing import Any

from litestar import Response

from microdns.access import Authenticator, ClientRates, Idempotency
from microdns.plugin import PluginContext
from microdns.running import Running
from microdns_rest.application import BASE, Application
from microdns_rest.config import RestConfig
from microdns_rest.documentation import Documentation
from microdns_rest.handlers import Handlers
from microdns_rest.identity import Gate
from microdns_rest.limits import Limited
from microdns_rest.metrics import RestMetrics
from microdns_rest.pages import Pages
from microdns_rest.problems import Errors
from microdns_rest.server import Server
from microdns_rest.sessions import Sessions
from microdns_rest.websocket import WebSockets


def assembled(context: PluginContext[RestConfig], authenticator: Authenticator) -> Server:
    """A server for the operations of the kernel that the context belongs to."""
    config, clock = context.config, context.clock
    metrics = RestMetrics()
    context.metrics.add(context.name, metrics)
    sessions = Sessions(context.store, clock, authenticator)
    gate = Gate(authenticator, config.api_key, sessions)
    pages = Pages(gate, sessions, [BASE])
    context.provide(Pages, pages)
    errors = Errors(gate, context.log)
    idempotency = Idempotency[Response[Any]](clock, lambda response: len(response.content))
    handlers = Handlers(
        config, context.operations, context.store, gate, idempotency, errors, metrics
    )
    application = Application(
        config, context.operations, handlers, pages, gate, Documentation(gate), errors, context.log
    )
    sockets = WebSockets(
        application, config, context.operations, context.store, gate, errors, metrics
    )
    rates = ClientRates(clock, config.client_requests_per_second)
    running = context.services.require(Running)
    limited = Limited(sockets, rates, metrics, running)
    return Server(limited, config, metrics, clock, context.log, handlers.streams.end)
