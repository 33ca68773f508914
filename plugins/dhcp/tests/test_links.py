"""The machine's own interfaces."""

from pathlib import Path

import pytest

from microdns_dhcp import links


@pytest.mark.parametrize(
    ("everywhere", "here", "forwards"),
    [("1", "1", True), ("0", "1", False), ("1", "0", False), ("1", "", True)],
)
def test_a_router_forwards_at_all_and_from_the_interface(
    everywhere: str, here: str, forwards: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "SETTINGS6", tmp_path)
    for name, value in (("all", everywhere), ("eth0", here)):
        if value:
            (tmp_path / name).mkdir()
            (tmp_path / name / "forwarding").write_text(f"{value}\n")
    assert links.SystemLinks().forwards6("eth0") is forwards
