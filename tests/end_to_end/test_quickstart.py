"""The example zone: valid, and complete."""

import pkgutil
import shutil
from pathlib import Path

import anyio
import dns.asyncquery
import dns.message

from microdns.testing import run_kernel
from microdns_auth.plugin import AuthPlugin
from microdns_auth.zonefile import ZoneReader, load_zone_text
from microdns_dns.rdata import type_number, types

ZONE = Path(__file__).parents[2] / "examples" / "quickstart.zone"


def test_the_example_zone_has_a_record_of_every_type_that_has_a_file() -> None:
    reader = ZoneReader(load_zone_text(ZONE))
    list(reader.steps())
    content = reader.content()
    assert content.name == "example.com"
    held = {draft.type for draft in content.drafts} | {6}
    known = {type_number(module.name) for module in pkgutil.iter_modules(types.__path__)}
    assert known <= held


def test_the_example_configuration_answers_from_it(tmp_path: Path) -> None:
    text = (ZONE.parent / "quickstart.toml").read_text()
    shutil.copy(ZONE, tmp_path)

    async def run() -> None:
        config = text.replace("../var/quickstart", "db")
        async with run_kernel([AuthPlugin()], config, folder=tmp_path) as kernel:
            host, _, port = kernel.facts(kernel.records["auth"])["listen"][0].rpartition(":")
            query = dns.message.make_query("www.example.com", "A")
            answer = await dns.asyncquery.udp(query, host, port=int(port), timeout=60)
            assert answer.rcode() == 0
            assert answer.answer

    anyio.run(run)
