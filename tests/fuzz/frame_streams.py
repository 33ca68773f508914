"""What a reader of dnstap says, as the plugin reads it: control frames, or a refusal."""

from microdns_dnstap.frames import (
    CONTENT_TYPE,
    Control,
    ControlReader,
    ControlType,
    Malformed,
    decode,
    encode,
)

SEEDS = [
    encode(Control(type_, content))
    for type_ in ControlType
    for content in ((), (CONTENT_TYPE,), (b"other", CONTENT_TYPE))
]


def one(data: bytes) -> None:
    """Cut in two, it is read as it is whole."""
    whole = _read(data)
    for at in (1, len(data) // 2):
        if _read(data[:at], data[at:]) != whole:
            raise AssertionError(f"cut at {at} it is another")
    for control in whole or ():
        if decode(encode(control)[8:]) != control:
            raise AssertionError(f"{control} does not come back")


def _read(*pieces: bytes) -> list[Control] | None:
    reader, found = ControlReader(), []
    try:
        for piece in pieces:
            found += reader.feed(piece)
    except Malformed:
        return None
    return found
