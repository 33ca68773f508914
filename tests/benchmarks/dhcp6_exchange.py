"""What a DHCPv6 exchange takes of the processor, without sockets: each message, and the flush.

The server's own code handles the messages, in a store of its own; with ``--sources`` it is
interpreted also where it has been compiled.  A flush is measured with one lease in each, and with
14, as they come under load.
"""

import argparse
import importlib

import uvloop
from tests.sources import use_sources

LEASES_IN_A_FLUSH = (1, 14)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=8_000, help="exchanges")
    parser.add_argument("--sources", action="store_true", help="as if nothing were compiled")
    given = parser.parse_args()
    if given.sources:
        use_sources()
    exchanges = importlib.import_module("tests.benchmarks._dhcp6_exchanges")
    for leases in LEASES_IN_A_FLUSH:
        print(uvloop.run(exchanges.measured(given.rounds // leases, leases)), flush=True)


if __name__ == "__main__":
    main()
