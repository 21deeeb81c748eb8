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
        "A stored secret other than the token opens only for its app, profile and setting, and not as a token. It is "
        "sealed, rekeyed, renamed and removed with its profile's token.",
        ("sealing/test_secret_records.py", "settings/test_stored_secrets.py"),
        (
            "a secret that opens for another setting",
            "a secret under the key of tokens",
            "a secret in the place of another",
            "a rename that loses secrets",
            "a secret that is missed during a rename",
        ),
    ),
    Guarantee(
        "No command shows a secret other than the token, or takes one from the command line; none is written to a "
        "profile's file.",
        ("cli/test_secrets.py", "settings/test_secrets.py"),
        (
            "a stored secret that is shown",
            "a secret from the command line",
            "a secret in a profile's file",
            "a secret of a list that is not masked",
            "a secret's default that is shown",
        ),
    ),
    Guarantee(
        "No setting of an app shares a variable with the token, which it would show, or with the program itself: such "
        "a class is refused.",
        ("settings/test_secrets.py",),
        ("a table that shares a variable of the program",),
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
        "a secret that opens for another setting",
        "sealing/sealed_tokens.py",
        '*(METADATA if use == TOKEN else ("field",))',
        "*(METADATA if use == TOKEN else ())",
        "tests/sealing/test_secret_records.py::test_secret_does_not_open_for_another_profile_or_field",
        "DID NOT RAISE",
    ),
    Mutant(
        "a secret under the key of tokens",
        "sealing/sealed_tokens.py",
        '    return SECRET if "field" in document else TOKEN',
        '    return SECRET if "field" in document and "origin" in document else TOKEN',
        "tests/sealing/test_secret_records.py::test_secret_is_read_back_exactly",
        "SealedFileDamaged|KeyError",
    ),
    Mutant(
        "a secret in the place of another",
        "store/tokens.py",
        '    if (document["profile"], document["field"]) != (profile, field):',
        '    if not (document["profile"] and document["field"]):',
        "tests/sealing/test_secret_records.py::test_record_in_the_place_of_another_does_not_open",
        "DID NOT RAISE",
    ),
    Mutant(
        "a rename that loses secrets",
        "store/profile_store.py",
        "            secrets = self.secrets.read_all(name) if with_token else {}",
        "            secrets: dict[str, tuple[Secret, str | None]] = {}",
        "tests/sealing/test_secret_records.py::test_rename_copy_and_remove_take_secrets_along",
        "assert",
    ),
    Mutant(
        "a secret that is missed during a rename",
        "store/resolution.py",
        "        return self._missing == (False, False, [])",
        "        return self._missing[:2] == (False, False)",
        "tests/settings/test_stored_secrets.py::test_secret_that_is_removed_by_a_rename_is_read_again",
        "assert None is not None",
    ),
    Mutant(
        "a stored secret that is shown",
        "cli/output/format.py",
        "        return HIDDEN  # also with `show_token`, which shows no other secret",
        "        return value.reveal() if isinstance(value, Secret) else HIDDEN",
        "tests/cli/test_secrets.py::test_no_command_shows_a_stored_secret",
        "'hunter' not in",
    ),
    Mutant(
        "a secret from the command line",
        "cli/runtime/secret_settings.py",
        "    if equals:",
        "    if equals and not key:",
        "tests/cli/test_secrets.py::test_unusable_secret_is_refused_and_not_shown",
        "assert",
    ),
    Mutant(
        "a secret in a profile's file",
        "settings/assignments.py",
        "    if leaf.field.secret:",
        "    if leaf.field.secret and not text:",
        "tests/settings/test_secrets.py::test_profiles_set_never_writes_a_secret",
        "assert 0 == 2",
    ),
    Mutant(
        "a secret's default that is shown",
        "cli/output/format.py",
        "    return resolved.field.secret and resolved.field",
        "    return isinstance(resolved.value, Secret) and resolved.field",
        "tests/settings/test_secrets.py::test_no_output_shows_a_secret",
        "'hunter' not in",
    ),
    Mutant(
        "a table that shares a variable of the program",
        "settings/profile_settings.py",
        "            for depth in range(1, len(each.path) + 1):",
        "            for depth in range(len(each.path), len(each.path) + 1):",
        "tests/settings/test_secrets.py::test_table_that_shares_a_variable_of_the_program_is_refused",
        "DID NOT RAISE",
    ),
    Mutant(
        "a secret of a list that is not masked",
        "settings/secret_types.py",
        "    yield from get_args(annotation)\n",
        "    yield from ()\n",
        "tests/settings/test_secrets.py::test_no_output_shows_a_secret",
        "'hunter' not in",
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
        "store/app_files.py",
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
        "store/app_files.py",
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
