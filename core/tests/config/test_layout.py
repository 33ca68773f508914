"""Sections and their owners: who reads what, what is missing, what is nobody's."""

import pytest

from microdns.config import Layout, parse_document
from microdns.errors import Conflict, Problem
from microdns.plugin import Section

from .sections import SECTIONS, AuthConfig, DnsConfig, FederationConfig, layout


def problems(text: str, known: Layout, selection: list[str] | None = None) -> list[str]:
    document = parse_document(text)
    running = known.chosen(document) if selection is None else selection
    return list(map(str, known.decode(document, running, selection).problems))


def notes(text: str, known: Layout, selection: list[str] | None = None) -> list[str]:
    document = parse_document(text)
    return list(map(str, known.decode(document, [], selection).notes))


def test_enabled_chooses_plugins() -> None:
    text = "[dns]\n[dns.auth]\nenabled = true\n[dns.recursor]\nenabled = false\n[dhcp.v4]\n"
    assert layout().chosen(parse_document(text)) == ["auth"]


def test_a_section_without_the_key_enabled_chooses_by_being_there() -> None:
    assert layout().chosen(parse_document("[messaging]")) == ["kafka"]
    assert layout().chosen(parse_document("[[instance.peers]]\nid = 'x'")) == ["federation"]


def test_overrides_choose_too() -> None:
    document = parse_document("", environment={"MICRODNS_DNS__AUTH__ENABLED": "true"})
    assert layout().chosen(document) == ["auth"]


def test_an_enabled_section_of_a_plugin_that_is_not_installed_names_the_package() -> None:
    text = "[dhcp.v4]\nenabled = true\n[messaging]\nbackend = 'kafka'\n[instance]\nmode = 'leaf'"
    assert sorted(problems(text, layout("dns", "auth"))) == [
        "microdns.toml:2: dhcp.v4.enabled: needs the plugin dhcp4, which is not installed "
        "(pip install microdns-dhcp4)",
        "microdns.toml:4: messaging.backend: needs the plugin kafka, which is not installed "
        "(pip install microdns-kafka)",
        "microdns.toml:6: instance.mode: needs the plugin federation, which is not installed "
        "(pip install microdns-federation)",
    ]


def test_a_selection_without_the_plugin_does_not_need_it() -> None:
    text = "[dns.auth]\nenabled = true\n[dhcp.v4]\nenabled = true"
    known = layout("dns", "auth")
    assert problems(text, known, ["dns", "auth"]) == []
    assert notes(text, known, ["dns", "auth"]) == [
        "microdns.toml:3: dhcp.v4: ignored: the plugin dhcp4 is not installed"
    ]


def test_a_disabled_section_of_a_plugin_that_is_not_installed_is_noted() -> None:
    text = "[dhcp.v4]\nenabled = false\nanything = 1"
    assert problems(text, layout("dns")) == []
    assert notes(text, layout("dns")) == [
        "microdns.toml:1: dhcp.v4: ignored: the plugin dhcp4 is not installed"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[loging]", "microdns.toml:1: loging: unknown section (did you mean [logging]?)"),
        ("[dns.atuh]", "microdns.toml:1: dns.atuh: unknown section (did you mean auth?)"),
        ("[api.rset]", "microdns.toml:1: api.rset: unknown section (did you mean [api.rest]?)"),
        ("dns = 5", "microdns.toml:1: dns: must be a table, not 5 (write [dns])"),
        ("api = 5", "microdns.toml:1: api: must be a table, not 5"),
        ("ipam = 5", "microdns.toml:1: ipam: must be a table, not 5"),
        (
            "[[instance]]",
            "microdns.toml:1: instance: must be a table, not an array (write [instance])",
        ),
    ],
)
def test_what_belongs_to_nobody_is_reported(text: str, message: str) -> None:
    assert problems(text, layout("dns", "auth")) == [message]


def test_a_key_outside_every_section_is_reported() -> None:
    (problem,) = problems("listen = 'x'", layout("dns", "auth"))
    assert problem.startswith("microdns.toml:1: listen: unknown key")


def test_sections_of_plugins_that_do_not_run_are_looked_over() -> None:
    text = "[dhcp.v4]\nenabled = false\npols = []"
    assert problems(text, layout()) == [
        "microdns.toml:3: dhcp.v4.pols: unknown key (did you mean pools?)"
    ]


def test_sections_that_may_belong_to_a_broken_plugin_are_noted() -> None:
    known = Layout({"dns": SECTIONS["dns"]}, unloadable=["hello"])
    text = "[greeting]\nx = 1\n[dns.greeting]\n"
    assert problems(text, known) == []
    assert notes(text, known) == [
        "microdns.toml:3: dns.greeting: unknown section; "
        "it may belong to hello, which can't be loaded",
        "microdns.toml:1: greeting: unknown section; it may belong to hello, which can't be loaded",
    ]


def test_a_section_has_one_owner() -> None:
    known = layout("dns")
    with pytest.raises(Conflict, match=r"\[dns\] of plugin other belongs to plugin dns"):
        known.claim("other", Section("dns", DnsConfig))
    with pytest.raises(Conflict, match="the kernel"):
        known.claim("other", Section("logging", DnsConfig))


def test_third_party_sections_live_anywhere() -> None:
    known = Layout(
        {"dns": SECTIONS["dns"], "x": Section("dns.x.y", AuthConfig), "z": Section("z", DnsConfig)}
    )
    assert problems("[dns.x.y]\nenabled = true\n[z]\n", known) == []
    assert problems("[dns.x.w]\n", known) == [
        "microdns.toml:1: dns.x.w: unknown section (did you mean [dns.x.y]?)"
    ]


def test_fields_kept_elsewhere_have_their_own_lines() -> None:
    text = "[coordinator]\nendpoint = 'x'\n[[instance.peers]]\nid = 5\n"
    assert problems(text, layout()) == [
        "microdns.toml:4: instance.peers[0].id: must be a string, not 5"
    ]
    document = parse_document("[[instance.peers]]\nid = 'x'")
    plugins = layout().decode(document, ["federation"]).plugins
    assert isinstance(plugins["federation"], FederationConfig)


def test_the_plugins_own_checks_join_in_with_their_lines() -> None:
    document = parse_document("[dns.auth]\nzones = ['a', 'b']\nbad = 1")
    configuration = layout().decode(document, ["auth"])
    configuration.add_problems(
        "auth", [Problem("zones[1]", "no such zone"), Problem("", "all wrong"), Problem("a b", "?")]
    )
    assert sorted(map(str, configuration.problems)) == [
        'microdns.toml:1: dns.auth."a b": ?',
        "microdns.toml:1: dns.auth: all wrong",
        "microdns.toml:2: dns.auth.zones[1]: no such zone",
        "microdns.toml:3: dns.auth.bad: unknown key (known here: enabled, listen, zones)",
    ]
