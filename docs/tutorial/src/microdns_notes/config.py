"""The section ``[notes]``."""

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from microdns.config import FilePath


class NotesConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Notes about names."""

    enabled: Annotated[bool, Meta(description="Run the plugin.")] = False
    length_max: Annotated[
        int, Meta(ge=1, le=10_000, description="Longest note, in characters.")
    ] = 200
    mirror: Annotated[
        Path | None,
        FilePath(),
        Meta(description="File that is told every change, one line each."),
    ] = None
