"""The configuration of the reference is accepted as it stands."""

from pathlib import Path

import pytest

from microdns.config import load_document

from .sections import SECTIONS, AuthConfig, FederationConfig, RecursorConfig, layout

DATA = Path(__file__).parent / "data"


def test_the_full_reference_is_accepted() -> None:
    document = load_document(DATA / "reference.toml")
    known = layout()
    chosen = known.chosen(document)
    configuration = known.decode(document, chosen)
    assert configuration.problems == []
    assert configuration.notes == []
    assert set(chosen) == set(SECTIONS) - {"dns"}
    assert configuration.instance.id == "microdns-main"
    assert configuration.database.path == Path("/data/microdns.redb")


def test_sections_inside_sections_reach_their_owners() -> None:
    document = load_document(DATA / "reference.toml")
    known = layout()
    plugins = known.decode(document, known.chosen(document)).plugins
    auth, recursor, federation = plugins["auth"], plugins["recursor"], plugins["federation"]
    assert isinstance(auth, AuthConfig)
    assert auth.listen == (("0.0.0.0", 53),)
    assert isinstance(recursor, RecursorConfig)
    assert recursor.forward_zones["g10.lo"] == ["192.168.10.199:53"]
    assert isinstance(federation, FederationConfig)
    assert [peer.id for peer in federation.peers] == ["microdns-g10"]


def test_the_minimal_reference_is_accepted() -> None:
    document = load_document(DATA / "minimal.toml")
    known = layout("dns", "recursor")
    configuration = known.decode(document, known.chosen(document))
    configuration.raise_problems()
    assert list(configuration.plugins) == ["recursor"]


@pytest.mark.parametrize("name", ["reference.toml", "minimal.toml"])
def test_what_is_not_installed_is_named_with_its_distribution(name: str) -> None:
    document = load_document(DATA / name)
    known = layout("dns")
    problems = known.decode(document, known.chosen(document)).problems
    assert any("pip install microdns-recursor" in problem.message for problem in problems)
    assert all(problem.line is not None for problem in problems)
