"""The plugin in a running kernel."""

from pathlib import Path

import anyio
import pytest

from microdns.errors import Invalid, NotFound
from microdns.operations import Call
from microdns.testing import check_plugin, run_kernel
from microdns_notes.operations import Row
from microdns_notes.plugin import NotesPlugin

pytestmark = pytest.mark.anyio


async def test_keeps_to_the_kernels_contract() -> None:
    await check_plugin(NotesPlugin(), "[notes]\nenabled = true")


async def test_a_note_is_set_listed_and_deleted() -> None:
    async with run_kernel([NotesPlugin()]) as kernel:
        call = kernel.operations.call
        await call("note.set", {"name": "WWW.example.com", "text": "rack 4"}, Call())
        assert await call("note.list", {}, Call()) == [Row("www.example.com", "rack 4")]
        await call("note.delete", {"name": "www.example.com"}, Call())
        assert await call("note.list", {}, Call()) == []
        with pytest.raises(NotFound):
            await call("note.delete", {"name": "www.example.com"}, Call())


async def test_a_note_may_not_be_too_long() -> None:
    async with run_kernel([NotesPlugin()], "[notes]\nlength_max = 3") as kernel:
        with pytest.raises(Invalid, match="text: is longer than 3 characters"):
            await kernel.operations.call("note.set", {"name": "a", "text": "long"}, Call())


async def test_the_mirror_is_told_what_it_missed(tmp_path: Path) -> None:
    mirror = tmp_path / "notes.txt"
    async with run_kernel([NotesPlugin()], folder=tmp_path) as kernel:
        await kernel.operations.call("note.set", {"name": "a", "text": "first"}, Call())
    config = f"[notes]\nmirror = '{mirror}'"
    async with run_kernel([NotesPlugin()], config, folder=tmp_path) as kernel:
        await kernel.operations.call("note.delete", {"name": "a"}, Call())
        with anyio.fail_after(5):
            while kernel.store.cursor("notes.mirror") < kernel.store.sequence:  # noqa: ASYNC110  (the store has no event for this)
                await anyio.sleep(0.01)
    assert mirror.read_text() == "kernel set a: first\nkernel deleted a\n"
