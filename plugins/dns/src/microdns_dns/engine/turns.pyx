# cython: language_level=3
"""How long a thread may keep a processor that others want, which decides how soon it gets one.

A thread that wakes takes the processor from another at once when its own slice is the shorter one
(Linux 6.12 and later; elsewhere the wish is without effect).  Queries take microseconds, changes of
zones take the event loop's thread hundreds of them: without this, an answer waits for the end of
that thread's slice, which is up to a tick of the kernel's timer (4 ms).
"""

from libc.stdint cimport int32_t, uint32_t, uint64_t


cdef extern from "unistd.h" nogil:
    long syscall(long number, ...)


cdef extern from "sys/syscall.h" nogil:
    long SYS_sched_getattr
    long SYS_sched_setattr


cdef struct Attributes:
    # As sched_setattr(2) has them, in their first version.
    uint32_t size
    uint32_t policy
    uint64_t flags
    int32_t nice
    uint32_t priority
    uint64_t runtime
    uint64_t deadline
    uint64_t period


cdef enum:
    SCHED_OTHER = 0
    SCHED_BATCH = 3


def slice_nanoseconds():
    """The slice of the calling thread; 0 where the kernel does not tell."""
    cdef Attributes found
    if not _read(&found):
        return 0
    return found.runtime


def shorten_slice(uint64_t nanoseconds):
    """Ask for a slice of this length for the calling thread; whether the kernel took the wish.

    No privilege is needed, and the thread's share of the processor stays what it is.  A thread that
    somebody gave another policy (``chrt``) is left alone.
    """
    cdef Attributes wanted
    if not _read(&wanted) or wanted.policy not in (SCHED_OTHER, SCHED_BATCH):
        return False
    wanted.size = sizeof(Attributes)
    wanted.flags = 0
    wanted.runtime = nanoseconds
    wanted.deadline = wanted.period = 0
    return syscall(SYS_sched_setattr, 0, &wanted, 0) == 0


cdef bint _read(Attributes* found):
    return syscall(SYS_sched_getattr, 0, found, sizeof(Attributes), 0) == 0
