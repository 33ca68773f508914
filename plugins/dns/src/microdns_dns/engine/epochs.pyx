# cython: language_level=3
"""Epoch-based reclamation; see the .pxd.  Writers hold the GIL, readers need none."""

from collections import deque

from libc.stdint cimport uintptr_t
from libc.stdlib cimport calloc, free

from microdns_dns.engine.atomic cimport (
    ACQUIRE, ORDERED, RELEASE, add_number, fence, load_number, store_number,
)


cdef void enter(Epochs* epochs, int reader) noexcept nogil:
    """From here on nothing that is found may be freed."""
    store_number(&epochs.readers[reader & (READERS_MAX - 1)].epoch,
                 load_number(&epochs.now, ORDERED), ORDERED)
    fence(ORDERED)  # the note must be seen before anything is looked up


cdef void leave(Epochs* epochs, int reader) noexcept nogil:
    """Nothing that was found is held any more."""
    store_number(&epochs.readers[reader & (READERS_MAX - 1)].epoch, AWAY, RELEASE)


cdef class Reclaimer:
    """Keeps what was taken out of use until nobody can hold it."""

    def __cinit__(self):
        self.epochs = <Epochs*>calloc(1, sizeof(Epochs))
        if self.epochs is NULL:
            raise MemoryError
        self.epochs.now = 1
        self._free = set(range(READERS_MAX))
        self._retired = deque()

    def __dealloc__(self):
        for _, memory in self._retired or ():
            free(<void*><uintptr_t>memory)
        free(self.epochs)

    @property
    def waiting(self) -> int:
        """How many pieces of memory wait for readers."""
        return len(self._retired)

    cdef int add_reader(self) except -1:
        """A place for one thread; raises ValueError when there is none left."""
        if not self._free:
            raise ValueError(f"the engine has no place for more than {READERS_MAX} threads")
        return self._free.pop()

    cdef void remove_reader(self, int reader):
        leave(self.epochs, reader)
        self._free.add(reader)

    cdef int retire(self, void* memory) except -1:
        """Free this as soon as nobody holds it.  It must not be findable any more."""
        if memory is not NULL:
            self._retired.append((self.epochs.now + 1, <uintptr_t>memory))
        return 0

    cdef void advance(self):
        """Begin a new epoch, and free what can be freed."""
        cdef uint64_t oldest, epoch
        cdef int reader
        if not self._retired:
            return
        oldest = add_number(&self.epochs.now, 1, ORDERED)
        fence(ORDERED)
        for reader in range(READERS_MAX):
            epoch = load_number(&self.epochs.readers[reader].epoch, ACQUIRE)
            if epoch != AWAY and epoch < oldest:
                oldest = epoch
        while self._retired and self._retired[0][0] <= oldest:
            _, memory = self._retired.popleft()
            free(<void*><uintptr_t>memory)
            self.freed += 1
