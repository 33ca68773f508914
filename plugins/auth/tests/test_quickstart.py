"""The example zone: valid, and complete."""

import pkgutil
from pathlib import Path

from microdns_auth.zonefile import ZoneReader, load_zone_text
from microdns_dns.rdata import type_number, types

ZONE = Path(__file__).parents[3] / "examples" / "quickstart.zone"


def test_the_example_zone_has_a_record_of_every_type_that_has_a_file() -> None:
    reader = ZoneReader(load_zone_text(ZONE))
    list(reader.steps())
    content = reader.content()
    assert content.name == "example.com"
    held = {draft.type for draft in content.drafts} | {6}
    known = {type_number(module.name) for module in pkgutil.iter_modules(types.__path__)}
    assert known <= held
