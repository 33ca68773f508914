"""Domain names: uncompressed wire bytes inside, text only at the edges.

A name is the wire form of RFC 1035 3.1 without compression: labels, each behind its length, and
the empty root label at the end (``b"\\x03www\\x07example\\x00"``; the root is ``b"\\x00"``).  Wire
bytes compare, hash and concatenate cheaply, hold any octets, and need no escapes.  Two names are
the same when they are equal after ``fold`` (RFC 4343).

Text comes in two dialects.  In zone files a name is relative to an origin unless a dot ends it.
Everywhere else (JSON, settings, the command line) a name without a final dot is absolute.  Both
know the escapes ``\\.`` and ``\\046`` (RFC 1035 5.1), and both take Unicode, which becomes A-labels
(UTS 46, non-transitional).
"""

import re

ROOT = b"\0"
LABEL_MAX = 63
"""Octets in a label (RFC 1035 2.3.4)."""
NAME_MAX = 255
"""Octets in a name on the wire, lengths and root included (RFC 1035 2.3.4)."""

_LENGTH = [bytes((length,)) for length in range(LABEL_MAX + 1)]
_PLAIN = re.compile(rb"[A-Za-z0-9_*/+~=&%!#?,:<>'\[\]{}|^`-]*")
_DOTS = re.compile("[.\u3002\uff0e\uff61]")  # UTS 46 section 2.3: what separates labels
_HOST_LABEL = re.compile(r"[A-Za-z0-9_/](?:[A-Za-z0-9_/-]*[A-Za-z0-9_/])?")
_KEY_ESCAPES = re.compile(rb"[\x00\x01]")
_DIGITS = b"0123456789"


def fold(wire: bytes) -> bytes:
    """The name in lower case, for comparing (RFC 4343).

    Length octets are below 64, so they never look like ``A`` to ``Z`` and the whole may be folded.
    """
    return wire.lower()


def from_text(text: str, origin: bytes | None = None) -> bytes:
    """The wire form of a name in text.

    With an ``origin`` (wire), ``@`` and names without a final dot are relative to it; without
    one, every name is absolute, with or without the dot.  Raises ValueError, with a message that
    names what is wrong.
    """
    if text == ".":
        return ROOT
    if not text:
        raise ValueError("a name is empty")
    if text == "@":
        if origin is None:
            raise ValueError("'@' stands for a zone's own name, and there is no zone here")
        return origin
    if not text.isascii():
        text = _to_a_labels(text)
    if "\\" in text:
        parts, absolute = _split_escaped(text)
    else:
        absolute = text.endswith(".")
        parts = (text[:-1] if absolute else text).encode("ascii").split(b".")
    return _join(parts, ROOT if absolute or origin is None else origin, text)


def from_labels(parts: list[bytes]) -> bytes:
    """The wire form of labels given from left to right, without the root; raises ValueError."""
    return _join(parts, ROOT, ".".join(map(str, parts)))


def _join(parts: list[bytes], end: bytes, text: str) -> bytes:
    try:
        wire = b"".join([_LENGTH[len(label)] + label for label in parts]) + end
    except IndexError:
        long = max(map(len, parts))
        raise ValueError(
            f"{_shown(text)} has a label of {long} octets; {LABEL_MAX} is the most"
        ) from None
    if b"" in parts:
        raise ValueError(f"{_shown(text)} has an empty label")
    if len(wire) > NAME_MAX:
        raise ValueError(f"{_shown(text)} takes {len(wire)} octets; {NAME_MAX} is the most")
    return wire


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")


def _split_escaped(text: str) -> tuple[list[bytes], bool]:
    """Labels of a name that has escapes, and whether an unescaped dot ends it."""
    found: list[bytes] = []
    label = bytearray()
    octets = text.encode("ascii")
    at = 0
    while at < len(octets):
        octet = octets[at]
        if octet == 0x2E:  # dot
            found.append(bytes(label))
            label.clear()
            at += 1
            continue
        if octet == 0x5C:  # backslash
            octet, at = unescape(octets, at)
        else:
            at += 1
        label.append(octet)
    absolute = not label and octets.endswith(b".")
    if not absolute:
        found.append(bytes(label))
    return found, absolute


