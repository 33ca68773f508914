"""What the kernel counts of itself."""

import platform
from collections.abc import Iterable
from typing import TYPE_CHECKING

from microdns import __version__
from microdns.lifecycle.record import PluginState
from microdns.metrics import MetricSet, Sample

if TYPE_CHECKING:
    from microdns.lifecycle.kernel import Kernel


class KernelMetrics(MetricSet):
    """Readiness, start time, build, and the state of each plugin."""

    def __init__(self, kernel: "Kernel") -> None:
        super().__init__()
        self._kernel = kernel
        self.gauge("microdns_ready", "1 when all plugins were started.").read_with(
            lambda: [Sample((), float(kernel.ready))]
        )
        self.gauge("microdns_start_time_seconds", "Unix time of the start.").read_with(
            lambda: [Sample((), kernel.started_ns / 1e9)]
        )
        self.gauge("microdns_build_info", "Always 1.", ["version", "python", "instance"]).read_with(
            lambda: [Sample((__version__, platform.python_version(), kernel.instance.id), 1.0)]
        )
        self.gauge(
            "microdns_plugin_state", "1 for the state that the plugin is in.", ["plugin", "state"]
        ).read_with(self._states)
        self.counter(
            "microdns_plugin_restarts_total", "Crashes of the plugin's task.", ["plugin"]
        ).read_with(self._restarts)

    def _states(self) -> Iterable[Sample]:
        for name, record in self._kernel.records.items():
            for state in PluginState:
                yield Sample((name, state.value), float(record.state is state))
        for failure in self._kernel.assembly.failures:
            yield Sample((failure.name, PluginState.FAILED.value), 1.0)

    def _restarts(self) -> Iterable[Sample]:
        for name, record in self._kernel.records.items():
            yield Sample((name,), float(record.restarts))
