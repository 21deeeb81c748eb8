"""The guarantees, each with the tests that hold it. docs/guarantees.md is generated from this list."""

from __future__ import annotations

from typing import NamedTuple


class Guarantee(NamedTuple):
    """A sentence, the tests that hold it, and the mutants that those tests catch."""

    text: str
    tests: tuple[str, ...]
    mutants: tuple[str, ...] = ()


_FAULTS = "guarantees/test_faults.py::test_a_fault_at_any_step_loses_nothing_and_is_reported"
_STREAMS = "cli/test_streams.py::"
_FILES = "store/test_files.py::"

GUARANTEES = (
    Guarantee(
        "A failed write, sync, rename, removal, folder creation or lock, or a kill, at any step of any command that "
        "writes, loses nothing. Afterwards the lock is free, and no temporary file is left.",
        (_FAULTS, "sealing/test_kills.py", "templates/test_kills.py"),
        (
            "a failed fsync of the folder that undoes the change",
            "a temporary file that stays after an error",
            "no clean-up after a kill",
            "a lock that is not released",
        ),
    ),
    Guarantee("A failure is reported with exit code 1 and one line that names the file and the cause.", (_FAULTS,)),
    Guarantee(
        "A command that only reads changes nothing.",
        ("guarantees/test_faults.py::test_a_command_that_reads_changes_nothing",),
    ),
    Guarantee(
        "A reader sees the old file or the new one, and so does the next run after a power cut.",
        (
            f"{_FILES}test_write_shows_readers_the_old_file_until_the_rename",
            f"{_FILES}test_write_syncs_the_file_before_the_rename_and_the_folder_after",
        ),
        ("a write in place", "no fsync of the file", "no fsync of the folder"),
    ),
    Guarantee(
        "Processes that change the store at the same time lose no update, and a killed process blocks no other.",
        ("guarantees/test_races.py", "store/test_races.py", "store/test_lock.py"),
        ("no lock", "a token that is removed before its selection is moved"),
    ),
    Guarantee(
        "A home that is read-only, full or another user's is reported with a clear error, symbolic links are followed, "
        "and nothing is lost.",
        ("guarantees/test_homes.py",),
    ),
    Guarantee(
        "A token is shown only if it was asked for: not by another command, option, error, help or completion.",
        (
            f"{_STREAMS}test_a_token_is_shown_only_if_it_was_asked_for",
            f"{_STREAMS}test_an_error_redacts_a_token_in_the_wrong_argument",
            "guarantees/test_canary.py::test_help_shows_no_token_of_the_environment",
            "guarantees/test_canary.py::test_completion_shows_no_token",
        ),
        ("no redaction of text", "no redaction of JSON"),
    ),
    Guarantee(
        "No log, repr, copy, schema or error of a settings class holds a token.",
        (
            "guarantees/test_canary.py::test_no_log_holds_a_token",
            "guarantees/test_canary.py::test_no_representation_shows_a_token",
        ),
        ("a secret that shows itself",),
    ),
    Guarantee(
        "A crash shows its location in the code, but no values and no message.",
        ("guarantees/test_canary.py::test_a_crash_shows_its_location_and_no_values",),
        ("a crash that shows values",),
    ),
    Guarantee(
        "A token is sent only to the origin that it was stored for.",
        (
            "cli/test_token.py::test_token_refuses_a_url_of_another_origin",
            "cli/test_token.py::test_token_for_refuses_another_origin",
            "precedence/test_origin.py",
        ),
        ("no check of the origin", "a token for any URL"),
    ),
    Guarantee(
        "A token's file is private from its first byte, and one that others can write is refused.",
        (
            f"{_FILES}test_write_creates_private_files_and_folders",
            f"{_FILES}test_write_does_not_open_an_existing_temporary_file",
            f"{_FILES}test_read_refuses_a_secret_that_others_can_write",
        ),
        ("a mode of 0644", "no O_EXCL", "a secret that others can write"),
    ),
    Guarantee(
        "A sealed token opens only for its app, profile and origin, and a change of any byte of its file is detected.",
        ("sealing/test_damage.py",),
        ("no associated data", "a nonce that is reused"),
    ),
    Guarantee(
        "A file that cannot be parsed is never overwritten.",
        ("store/test_profiles.py",),
        ("a malformed file that is overwritten",),
    ),
    Guarantee(
        "Any input from a file, a variable or a workspace is read, or refused with an error that names it, quickly and "
        "in little memory.",
        ("fuzz/test_readers.py",),
    ),
    Guarantee(
        "These tests fail if one of the safeguards is removed.",
        ("guarantees/test_mutants.py",),
    ),
    Guarantee("The versions that CI installs are pinned by hash.", ("test_project.py",)),
)
