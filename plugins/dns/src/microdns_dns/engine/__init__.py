"""The compiled engine: answers from memory, in threads of its own, without Python.

Its modules may be missing: they are built where there is a C compiler.  ``reason_missing`` says
why; everything else is imported only when it returns nothing.
"""

import importlib
import importlib.util


def reason_missing() -> str:
    """Why the engine can't be used here; empty when it can."""
    if importlib.util.find_spec("microdns_dns.engine.core") is None:
        return "it was not built: the installation found no C compiler"
    try:
        importlib.import_module("microdns_dns.engine.worker")
    except (ImportError, OSError) as error:
        return f"it does not load: {error}"
    return ""
