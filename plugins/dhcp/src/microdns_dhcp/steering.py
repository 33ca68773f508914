"""Two sockets for one port: messages that begin an exchange wait apart from all others.

A server that can't keep up leaves datagrams in the kernel's queue until that is full, and then the
kernel drops what comes.  In one queue, the many who begin would take the place of the few who are
about to get, or want to keep, an address: work done for an offer would be lost.  So the kernel
tells them apart by octets of the message, before anybody of ours runs:

- A multicast or broadcast is given to every socket that is bound to its port.  A filter on each
  (classic BPF, socket(7) SO_ATTACH_FILTER) takes what is its own.
- Any other datagram goes to one member of a group of sockets (SO_REUSEPORT).  A program of the
  group (SO_ATTACH_REUSEPORT_CBPF) says to which.

What is in doubt is no beginning: other orders of options, relayed DHCPv6, what is too short.
"""

import array
import socket
import struct
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

SO_ATTACH_FILTER, SO_DETACH_FILTER, SO_ATTACH_REUSEPORT_CBPF = 26, 27, 51
_UDP_HEADER_OCTETS = 8

_INSTRUCTION = struct.Struct("=HBBI")
"""``struct sock_filter``: operation, how many to skip if so, and if not, and an operand."""
_PROGRAM = struct.Struct("@HP")
"""``struct sock_fprog``: how many instructions, and where they are."""
_LOAD_LENGTH, _LOAD_OCTET, _RETURN = 0x80, 0x30, 0x06
_SKIP_UNLESS_EQUAL, _SKIP_UNLESS_AT_LEAST = 0x15, 0x35
_ALL, _NONE = 0xFFFFFFFF, 0
"""What filters return: how many octets of a datagram to take."""
_ONGOING, _BEGINNING = 0, 1
"""What the group's program returns: sockets by the order in which they were bound."""


class Descriptor(Protocol):
    """What can be waited for, and closed: any socket."""

    def fileno(self) -> int: ...
    def close(self) -> None: ...


Socket = TypeVar("Socket", bound=Descriptor, covariant=True)


@dataclass(frozen=True)
class Beginning:
    """What a message that begins an exchange looks like: these octets at an offset."""

    offset: int
    octets: bytes

    def begins(self, message: bytes) -> bool:
        """Whether a message does."""
        return message.startswith(self.octets, self.offset)

    def program(self, before: int, if_so: int, if_not: int) -> bytes:
        """Classic BPF that returns one of two numbers; ``before`` octets precede the message."""
        start = before + self.offset
        # A load beyond the end would end the program: the length is looked at first.
        tests = [(_LOAD_LENGTH, 0, _SKIP_UNLESS_AT_LEAST, start + len(self.octets))]
        tests += [
            (_LOAD_OCTET, at, _SKIP_UNLESS_EQUAL, octet)
            for at, octet in enumerate(self.octets, start)
        ]
        code = b""
        for number, (load, at, skip, operand) in enumerate(tests, 1):
            to_the_last = 2 * (len(tests) - number) + 1
            code += _INSTRUCTION.pack(load, 0, 0, at)
            code += _INSTRUCTION.pack(skip, 0, to_the_last, operand)
        return code + b"".join(_INSTRUCTION.pack(_RETURN, 0, 0, told) for told in (if_so, if_not))


@dataclass(frozen=True)
class Inlet(Generic[Socket]):
    """The sockets of one port on one interface.  What is sent goes by ``ongoing``."""

    ongoing: Socket
    beginning: Socket | None = None
    """Gets what begins an exchange; None: the other one gets everything."""
    refused: OSError | None = None
    """Why there is but one."""

    def close(self) -> None:
        """Close them."""
        self.ongoing.close()
        if self.beginning is not None:
            self.beginning.close()


def open_inlet(
    make: Callable[[], socket.socket], address: tuple[str, int], beginning: Beginning
) -> Inlet[socket.socket]:
    """Bind sockets that ``make`` gives, unbound, to an address; raises OSError.

    The first is bound as a single one would be, so that other servers on the port are noticed.
    """
    with ExitStack() as on_error:
        ongoing = make()
        on_error.callback(ongoing.close)
        ongoing.bind(address)
        try:
            inlet = Inlet(ongoing, _beside(ongoing, make, beginning))
        except OSError as error:
            with suppress(OSError):  # it has none yet
                ongoing.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)
            inlet = Inlet(ongoing, None, error)
        on_error.pop_all()
    return inlet


def _beside(
    ongoing: socket.socket, make: Callable[[], socket.socket], beginning: Beginning
) -> socket.socket:
    """A second socket, which takes from the first what begins an exchange; raises OSError.

    Filters are there before both are bound, so that nothing ever reaches both.
    """
    with ExitStack() as on_error:
        other = make()
        on_error.callback(other.close)
        _attach(other, SO_ATTACH_FILTER, beginning.program(_UDP_HEADER_OCTETS, _ALL, _NONE))
        _attach(ongoing, SO_ATTACH_FILTER, beginning.program(_UDP_HEADER_OCTETS, _NONE, _ALL))
        for each in (ongoing, other):
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(ongoing.getsockname())
        choice = beginning.program(0, _BEGINNING, _ONGOING)
        _attach(ongoing, SO_ATTACH_REUSEPORT_CBPF, choice)
        on_error.pop_all()
    return other


def _attach(opened: socket.socket, option: int, program: bytes) -> None:
    code = array.array("B", program)  # has an address, until the kernel has its copy
    head = _PROGRAM.pack(len(program) // _INSTRUCTION.size, code.buffer_info()[0])
    opened.setsockopt(socket.SOL_SOCKET, option, head)
