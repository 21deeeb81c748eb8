"""The promises, each with the tests that hold it: what docs/guarantees.md lists, and what a test compares it with."""

from __future__ import annotations

from typing import NamedTuple


class Promise(NamedTuple):
    """A sentence, the tests that hold it, and the mutants without whose safeguard those tests fail."""

    says: str
    tests: tuple[str, ...]
    mutants: tuple[str, ...] = ()


_FAULTS = "guarantees/test_faults.py::test_a_fault_at_any_step_loses_nothing_and_is_said"
_STREAMS = "cli/test_streams.py::"
_FILES = "store/test_files.py::"

PROMISES = (
    Promise(
        "A write, a sync, a rename, a removal, a folder or a lock that fails, or a kill there, at any step of any "
        "command that writes, loses nothing that was there; the lock is free, and no temporary file stays.",
        (_FAULTS, "sealing/test_kills.py", "templates/test_kills.py"),
        (
            "an fsync of the folder that undoes what was done",
            "a temporary file that stays after an error",
            "no sweep after a kill",
            "a lock that is kept",
        ),
    ),
    Promise("A failure is one line that names the file and the cause, and exit code 1.", (_FAULTS,)),
    Promise(
        "A command that only reads writes nothing.",
        ("guarantees/test_faults.py::test_a_command_that_reads_writes_nothing",),
    ),
    Promise(
        "A reader sees the old file or the new one, and a power cut leaves one of them.",
        (
            f"{_FILES}test_a_reader_finds_the_old_file_until_the_new_one_is_whole",
            f"{_FILES}test_a_write_is_on_the_disk_before_the_rename_and_the_rename_before_the_end",
        ),
        ("a write in place", "no fsync of the file", "no fsync of the folder"),
    ),
    Promise(
        "Processes that change the store at once lose no update, and a killed one blocks nobody.",
        ("guarantees/test_races.py", "store/test_races.py", "store/test_lock.py"),
        ("no lock", "a token before the old one is known to be replaced"),
    ),
    Promise(
        "A home that is read-only, full, another user's, or made of links is told in words, and nothing in it is lost.",
        ("guarantees/test_homes.py",),
    ),
    Promise(
        "A token is shown where it was asked for, and by no other command, option, output, error, help or completion.",
        (
            f"{_STREAMS}test_the_token_is_shown_only_where_it_was_asked_for",
            f"{_STREAMS}test_the_steps_that_are_told_hold_no_token",
            f"{_STREAMS}test_an_error_masks_a_token_in_the_wrong_place",
            "guarantees/test_canary.py::test_help_shows_no_token_of_the_environment",
            "guarantees/test_canary.py::test_completion_offers_no_token",
        ),
        ("no redaction of words", "no redaction of JSON"),
    ),
    Promise(
        "No log, repr, copy, schema or error of a settings class holds a token.",
        (
            "guarantees/test_canary.py::test_no_log_holds_a_token",
            "guarantees/test_canary.py::test_python_shows_no_token",
        ),
        ("a secret that shows itself",),
    ),
    Promise(
        "A crash says where in the code it was, and shows no value and no message.",
        ("guarantees/test_canary.py::test_a_crash_shows_where_and_nothing_of_what",),
        ("a crash that says what it held",),
    ),
    Promise(
        "A token goes to the origin that it was stored for, and to no other.",
        (
            "cli/test_token.py::test_a_url_and_a_token_of_two_places_do_not_meet",
            "cli/test_token.py::test_for_another_origin_it_is_not",
            "precedence/test_origin.py",
        ),
        ("no check of the origin", "a token for any URL"),
    ),
    Promise(
        "A token's file is private from its first byte; one that others can write is refused.",
        (
            f"{_FILES}test_a_new_file_is_private_and_so_is_every_folder_made_for_it",
            f"{_FILES}test_a_temporary_file_that_somebody_put_there_is_not_written_to",
            f"{_FILES}test_a_secret_that_others_can_write_is_refused",
        ),
        ("a mode of 0644", "no O_EXCL", "a secret that others can write"),
    ),
    Promise(
        "A sealed token opens for its app, profile and origin alone, and every byte of its file counts.",
        ("sealing/test_damage.py",),
        ("no associated data", "a nonce that is used again"),
    ),
    Promise(
        "A file that cannot be parsed is never written over.",
        ("store/test_profiles.py",),
        ("a broken file that is written over",),
    ),
    Promise(
        "Whatever a file, a variable or a workspace says is read or refused by name, soon, and in little memory.",
        ("fuzz/test_readers.py",),
    ),
    Promise(
        "A build without one of the safeguards is caught by these tests.",
        ("guarantees/test_mutants.py",),
    ),
    Promise("What is installed is pinned by hash.", ("test_project.py",)),
)
