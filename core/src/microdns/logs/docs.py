"""The page of the documentation that explains every log event."""

from collections.abc import Iterable

from microdns.logs.events import LogEvent, declared, level_name

INTRODUCTION = """\
# Log events

Every record that MicroDNS writes names its event. Names stay as they are from version to version,
so alerts and searches can rely on them; messages are for people and may change. The level is the
usual one. Records of one event that come too fast are counted instead of written
(`logging.repeats_max`), and summed up in `log.repeated`. This page is generated from the sources.
"""

HEAD = "| event | level | meaning |\n|---|---|---|"


def events_page(events: Iterable[LogEvent] | None = None) -> str:
    """The page, in Markdown; by default of all events of the modules imported so far."""
    by_owner: dict[str, list[LogEvent]] = {}
    for event in declared() if events is None else events:
        by_owner.setdefault(event.owner, []).append(event)
    parts = [INTRODUCTION.rstrip("\n")]
    for owner in sorted(by_owner):
        rows = [_row(event) for event in by_owner[owner]]
        parts += [f"## {owner}", "\n".join([HEAD, *rows])]
    return "\n\n".join(parts) + "\n"


def _row(event: LogEvent) -> str:
    meaning = event.meaning.replace("|", "\\|").replace("\n", " ")
    return f"| `{event.name}` | {level_name(event.level)} | {meaning} |"
