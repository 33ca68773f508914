"""Reading the log of the running process, and changing its levels."""

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from microdns.lifecycle.operations import samples
from microdns.lifecycle.operations.base import KernelOperations
from microdns.logs import LogEntry, LogFilter, as_text
from microdns.operations import Call, Cli, Operation


class LogQuery(LogFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A filter, and how many records at most."""

    limit: Annotated[int, Meta(ge=1, le=1000, description="At most so many records.")] = 100


class LogLevel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    level: Literal["debug", "info", "warn", "error"]
    logger: Annotated[str, Meta(description="This logger and those below it.")] = "microdns"


class LogOperations(KernelOperations):
    """``log.*``."""

    def operations(self) -> list[Operation[Any, Any]]:
        return [
            Operation(
                name="log.list",
                summary="Show the last log records of the running process.",
                input=LogQuery,
                output=list[LogEntry],
                handler=self.list,
                scope="logs:read",
                http="GET /logs",
                sample=samples.LOG_LIST,
                cli=Cli(command="logs", render=render_logs),
                examples=("microdns logs --level warn", "microdns logs --text example.com"),
            ),
            Operation(
                name="log.follow",
                summary="Show log records as they come.",
                input=LogFilter,
                output=LogEntry,
                handler=self.follow,
                scope="logs:read",
                http="GET /logs/follow",
                sample=samples.LOG_FOLLOW,
                stream=True,
                cli=Cli(command="logs follow", render=render_log),
            ),
            Operation(
                name="log.level",
                conditional=False,
                summary="Change the level of a logger until the next start.",
                input=LogLevel,
                output=dict[str, str],
                handler=self.level,
                scope="logs:write",
                http="PUT /logs/level",
                sample=samples.LOG_LEVEL,
                cli=Cli(command="logs level"),
                examples=("microdns logs level debug --logger microdns.auth",),
            ),
        ]

    async def list(self, _call: Call, query: LogQuery) -> "list[LogEntry]":
        return self._kernel.logs.ring.read(query, query.limit)

    async def follow(self, _call: Call, wanted: LogFilter) -> AsyncIterator[LogEntry]:
        with self._kernel.logs.ring.follow(wanted) as new:
            async for entry in new:
                yield entry

    async def level(self, call: Call, wanted: LogLevel) -> Mapping[str, str]:
        if not call.dry_run:
            self._kernel.logs.set_level(wanted.level, wanted.logger)
        return self._kernel.logs.levels()


def render_logs(entries: Any) -> str:
    """``microdns logs`` for people."""
    return "\n".join(map(render_log, entries)) or "no such records"


def render_log(entry: Mapping[str, Any]) -> str:
    """One record on one line, its traceback in lines below; safe for the terminal."""
    return as_text(msgspec.convert(entry, LogEntry), multiline=True)
