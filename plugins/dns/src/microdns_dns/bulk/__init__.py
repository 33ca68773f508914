"""Many records at once, packed: from a zone file's text to the store's rows, without Python.

Compiled where the engine is.  Where it is not, imports take the same way as single changes, record
by record, and come to the same.
"""

import importlib
import importlib.util


def is_built() -> bool:
    """Whether the compiled modules are there and load."""
    if importlib.util.find_spec("microdns_dns.bulk.run") is None:
        return False
    try:
        importlib.import_module("microdns_dns.bulk.lines")
    except (ImportError, OSError):
        return False
    return True
