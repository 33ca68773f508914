"""schemathesis against our own OpenAPI document, with all of its checks."""

import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from microdns.access import AttemptLimiter, Authenticator
from microdns.testing import LoopbackNetwork, run_kernel
from microdns_auth.plugin import AuthPlugin
from microdns_dns.plugin import DnsPlugin
from microdns_rest.plugin import RestPlugin

pytestmark = pytest.mark.anyio

SETTINGS = """
[checks]
# 422 says that values have the right form and can't be accepted: a name that is no DNS name.
positive_data_acceptance.expected-statuses = ["2xx", 304, 401, 403, 404, 409, 410, 412, 422]

# What is deleted is gone afterwards: but for what a history tells, and if it was not a dry run.
[[operations]]
include-path-regex = "/history$"
checks.use_after_free.enabled = false

[[operations]]
include-method = "DELETE"
parameters = { "query.dry_run" = "false" }
"""
SECONDS = 50
LEFT_OUT = ("/watch", "/top", "/logs/follow", "/plugins/{name}/stop", "/plugins/{name}/start")
"""Streams have no end; what stops the server ends the test."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    network = LoopbackNetwork()
    config = '[api.rest]\napi_key = "k"\nclient_requests_per_second = 0\n'
    config += "[dns.auth]\ntransfer_primaries = []\n"  # nobody is asked for zones
    plugins = [RestPlugin(), DnsPlugin(), AuthPlugin()]
    (tmp_path / "schemathesis.toml").write_text(SETTINGS)
    async with run_kernel(plugins, config, network=network) as kernel:
        authenticator = kernel.services.require(Authenticator)
        authenticator.attempts = AttemptLimiter(kernel.clock, failures_max=1_000_000)
        host, port = network.bound[("0.0.0.0", 8080)]
        done = await anyio.run_process(
            [
                str(Path(sys.executable).parent / "schemathesis"),
                *("--config-file", "schemathesis.toml", "run", "--no-color"),
                f"http://{host}:{port}/api/v1/openapi.json",
                *("--header", "X-API-Key: k", "--max-time", str(SECONDS)),
                *("--request-timeout", "60", "--suppress-health-check", "too_slow"),
                *("--max-examples", "20", "--seed", "1", "--generation-database", "none"),
                *(part for path in LEFT_OUT for part in ("--exclude-path", path)),
            ],
            cwd=tmp_path,
            stderr=subprocess.STDOUT,
            check=False,
        )
    assert done.returncode == 0, done.stdout.decode()[-20_000:]
