"""DHCID data against the examples of RFC 4701 3.6, and who counts as one host."""

from base64 import b64encode

from microdns_dhcp.model import ACTIVE, Lease, client6
from microdns_dns import names
from microdns_registration.dhcid import CLIENT_ID, DUID, HARDWARE, dhcid, hardware_of, identities

MAC = bytes.fromhex("010203040506")
DUID_LLT = bytes.fromhex("00010006412df166010203040506")


def lease(address: bytes, client: bytes, hardware: bytes = b"") -> Lease:
    return Lease(
        address=address,
        client=client,
        state=ACTIVE,
        expires=0,
        subnet="",
        started=0,
        renewed=0,
        duration=0,
        hardware=hardware,
    )


def data(identity: tuple[int, bytes], name: str) -> str:
    return b64encode(dhcid(identity, names.from_text(name))).decode()


def test_example_of_a_duid() -> None:
    client = lease(bytes(16), client6(3, b"\0\0\0\7", DUID_LLT))
    identity = identities(client)[0]
    assert identity == (DUID, DUID_LLT)
    wanted = "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA="
    assert data(identity, "chi6.example.com") == wanted


def test_example_of_a_client_identifier() -> None:
    client_id = bytes.fromhex("010708090a0b0c")
    identity = identities(lease(bytes(4), b"\1" + client_id, b"\1" + MAC))[0]
    assert identity == (CLIENT_ID, client_id)
    wanted = "AAEBOSD+XR3Os/0LozeXVqcNc7FwCfQdWL3b/NaiUDlW2No="
    assert data(identity, "chi.example.com") == wanted


def test_example_of_a_hardware_address() -> None:
    (identity,) = identities(lease(bytes(4), b"\0\1" + MAC, b"\1" + MAC))
    assert identity == (HARDWARE, b"\1" + MAC)
    wanted = "AAABxLmlskllE0MVjd57zHcWmEH3pCQ6VytcKD//7es/deY="
    assert data(identity, "client.example.com") == wanted
    assert data(identity, "CLIENT.example.com") == wanted


def test_a_dhcpv4_client_with_a_duid_is_the_dhcpv6_client() -> None:
    rfc4361 = lease(bytes(4), b"\1\xff\0\0\0\1" + DUID_LLT, b"\1" + b"\2" * 6)
    assert identities(rfc4361)[0] == (DUID, DUID_LLT)


def test_the_hardware_address_is_found_in_a_duid() -> None:
    assert hardware_of(lease(bytes(16), client6(3, bytes(4), DUID_LLT))) == b"\6" + MAC
    duid_ll = b"\0\3\0\1" + MAC
    assert hardware_of(lease(bytes(16), client6(3, bytes(4), duid_ll))) == b"\1" + MAC
    uuid = b"\0\4" + bytes(range(16))
    assert hardware_of(lease(bytes(16), client6(3, bytes(4), uuid))) == b""


def test_octets_of_any_length_are_taken() -> None:
    for length in range(12):
        for family in (4, 16):
            assert identities(lease(bytes(family), b"\1\xff"[:length] + bytes(length)))
