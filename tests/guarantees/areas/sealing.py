"""Sealing at rest."""

from __future__ import annotations

from tests.guarantees.guarantee import Guarantee, Mutant

GUARANTEES: list[Guarantee] = [
    Guarantee(
        "A token that cannot be sealed or put into the OS keyring as requested is not stored in another way.",
        (
            "sealing/test_operations.py::test_sealed_storage_without_a_vault_stores_nothing",
            "cli/test_vault.py::test_missing_keyring_is_an_error_without_a_fallback",
        ),
    ),
    Guarantee(
        "A sealed token opens only for its app, profile and origin, and a change of any byte of its file is detected.",
        ("sealing/test_damage.py",),
        ("no associated data", "a nonce that is reused"),
    ),
    Guarantee(
        "A sealed token in a template is read as strictly as the age format's specification says: one armored text has "
        "one meaning.",
        ("templates/test_age_format.py",),
        ("armor that is not canonical", "an age header that is not checked"),
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
    Mutant(
        "armor that is not canonical",
        "templates/age_format.py",
        "    if lines[1:-1] != [encoded[at : at + _COLUMNS] for at in range(0, len(encoded), _COLUMNS)]:",
        "    if not encoded:",
        "tests/templates/test_age_format.py::test_armor_that_the_specification_forbids_is_refused",
        "DID NOT RAISE",
    ),
    Mutant(
        "an age header that is not checked",
        "templates/age_format.py",
        "    if header is None:",
        '    header = header or re.match(rb"((?s:.*))", content)\n    if header is None:',
        "tests/templates/test_age_format.py::test_malformed_stanza_is_refused_before_the_library_reads_it",
        "the library was given the text",
    ),
]
