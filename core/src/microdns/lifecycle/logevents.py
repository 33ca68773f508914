"""What the kernel logs: names that stay, explained in the manual."""

from microdns.logs import LogEvents

EVENTS = LogEvents("kernel")

CONFIG_NOTE = EVENTS.info("config.note", "A remark about the config that stops nothing.")
READY = EVENTS.info("kernel.ready", "All plugins were started; those named are running.")
STOPPING = EVENTS.info("kernel.stopping", "A signal asked the process to stop.")
HANGUP = EVENTS.warn(
    "kernel.hangup",
    "SIGHUP came, which elsewhere means to read the config again; here that takes a restart.",
)
STOPPED = EVENTS.info("kernel.stopped", "Everything is closed; the process ends.")
NOTHING_RUNS = EVENTS.error(
    "kernel.nothing_runs", "No plugin could be started, so the process ends with exit code 1."
)
BLOCKED = EVENTS.error(
    "kernel.blocked",
    "A plugin kept the process from stopping beyond the deadline; it ends without that plugin. "
    "Nothing acknowledged is lost.",
)
CONTROL_FAILED = EVENTS.error(
    "kernel.control_failed", "The local socket can't be opened: commands can't reach the process."
)
NOTIFY_FAILED = EVENTS.warn("kernel.notify_failed", "The service manager can't be told.")
PLUGIN_BROKEN = EVENTS.warn(
    "plugin.broken", "An installed plugin can't be loaded or declares impossible things."
)
PLUGIN_FAILED = EVENTS.error(
    "plugin.failed", "A plugin could not be started; it is tried again with growing pauses."
)
PLUGIN_CRASHED = EVENTS.error(
    "plugin.crashed", "A plugin's task ended with an exception; it is started again."
)
PLUGIN_SLOW_STOP = EVENTS.error(
    "plugin.slow_stop", "A plugin did not stop within its time and was cut off."
)
PLUGIN_FAILED_STOP = EVENTS.error("plugin.failed_stop", "A plugin raised while stopping.")
