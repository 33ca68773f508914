"""Who types at this terminal."""

import os

from microdns.events import Principal


def local_principal() -> Principal:
    """The user that runs the command, as the actor of changes it makes by itself."""
    return Principal(f"uid:{os.getuid()}", interface="cli")