def unescape(octets: bytes, at: int) -> tuple[int, int]:
    """The octet that the escape at ``octets[at]`` (a backslash) stands for, and where it ends.

    ``\\DDD`` is an octet by its decimal number, ``\\X`` is X itself (RFC 1035 5.1).
    Raises ValueError.
    """
    following = octets[at + 1 : at + 4]
    if not following:
        raise ValueError("a backslash at the end escapes nothing")
    if following[0] not in _DIGITS:
        return following[0], at + 2
    if len(following) < 3 or following[1] not in _DIGITS or following[2] not in _DIGITS:
        raise ValueError("an escape by number takes three digits, as in \\046")
    number = int(following)
    if number > 255:
        raise ValueError(f"the escape \\{number} is above 255")
    return number, at + 4


def _to_a_labels(text: str) -> str:
    """A name that has non-ASCII characters, its U-labels made A-labels (RFC 5891, UTS 46)."""
    if "\\" in text:
        raise ValueError(f"{_shown(text)} mixes escapes and Unicode; write it with one of them")
    return ".".join([_to_a_label(label) for label in _DOTS.split(text)])


def _to_a_label(label: str) -> str:
    if label.isascii():
        return label
    import idna  # imported when first needed: it takes longer to load than the rest of this file

    try:
        return idna.encode(label, uts46=True, std3_rules=True).decode("ascii")
    except idna.IDNAError as error:
        raise ValueError(f"{_shown(label)} can't be a label: {error}") from None


def to_text(wire: bytes) -> str:
    """The name as absolute text without a final dot (``mail.example.com``; the root is ``.``)."""
    return labels_text(labels(wire)) or "."


def to_absolute_text(wire: bytes) -> str:
    """The name as a zone file writes it absolutely, with its final dot (``mail.example.com.``)."""
    return labels_text(labels(wire)) + "."


def to_relative_text(wire: bytes, origin: bytes) -> str:
    """The name relative to ``origin``: ``@``, ``www``, or absolute with a final dot if outside.

    The spelling (case) of ``origin`` need not be the name's.
    """
    if not is_subdomain(wire, origin):
        return to_absolute_text(wire)
    return labels_text(labels(wire)[: label_count(wire) - label_count(origin)]) or "@"


def labels(wire: bytes) -> list[bytes]:
    """The labels from left to right, without the root."""
    found: list[bytes] = []
    at = 0
    while wire[at]:
        end = at + 1 + wire[at]
        found.append(wire[at + 1 : end])
        at = end
    return found


def label_count(wire: bytes) -> int:
    """How many labels the name has, the root not counted."""
    count = at = 0
    while wire[at]:
        at += 1 + wire[at]
        count += 1
    return count


def labels_text(parts: list[bytes]) -> str:
    """Labels as text, with escapes where they are needed, and dots between."""
    return ".".join([_label_text(label) for label in parts])


def _label_text(label: bytes) -> str:
    if _PLAIN.fullmatch(label):
        return label.decode("ascii")
    return "".join(map(_octet_text, label))


def _octet_text(octet: int) -> str:
    if octet in b'."();\\@$':
        return "\\" + chr(octet)
    return chr(octet) if 0x20 < octet < 0x7F else f"\\{octet:03d}"


def parent(wire: bytes) -> bytes:
    """The name without its leftmost label; the root has none (ValueError)."""
    if wire == ROOT:
        raise ValueError("the root has no parent")
    return wire[1 + wire[0] :]


def is_subdomain(wire: bytes, of: bytes) -> bool:
    """Whether the name is ``of`` or below it, whatever their case."""
    cut = len(wire) - len(of)
    if cut < 0 or wire[cut:].lower() != of.lower():
        return False
    at = 0
    while at < cut:  # the octets agree; a label must begin there
        at += 1 + wire[at]
    return at == cut


def is_wildcard(wire: bytes) -> bool:
    """Whether the leftmost label is ``*`` (RFC 4592 2.1.1)."""
    return wire[:2] == b"\x01*"


