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
        "While sealing is on, a new token is sealed unless plain storage is requested, whatever file it replaces; a "
        "plain file is reported by every command that uses it.",
        ("sealing/test_downgrade.py", "cli/test_plain_file.py"),
        ("a plain file that makes the next token plain", "a plain file that is not reported"),
    ),
    Guarantee(
        "A vault that replaces this machine's, and a key file in the data folder, are never used.",
        ("sealing/test_known_vault.py", "sealing/test_kills.py"),
        ("any vault is accepted", "a removed vault turns sealing off", "a key file in the data folder"),
    ),
    Guarantee(
        "`data-key.json` cannot exhaust the machine: what an unlocker costs, and how many there are, is bounded.",
        ("sealing/test_vault.py",),
        ("a higher cost of a guess", "any number of unlockers", "a changed cost that is not named"),
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
    Mutant(
        "a plain file that makes the next token plain",
        "store/profile_store.py",
        "        if current not in (None, PLAIN):",
        "        if current is not None:",
        "tests/sealing/test_downgrade.py::test_new_token_in_place_of_a_plain_file_is_sealed",
        "'plain' == 'sealed'",
    ),
    Mutant(
        "a plain file that is not reported",
        "store/token_files.py",
        "        if storage == PLAIN:\n            self._on_plain(name, document)\n        else:",
        "        if storage != PLAIN:",
        "tests/sealing/test_downgrade.py::test_plain_file_is_reported_once_when_it_is_read_or_removed",
        "DID NOT WARN",
    ),
    Mutant(
        "any vault is accepted",
        "sealing/known_vault.py",
        "        if ids and key_id not in ids:",
        "        if ids and not key_id:",
        "tests/sealing/test_known_vault.py::test_replaced_vault_is_refused_at_every_use",
        "DID NOT RAISE",
    ),
    Mutant(
        "a removed vault turns sealing off",
        "store/profile_store.py",
        "        if files.exists(self.known_vault_path) and not files.exists(self.data_key_path):",
        "        if not self.known_vault_path:",
        "tests/sealing/test_known_vault.py::test_removed_vault_stores_no_new_token",
        "DID NOT RAISE|Regex pattern did not match",
    ),
    Mutant(
        "a key file in the data folder",
        "sealing/unlockers/key_file.py",
        "        check_place(path, context.folders.data)\n        yield read(path)",
        "        yield read(path)",
        "tests/sealing/test_known_vault.py::test_key_file_in_the_data_folder_is_refused_at_use",
        "DID NOT RAISE",
    ),
    Mutant(
        "a higher cost of a guess",
        "sealing/unlockers/passphrase.py",
        '"memory": (7 << 10, 256 << 10)',
        '"memory": (7 << 10, 1 << 20)',
        "tests/sealing/test_vault.py::test_argon2_cost_out_of_bounds_is_refused",
        "Regex pattern did not match",
    ),
    Mutant(
        "any number of unlockers",
        "sealing/unlockers/registry.py",
        "    if len(file.unlockers) > MOST_UNLOCKERS:",
        "    if not file.unlockers:",
        "tests/sealing/test_vault.py::test_more_unlockers_than_allowed_are_not_tried",
        "a passphrase was tried",
    ),
    Mutant(
        "a changed cost that is not named",
        "sealing/unlockers/passphrase.py",
        "            if unlocker.details[name] != usual",
        "            if unlocker.details[name] is None",
        "tests/sealing/test_vault.py::test_changed_cost_is_named_if_the_passphrase_does_not_open_the_vault",
        "Regex pattern did not match",
    ),
]
