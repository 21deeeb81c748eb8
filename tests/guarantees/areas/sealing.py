"""Sealing at rest."""

from __future__ import annotations

from tests.guarantees.guarantee import Guarantee, Mutant

GUARANTEES: list[Guarantee] = [
    Guarantee(
        "A sealed token opens only for its app, profile and origin, and a change of any byte of its file is detected.",
        ("sealing/test_damage.py",),
        ("no associated data", "a nonce that is reused"),
    ),
]

MUTANTS: list[Mutant] = [
    Mutant(
        "no associated data",
        "sealing/cipher.py",
        '    return b"".join(len(content).to_bytes(4, "big") + content for content in contents)',
        '    return b"" if contents else b""',
        "tests/sealing/test_damage.py::test_changed_metadata_of_a_sealed_token_is_detected",
        "DID NOT RAISE",
    ),
    Mutant(
        "a nonce that is reused",
        "sealing/cipher.py",
        "    nonce = os.urandom(NONCE_LENGTH)",
        "    nonce = bytes(NONCE_LENGTH)",
        "tests/sealing/test_damage.py::test_no_nonce_is_used_twice",
        "assert",
    ),
]