def check_wire(wire: bytes) -> None:
    """Raise ValueError unless these octets are exactly one uncompressed name."""
    if wire_end(wire, 0) != len(wire):
        raise ValueError("octets follow a name")


def wire_end(octets: bytes, at: int) -> int:
    """Where the uncompressed name that starts at ``at`` ends; raises ValueError if it is none."""
    start = at
    while True:
        if at >= len(octets):
            raise ValueError("a name is cut off")
        length = octets[at]
        if length > LABEL_MAX:
            raise ValueError("a name has a compressed or overlong label")
        at += 1 + length
        if at - start > NAME_MAX:
            raise ValueError(f"a name takes more than {NAME_MAX} octets")
        if length == 0:
            return at


def canonical_key(wire: bytes, origin: bytes = ROOT) -> bytes:
    """Bytes that sort as the names do in canonical order (RFC 4034 6.1); key of the root is empty.

    Labels from the right, folded, each ended by 0, with 0 and 1 escaped so that a label which is
    the beginning of another sorts before it.  The key of a name is a prefix of the keys of all
    names below it, and of no others.  With ``origin``, which must be an ancestor, the key is that
    of the name's part below it.
    """
    below = labels(wire.lower())[: label_count(wire) - label_count(origin)]
    return key_of_labels(below)


def key_of_labels(folded: list[bytes]) -> bytes:
    """``canonical_key`` of folded labels, given from left to right."""
    if not folded:
        return b""
    folded = [_KEY_ESCAPES.sub(_key_escape, label) for label in reversed(folded)]
    return b"\0".join(folded) + b"\0"


def _key_escape(match: re.Match[bytes]) -> bytes:
    return b"\x01\x01" if match[0] == b"\0" else b"\x01\x02"


def relative_key(relative: str) -> bytes:
    """``canonical_key`` of a name given relative to its zone (``@``, ``www``, ``*.dev``)."""
    if relative == "@":
        return b""
    if "\\" in relative:
        return key_of_labels(labels(from_text(relative).lower()))
    if "." in relative:
        return "\0".join(relative.lower().split(".")[::-1]).encode("ascii") + b"\0"
    return relative.lower().encode("ascii") + b"\0"


def from_relative(relative: str, origin: bytes) -> bytes:
    """The wire form of a name given relative to its zone; quick for the plain ones.

    ``relative`` is a valid name, as records hold it: it is not checked again.
    """
    if "." not in relative and "\\" not in relative:
        return origin if relative == "@" else _LENGTH[len(relative)] + relative.encode() + origin
    return from_text(relative, origin)


def from_input(text: str, origin: bytes | None = None) -> bytes:
    """A name given by a person through an interface, in the letters that host names take.

    Letters, digits, hyphens (not first or last in a label), underscores, ``/`` (RFC 2317) and a
    leading ``*`` label; Unicode becomes A-labels; escapes are refused.  Zone files may hold any
    octets: they are read with ``from_text``.  ``origin`` as there.  Raises ValueError.
    """
    if "\\" in text:
        raise ValueError(f"{_shown(text)} has an escape, which is possible in zone files only")
    wire = from_text(text, origin)
    relative = origin is not None and not _DOTS.fullmatch(text[-1:])
    given = label_count(wire) - (label_count(origin) if relative and origin else 0)
    for position, label in enumerate(labels(wire)[:given]):
        _check_host_label(label.decode("ascii"), position, text)
    return wire


def _check_host_label(label: str, position: int, text: str) -> None:
    if _HOST_LABEL.fullmatch(label) or (label == "*" and position == 0):
        return
    if "*" in label:
        raise ValueError(f"{_shown(text)}: an asterisk stands alone, as the leftmost label")
    if label.startswith("-") or label.endswith("-"):
        raise ValueError(f"{_shown(text)}: the label {label!r} begins or ends with a hyphen")
    wrong = re.sub("[A-Za-z0-9_/-]", "", label)[:1]
    raise ValueError(
        f"{_shown(text)} has {wrong!r} in it; names are made of letters, digits, hyphens, "
        "underscores and dots"
    )
