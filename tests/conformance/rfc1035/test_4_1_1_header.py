"""RFC 1035 4.1.1, RFC 6895 2: header bits, opcodes and rcodes in queries."""

from tests.conformance.questions import asks
from tests.conformance.suite import agreement

test_bits = agreement(
    *asks("""
    www.chain.test A
    www.chain.test A +rd
    www.chain.test A +ra
    www.chain.test A +aa
    www.chain.test A +tc
    www.chain.test A +z
    www.chain.test A +ad
    www.chain.test A +cd
    www.chain.test A +ad +cd +rd
    www.chain.test A +aa +tc +ra +z
    www.chain.test A +rd +ad +noedns
    www.chain.test A +cd +noedns
    www.chain.test A +ad +do
    www.chain.test A +cd +do
    nowhere.chain.test A +rd +ad +cd
    www.in.cut.test A +rd +ad +cd
    www.elsewhere.invalid A +rd +ad +cd
    www.elsewhere.invalid A +aa +tc
    www.chain.test A +hdrrcode=1
    www.chain.test A +hdrrcode=15
    """)
)

test_responses_are_not_answered = agreement(
    *asks("""
    www.chain.test A +qr
    www.chain.test A +qr +noedns
    www.chain.test A +qr +aa +hdrrcode=3
    www.elsewhere.invalid A +qr
    www.chain.test A +qr +opcode=5
    """)
)

test_opcodes = agreement(
    *asks(
        "\n".join(
            f"www.chain.test A +opcode={opcode}{rest}"
            for opcode in (1, 2, 3, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
            for rest in ("", " +noedns", " +rd")
        )
    )
)
