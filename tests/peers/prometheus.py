"""Debian's Prometheus, scraping exporters on loopback and asked through its API."""

import json
import urllib.parse
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.peers.process import Child, free_port

_CONFIG = """\
global:
  scrape_interval: 1s
  scrape_timeout: 1s
scrape_configs:
  - job_name: microdns
    metrics_path: {path}
    static_configs:
      - targets: [{target}]
"""


class Prometheus:
    """Runs for the time of a ``with``; ``target`` is host and port of an exporter."""

    def __init__(self, folder: Path, target: str, path: str = "/metrics") -> None:
        self.folder = folder
        self.address = f"127.0.0.1:{free_port()}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "prometheus.yml").write_text(_CONFIG.format(target=target, path=path))

    def __enter__(self) -> Self:
        arguments = [
            "prometheus",
            f"--config.file={self.folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self.folder / 'data'}",
            f"--web.listen-address={self.address}",
        ]
        self._child = Child(arguments, self.folder / "prometheus.log", cwd=self.folder)
        self._child.wait_until(self._is_ready)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._child.stop()

    @property
    def log_text(self) -> str:
        return self._child.log_text()

    def query(self, expression: str) -> float | None:
        """The value of an expression that gives one sample at most; raises OSError."""
        samples = self._get("query", query=expression)["result"]
        return float(samples[0]["value"][1]) if samples else None

    def targets(self) -> list[dict[str, str]]:
        """What is scraped, with ``health`` and ``lastError``; raises OSError."""
        found: list[dict[str, str]] = self._get("targets")["activeTargets"]
        return found

    def _get(self, what: str, **parameters: str) -> dict[str, list[dict[str, str]]]:
        url = f"http://{self.address}/api/v1/{what}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=60) as response:
            data: dict[str, list[dict[str, str]]] = json.load(response)["data"]
            return data

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self.address}/-/ready", timeout=1):
                return True
        except OSError:
            return False
