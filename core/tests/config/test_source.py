"""Files that can't be read, or are not TOML, get one clear message."""

from pathlib import Path

import pytest

from microdns.config import ConfigError, load_document, parse_document


def message_of(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_document(text)
    assert len(caught.value.config_problems) == 1
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[dns]\na = = 1", "microdns.toml:2:5: not valid TOML: invalid value"),
        (
            "[dns]\nlisten = eth0",
            "microdns.toml:2:10: not valid TOML: invalid value "
            '(strings need quotes: key = "value")',
        ),
        ("[a.b]\n[c]\n[a.b]", "microdns.toml:3:5: not valid TOML: cannot declare [a.b] twice"),
        (
            'a = 1\nb = """never\n\nended\n',
            "microdns.toml:2: not valid TOML: unterminated string in b, "
            "which begins here and never ends",
        ),
        (
            "[a]\nx = [\n1, 2\n[b]\ny = 1",
            "microdns.toml:4:1: not valid TOML: unclosed array (a.x begins in line 2)",
        ),
        ("a = " + "[" * 5000, "microdns.toml: arrays or inline tables nested too deeply"),
    ],
)
def test_syntax_errors_name_file_line_and_column(text: str, message: str) -> None:
    assert message_of(text) == message


def test_an_integer_of_thousands_of_digits_is_refused() -> None:
    assert "not valid TOML" in message_of("a = " + "1" * 5000)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml: can't read the configuration: No such"):
        load_document("nowhere.toml")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Is a directory"):
        load_document(tmp_path)


def test_text_that_is_not_utf8_has_its_line(tmp_path: Path) -> None:
    file = tmp_path / "latin.toml"
    file.write_bytes(b'a = 1\nb = "\xe9"\n')
    with pytest.raises(ConfigError, match=r"latin\.toml:2: not UTF-8"):
        load_document(file)


def test_a_huge_file_is_refused() -> None:
    with pytest.raises(ConfigError, match="larger than 16 MiB"):
        load_document("/dev/zero")


def test_a_byte_order_mark_and_dos_line_ends_are_taken(tmp_path: Path) -> None:
    file = tmp_path / "dos.toml"
    file.write_bytes(b'\xef\xbb\xbf[instance]\r\nid = "x"\r\nbad = 1\r\n')
    document = load_document(file)
    assert document.get(("instance", "id")) == "x"
    assert document.origin(("instance", "bad")).line == 3


def test_no_file_means_defaults() -> None:
    document = load_document(None, [("instance.id", "x")])
    assert document.get(("instance", "id")) == "x"


def test_a_config_error_ends_the_command_with_2() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_document("a")
    assert caught.value.exit_code == 2
    assert caught.value.code == "config"
