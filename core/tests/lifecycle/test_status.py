"""``microdns status`` for people."""

from typing import Any

from microdns.lifecycle.operations.status import render_status


def test_facts_are_words_and_not_data_structures() -> None:
    listening = [
        {"address": "127.0.0.1:53", "transports": ["udp", "tcp"]},
        {"address": "[::1]:53", "threads": 2, "engine": True},
    ]
    facts = {"zones": 3, "listening": listening, "listen": ["a", "b"], "nothing": []}
    status: dict[str, Any] = {
        "instance": "main",
        "mode": "standalone",
        "version": "0.1.0",
        "pid": 1,
        "ready": True,
        "uptime_seconds": 5,
        "database": "data",
        "store": "open",
        "sequence": 7,
        "plugins": [{"name": "dns", "state": "running", "facts": facts}],
    }
    assert render_status(status).splitlines()[-4:] == [
        "dns: zones: 3",
        "dns: listening: address 127.0.0.1:53 transports udp, tcp; "
        "address [::1]:53 threads 2 engine yes",
        "dns: listen: a, b",
        "dns: nothing: ",
    ]
