"""Somebody else's plugin with a tab: it imports nothing but the kernel."""

from collections.abc import Iterable
from typing import Any

import msgspec

from microdns.operations import Call, Nothing, Operation
from microdns.plugin import Plugin, hookimpl
from microdns.tabs import Tab


class Sky(msgspec.Struct, frozen=True):
    """The sky."""

    colour: str


class SkyPlugin(Plugin):
    """Tells the colour of the sky."""

    name = "sky"
    summary = "The sky"

    @hookimpl
    def microdns_operations(self) -> Iterable[Operation[Any, Any]]:
        yield Operation(
            name="sky.get",
            summary="Show the sky.",
            input=Nothing,
            output=Sky,
            handler=self._sky,
            scope="sky:read",
            http="GET /sky",
        )

    @hookimpl
    def microdns_tabs(self) -> Iterable[Tab]:
        yield Tab("sky", "Sky", __name__, "sky.js", ("sky.css",), scope="sky:read", order=50)

    async def _sky(self, _call: Call, _input: Nothing) -> Sky:
        return Sky("<b>blue</b>")
