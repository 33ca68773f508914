# cython: language_level=3
"""Counters, for Python; see the .pxd."""


cdef object read_counters(Counters* counted):
    """The present numbers, as a dict; what is zero is left out of the tables."""
    cdef int row, column
    answered = {}
    for row in range(TYPES):
        for column in range(RCODES):
            if counted.answered[row][column]:
                answered[row, column] = counted.answered[row][column]
    zones = {}
    for row in range(ZONES):
        for column in range(OUTCOMES):
            if counted.zones[row][column]:
                zones[row, column] = counted.zones[row][column]
    return {
        "answered": answered,
        "zones": zones,
        "truncated": counted.truncated,
        "short": counted.short_messages,
        "response": counted.responses,
        "oversize": counted.oversize,
        "overload": counted.overload,
        "unsent": counted.unsent,
        "receive_errors": counted.receive_errors,
        "upward": counted.upward,
        "batches": counted.batches,
        "denied": counted.denied,
        "cache_hits": counted.cache_hits,
        "not_allowed": counted.not_allowed,
        "malformed": [counted.malformed[row] for row in range(1, FAULTS)],
        "cookies": [counted.cookies[row] for row in range(1, KINDS)],
        "limited": [
            [counted.limited[row][column] for column in range(LIMITED_ACTIONS)]
            for row in range(LIMITED_CLASSES)
        ],
        "latency": [counted.latency[row] for row in range(BUCKETS)],
        "latency_seconds": counted.latency_nanoseconds / 1e9,
    }
