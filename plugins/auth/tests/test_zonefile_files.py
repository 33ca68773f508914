"""Zone files on disk: includes stay in their folder."""

import os
import re
from pathlib import Path

import pytest

from microdns.errors import Invalid, NotFound, TooLarge
from microdns_auth.zonefile import ZoneReader, ZoneText, files, load_zone_text

HEAD = "$ORIGIN example.test.\n$TTL 60\n@ SOA ns1 admin 7 1 1 1 1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("s TXT secret\n")
    inside = tmp_path / "zones"
    (inside / "sub").mkdir(parents=True)
    (inside / "one.zone").write_text("one A 192.0.2.1\n$INCLUDE sub/two.zone\n")
    (inside / "sub" / "two.zone").write_text("two A 192.0.2.2\n$INCLUDE one.zone\n")
    return inside


def load(folder: Path, body: str) -> ZoneText:
    (folder / "main.zone").write_text(HEAD + body)
    return load_zone_text(folder / "main.zone")


def test_includes_are_found_from_the_folder_of_the_zone_file(folder: Path) -> None:
    (folder / "sub" / "two.zone").write_text("two A 192.0.2.2\n$include three\n")
    (folder / "three").write_text("three A 192.0.2.3\n")
    source = load(folder, '$INCLUDE "one.zone" ; first\n')
    assert set(source.includes) == {"one.zone", "sub/two.zone", "three"}
    reader = ZoneReader(source)
    list(reader.steps())
    assert [one.name for one in reader.content().drafts] == ["one", "two", "three"]


def test_a_circle_is_loaded_once_and_refused_when_read(folder: Path) -> None:
    reader = ZoneReader(load(folder, "$INCLUDE one.zone\n"))
    list(reader.steps())
    with pytest.raises(Invalid, match="too deep, or itself"):
        reader.content()


@pytest.mark.parametrize(
    "path", ["../secret", "/etc/hostname", "sub/../../secret", "link", "way/x"]
)
def test_no_way_leads_out_of_the_folder(folder: Path, path: str) -> None:
    (folder / "link").symlink_to(folder.parent / "secret")
    (folder / "way").symlink_to(folder.parent)
    with pytest.raises(Invalid, match=re.escape(f"main.zone:4: $INCLUDE {path} leads out")):
        load(folder, f"$INCLUDE {path}\n")


def test_links_within_the_folder_are_followed(folder: Path) -> None:
    (folder / "sub" / "two.zone").unlink()
    (folder / "sub" / "two.zone").symlink_to("three.zone")
    (folder / "sub" / "three.zone").write_text("x A 192.0.2.3\n")
    assert load(folder, "$INCLUDE one.zone\n").includes["sub/two.zone"] == "x A 192.0.2.3\n"


def test_what_is_no_file_is_refused(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    for path in ("pipe", "sub"):
        with pytest.raises(Invalid, match="is not a file"):
            load(folder, f"$INCLUDE {path}\n")


def test_a_missing_include_is_left_to_the_reader(folder: Path) -> None:
    assert load(folder, "$INCLUDE nothing\n$INCLUDE\n$INCLUDE \\\n").includes == {}


def test_a_path_with_a_zero_octet_is_refused(folder: Path) -> None:
    with pytest.raises(Invalid, match="zero octet"):
        load(folder, "$INCLUDE a\\000b\n")


def test_a_missing_zone_file(folder: Path) -> None:
    with pytest.raises(NotFound, match="nothing: No such file"):
        load_zone_text(folder / "nothing")
    with pytest.raises(NotFound, match="Is a directory"):
        load_zone_text(folder)


def test_text_must_be_utf8(folder: Path) -> None:
    (folder / "main.zone").write_bytes(HEAD.encode() + b"x TXT \xff\n")
    with pytest.raises(Invalid, match=r"main\.zone:4: not UTF-8: write other octets as"):
        load_zone_text(folder / "main.zone")


def test_there_is_an_end(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "INCLUDES_MAX", 2)
    for number in range(3):
        (folder / f"i{number}").write_text("")
    with pytest.raises(TooLarge, match="more than 2 files"):
        load(folder, "$INCLUDE i0\n$INCLUDE i1\n$INCLUDE i2\n")
    monkeypatch.setattr(files, "BYTES_MAX", 10)
    with pytest.raises(TooLarge):
        load(folder, "")


def test_of_what_never_ends_no_more_is_read_than_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(files, "BYTES_MAX", 1000)
    with pytest.raises(TooLarge):
        load_zone_text("/dev/zero")
