"""Saying why an address can't be listened on, and what to do about it."""

import contextlib
import errno
import os
from pathlib import Path


class CannotListen(OSError):
    """An address can't be listened on; the text says why, and what to do."""

    def __str__(self) -> str:
        return self.strerror or ""


def explain(address: tuple[str, int], error: OSError) -> str:
    """What is wrong with an address, for whoever configured it."""
    host, port = address
    shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if error.errno == errno.EADDRINUSE:
        holder = _holder(port)
        by = f" by {holder}" if holder else ""
        return f"can't listen on {shown}: the port is in use{by}; stop it, or choose another port"
    if error.errno in (errno.EACCES, errno.EPERM):
        return (
            f"can't listen on {shown}: not permitted; ports below 1024 need the capability "
            "CAP_NET_BIND_SERVICE (or root), or choose a higher port"
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return f"can't listen on {shown}: no interface of this machine has the address"
    if error.errno == errno.EAFNOSUPPORT:
        return f"can't listen on {shown}: this machine has no IPv6; leave the address out"
    return f"can't listen on {shown}: {error.strerror or error}"


def _holder(port: int) -> str:
    """The process that has the port, where /proc lets us see it: ``named (pid 4711)``."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        inodes = _inodes(port)
        for process in Path("/proc").iterdir():
            if process.name.isdigit() and inodes & _sockets_of(process):
                name = (process / "comm").read_text().strip()
                return f"{name} (pid {process.name})"
    return ""


def _inodes(port: int) -> set[str]:
    """Inodes of the sockets on a local port: unconnected UDP ones and listening TCP ones."""
    found = set()
    for table, state in (("udp", "07"), ("udp6", "07"), ("tcp", "0A"), ("tcp6", "0A")):
        path = Path("/proc/net") / table
        for line in path.read_text().splitlines()[1:] if path.exists() else ():
            fields = line.split()
            if fields[3] == state and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(fields[9])
    return found


def _sockets_of(process: Path) -> set[str]:
    found = set()
    with contextlib.suppress(OSError):
        for descriptor in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                target = os.readlink(descriptor)
                if target.startswith("socket:["):
                    found.add(target[8:-1])
    return found
