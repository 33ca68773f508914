"""The configuration page lists every key of every section."""

from microdns.config.docs import config_page
from microdns.config.fields import MASK

from .sections import SECTIONS, layout


def test_every_section_and_key_is_listed() -> None:
    page = config_page(layout())
    for section in SECTIONS.values():
        assert f"## `[{section.path}]`" in page
        for name in section.type.__struct_fields__:
            assert f"`{name}`" in page or name in section.elsewhere
    assert "### `[[dhcp.v4.pools]]`" in page
    assert "### `[[instance.peers]]`" in page


def test_a_row_has_type_bounds_default_and_description() -> None:
    page = config_page(layout())
    assert "| `udp_payload_max` | integer | 512 to 4096 | `1232` | EDNS buffer size. |" in page
    assert (
        '| `mode` | string | `"standalone"`, `"leaf"`, `"coordinator"` | `"standalone"` '
        "| Part it plays in a federation. |"
    ) in page
    assert "| `range_start` | IPv4 address |  | **required** |  |" in page


def test_secrets_say_so_and_have_no_default() -> None:
    page = config_page(layout())
    assert "| unset | Secret; or `api_key_file`. |" in page
    assert MASK not in page
