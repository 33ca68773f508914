"""The page of log events."""

import re

from microdns.logs import declared
from microdns.logs.docs import events_page


def test_every_declared_event_has_its_row() -> None:
    page = events_page()
    for event in declared():
        assert re.search(rf"^\| `{re.escape(event.name)}` \| \w+ \| .", page, re.MULTILINE)
    assert "| `log.repeated` | info |" in page
