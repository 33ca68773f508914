"""RFC 1035 3.1, RFC 2181 11: any octets in labels, labels to 63 octets, names to 255."""

from tests.conformance.questions import Case, ask, asks
from tests.conformance.suite import agreement

_SUFFIX_OCTETS = len("labels.test") + 2


def _long_name(octets: int, letter: str = "l") -> str:
    """A name below labels.test that takes ``octets`` on the wire, of labels as long as can be."""
    left, labels = octets - _SUFFIX_OCTETS, []
    while left > 0:
        length = min(63, left - 1)
        if left - 1 - length == 1:
            length -= 1
        labels.append(letter * length)
        left -= length + 1
    return ".".join([*labels, "labels.test"])


def _labels(count: int) -> str:
    return ".".join(["m"] * count + ["labels.test"])


def _long(name: str, line: str) -> Case:
    case = ask(line)
    return Case(name, case.packet, case.transport)


test_odd_labels = agreement(
    *asks(r"""
    _underscore.labels.test A
    -hyphen.labels.test A
    hyphen-.labels.test A
    -.labels.test A
    --.labels.test A
    1.labels.test A
    a\.dot.labels.test A
    a.dot.labels.test A
    dot.labels.test A
    a\032space.labels.test A
    \000.labels.test A
    \000\001\255.labels.test A
    \000.\000.labels.test A
    \001.labels.test A
    x.\000.labels.test A
    \@.labels.test A
    \"quoted\".labels.test A
    back\\slash.labels.test A
    semi\;colon.labels.test A
    paren\(\).labels.test A
    \$dollar.labels.test A
    \*.escaped.labels.test A
    xn--bcher-kva.labels.test A
    b\195\188cher.labels.test A
    \091bracket\093.labels.test A
    \096back\123\124\125\126.labels.test A
    alias.labels.test A
    alias.labels.test CNAME
    binary.labels.test A
    binary.labels.test CNAME
    \010newline.labels.test TXT
    labels.test SOA
    \032.labels.test A
    \009.labels.test A
    \127.labels.test A
    \255.labels.test A
    """)
)

test_long_names = agreement(
    _long("63 octets in a label", f"{'a' * 63}.labels.test A"),
    _long("62 octets in a label", f"{'a' * 62}.labels.test A"),
    _long("254 octets", f"{_long_name(254)} A"),
    _long("255 octets", f"{_long_name(255)} A"),
    _long("255 octets, no such type", f"{_long_name(255)} TXT"),
    _long("255 octets by TCP", f"{_long_name(255)} A +tcp"),
    _long("255 octets, no EDNS", f"{_long_name(255)} A +noedns"),
    _long("255 octets, no such name", f"{_long_name(255, 'n')} A"),
    _long("253 octets, no such name", f"{_long_name(253)} A"),
    _long("123 labels", f"{_labels(121)} A"),
    _long("122 labels, an empty non-terminal", f"{_labels(120)} A"),
    _long("3 labels, an empty non-terminal", f"{_labels(1)} A"),
    _long("255 octets out of our zones", f"{_long_name(251)[:-11]}elsewhere.test A"),
)
