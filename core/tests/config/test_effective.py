"""The dump shows what is in effect and why, is TOML again, and shows no secret."""

import tomllib
from pathlib import Path

from microdns.config import Configuration, parse_document
from microdns.config.effective import as_toml, effective

from .sections import layout

REFERENCE = (Path(__file__).parent / "data" / "reference.toml").read_text()


def configuration_of(text: str, **environment: str) -> Configuration:
    document = parse_document(text, environment=environment, overrides=[("instance.id", "set")])
    known = layout()
    configuration = known.decode(document, known.chosen(document))
    configuration.raise_problems()
    return configuration


def test_each_key_has_its_origin() -> None:
    configuration = configuration_of(REFERENCE, MICRODNS_DNS__AUTH__LISTEN="127.0.0.1:5300")
    found = {
        each.key: (each.value, str(each.origin)) for each in effective(configuration, layout())
    }
    assert found["instance.id"] == ("set", "--set instance.id")
    assert found["dns.auth.enabled"] == (True, "microdns.toml:21")
    assert found["dns.auth.listen"] == ("127.0.0.1:5300", "environment MICRODNS_DNS__AUTH__LISTEN")
    assert found["database.journal_age_max"] == ("30d", "default")
    assert found["dhcp.v4.pools[0].subnet"] == ("192.168.1.0/24", "microdns.toml:48")
    assert found["instance.peers[0].id"] == ("microdns-g10", "microdns.toml:7")
    assert found["instance.control_socket"] == (None, "default")


def test_the_dump_is_the_same_configuration_again() -> None:
    configuration = configuration_of(REFERENCE)
    again = configuration_of(as_toml(effective(configuration, layout())))
    assert {**again.plugins, "rest": 0} == {**configuration.plugins, "rest": 0}
    assert again.database == configuration.database


def test_secrets_are_masked_and_their_file_is_the_origin(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("hunter2")
    text = f'[api.rest]\nenabled = true\napi_key_file = "{tmp_path}/key"'
    dump = as_toml(effective(configuration_of(text), layout()))
    assert 'api_key = "********"  # microdns.toml:3' in dump
    assert "hunter2" not in dump


def test_strange_keys_and_texts_stay_toml() -> None:
    text = (
        '[dns.recursor]\nenabled = true\n[dns.recursor.forward_zones]\n"a\\"b\\n" = ["x\\u0000"]\n'
    )
    dump = as_toml(effective(configuration_of(text), layout()))
    assert tomllib.loads(dump)["dns"]["recursor"]["forward_zones"] == {'a"b\n': ["x\0"]}
