"""Other people's name servers, started on loopback for the time of a test.

Each peer gets the same zone files, a folder of its own and a free port, runs as a child process,
and is stopped by its process id. Nothing of the system's own service is touched.
"""

from tests.peers.bind import Bind
from tests.peers.knot import Knot
from tests.peers.microdns import MicroDns
from tests.peers.nsd import Nsd
from tests.peers.process import Child, StartFailure, free_port
from tests.peers.server import NameServer, Peer, ZoneFile

__all__ = [
    "Bind",
    "Child",
    "Knot",
    "MicroDns",
    "NameServer",
    "Nsd",
    "Peer",
    "StartFailure",
    "ZoneFile",
    "free_port",
]
