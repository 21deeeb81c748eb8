"""Files and the store."""

from __future__ import annotations

from tests.guarantees.guarantee import Guarantee, Mutant

FAULTS = "guarantees/test_faults.py::test_a_fault_at_any_step_loses_nothing_and_is_reported"

GUARANTEES: list[Guarantee] = [
    Guarantee(
        "Only one module asks which system it runs on, and its parts for Linux, macOS and Windows keep one contract. "
        "The part for Windows runs with stand-ins, and has never run on Windows.",
        ("store/test_system.py",),
        ("Ctrl-C that ends exec before its program on Windows",),
    ),
    Guarantee(
        "A failed write, sync, rename, removal, folder creation or lock, or a kill, at any step of any command that "
        "writes, loses nothing. Afterwards the lock is free, and no temporary file is left.",
        (FAULTS, "sealing/test_kills.py", "templates/test_kills.py"),
        (
            "a failed fsync of the folder that undoes the change",
            "a temporary file that stays after an error",
            "no clean-up after a kill",
            "a lock that is not released",
        ),
    ),
    Guarantee(
        "If a fault happens while `doctor --fix` moves a secret to the new name of its setting, the secret is still "
        "stored under one of its names, and the next run completes the move.",
        (
            "doctor/test_renaming.py::test_a_fault_at_any_step_of_moving_a_secret_loses_nothing",
            "doctor/test_renaming.py::test_a_fault_at_any_step_of_moving_a_secret_in_the_keyring_loses_nothing",
            "doctor/test_renaming.py::test_secret_whose_new_record_is_damaged_is_not_removed",
            "doctor/test_renaming.py::test_doctor_keeps_the_secret_that_is_used_if_there_are_several",
        ),
        ("a secret that is removed before it is stored under its new name",),
    ),
    Guarantee("A failure is reported with exit code 1 and one line that names the file and the cause.", (FAULTS,)),
    Guarantee(
        "A command that only reads changes nothing.",
        ("guarantees/test_faults.py::test_a_command_that_reads_changes_nothing",),
    ),
    Guarantee(
        "A reader sees the old file or the new one, and so does the next run after a power cut.",
        (
            "store/test_files.py::test_write_shows_readers_the_old_file_until_the_rename",
            "store/test_files.py::test_write_syncs_the_file_before_the_rename_and_the_folder_after",
        ),
        ("a write in place", "no fsync of the file", "no fsync of the folder"),
    ),
    Guarantee(
        "Processes that change the store at the same time lose no update, and a killed process blocks no other.",
        ("guarantees/test_races.py", "store/test_races.py", "store/test_lock.py"),
        ("no lock", "a token that is removed before its selection is moved"),
    ),
    Guarantee(
        "A home that is read-only, full or another user's is reported with a clear error, a file of the store that is "
        "a symbolic link stays one, and nothing is lost.",
        ("guarantees/test_homes.py",),
    ),
    Guarantee(
        "A token's file is private from its first byte, and one that others can write is refused.",
        (
            "store/test_files.py::test_write_creates_private_files_and_folders",
            "store/test_files.py::test_write_does_not_open_an_existing_temporary_file",
            "store/test_files.py::test_read_refuses_a_secret_that_others_can_write",
        ),
        ("a mode of 0644", "no O_EXCL", "a secret that others can write"),
    ),
    Guarantee(
        "A secret file that another user owns, and a token or selection in a folder that another user owns or can "
        "write to, is refused. Nothing is stored there. For root, the user of sudo is not another user.",
        (
            "store/test_ownership.py::test_read_refuses_a_secret_of_another_user",
            "store/test_ownership.py::test_token_in_a_folder_that_others_can_write_is_neither_read_nor_replaced",
            "store/test_ownership.py::test_state_in_a_folder_that_others_can_write_is_neither_read_nor_replaced",
            "store/test_ownership.py::test_folder_of_another_user_gets_no_token_and_gives_none",
            "store/test_ownership.py::test_empty_home_variable_folder_of_another_user_gets_no_token",
            "store/test_ownership.py::test_trusted_users_are_this_one_root_and_the_user_of_sudo",
        ),
        ("a secret of another user", "a folder that others can write", "a folder of another user"),
    ),
    Guarantee(
        "A config.toml or profile that other users can change, or replace, sets nothing that runs a program, decides "
        "what is read, or where a token goes.",
        (
            "store/test_ownership.py::test_preferences_that_others_can_write_may_not_set",
            "store/test_ownership.py::test_profile_that_others_can_write_may_not_set",
            "store/test_ownership.py::test_profile_in_a_folder_that_others_can_write_is_not_trusted",
            "store/test_ownership.py::test_profile_of_another_user_is_not_trusted",
            "store/test_ownership.py::test_changing_preferences_does_not_make_a_key_trusted_that_others_set",
            "store/test_ownership.py::test_helper_that_others_can_write_does_not_run",
        ),
        ("a key that others can set", "a preference that others can set"),
    ),
    Guarantee(
        "A variable of the program that names a file or folder relative to the working directory, or through /proc, is "
        "refused or ignored.",
        (
            "store/test_ownership.py::test_home_variable_that_depends_on_the_directory_runs_no_helper",
            "store/test_ownership.py::test_folder_variable_through_proc_is_refused",
            "store/test_ownership.py::test_passphrase_is_not_taken_from_the_working_directory",
        ),
        ("a relative home folder", "a folder through /proc"),
    ),
    Guarantee(
        "Taking the lock empties no file that a link leads to, and a token replaces only a token.",
        (
            "store/test_lock.py::test_lock_refuses_a_link_and_leaves_its_target_alone",
            "store/test_lock.py::test_lock_creates_nothing_at_the_end_of_a_broken_link",
            "store/test_ownership.py::test_token_is_not_written_through_a_link_to_another_kind_of_file",
        ),
        ("a lock through a symbolic link", "a lock through a hard link", "a token through a link"),
    ),
    Guarantee(
        "A file that a command writes where you say is not written through a symbolic link, unless you add "
        "`--follow-links`.",
        (
            "cli/test_outputs.py::test_output_through_a_link_is_refused",
            "cli/test_outputs.py::test_output_through_a_link_creates_no_file",
            "cli/test_outputs.py::test_output_through_a_linked_folder_of_the_repository_is_refused",
            "cli/test_outputs.py::test_variables_for_github_are_not_appended_through_a_link",
            "cli/test_outputs.py::test_key_file_is_not_created_through_a_link",
            "doctor/test_fix.py::test_fix_does_not_write_gitignore_through_a_link",
            "templates/test_sealed.py::test_identity_is_not_written_through_a_broken_link",
            "store/test_files.py::test_write_without_follow_links_replaces_a_link_that_appears_late",
        ),
        ("an output through a link", "an output through a link that appears late"),
    ),
    Guarantee(
        "The Node CLI's file gets a token of another workspace only after the user has allowed that workspace for that "
        "file, and gives no token if another user owns it and every user can write to it.",
        (
            "cli/test_export.py::test_export_and_sync_of_another_workspace_need_consent_once",
            "cli/test_export.py::test_export_of_another_workspace_asks_once_on_a_terminal",
            "exchange/test_legacy_others.py::test_planted_file_of_another_user_is_refused",
        ),
        ("consent for every file", "a file that another user planted"),
    ),
    Guarantee(
        "A file that cannot be parsed is never overwritten.",
        (
            "store/test_profiles.py::test_edit_never_overwrites_a_malformed_file",
            "store/test_selection.py::test_invalid_pins_file_is_an_error_and_not_overwritten",
            "sealing/test_damage.py::test_damaged_file_is_not_overwritten",
            "templates/test_apply.py::test_a_damaged_ledger_is_an_error_and_is_not_overwritten",
            "exchange/test_legacy.py::test_malformed_file_is_reported_by_position_and_kept",
        ),
        ("a malformed file that is overwritten",),
    ),
    Guarantee(
        "Any input from a file, a variable or a workspace is read, or refused with an error that names it, quickly and "
        "in little memory.",
        ("fuzz/test_readers.py",),
    ),
    Guarantee(
        "Threads that load settings at the same time get the values of their own profiles and variables.",
        ("settings/test_structured_variables.py::test_text_of_another_thread_does_not_change_a_value",),
        ("a text of another thread",),
    ),
]

MUTANTS: list[Mutant] = [
    Mutant(
        "a secret that is removed before it is stored under its new name",
        "doctor/secrets.py",
        "    secret.reveal()\n",
        "    secret.reveal()\n    secrets.remove(profile, used)\n",
        "tests/doctor/test_renaming.py::test_a_fault_at_any_step_of_moving_a_secret_loses_nothing",
        'loaded_password() == "hunter2", step',
    ),
    Mutant(
        "consent for every file",
        "exchange/legacy_origins.py",
        "return origin in self._files.get(path, ())",
        "return origin in str(self._files)",
        "tests/cli/test_export.py::test_export_and_sync_of_another_workspace_need_consent_once",
        "consent is for one file",
    ),
    Mutant(
        "a file that another user planted",
        "exchange/legacy.py",
        "and not is_trusted(os.stat(path).st_uid)",
        "and not path",
        "tests/exchange/test_legacy_others.py::test_planted_file_of_another_user_is_refused",
        error="DID NOT RAISE UnsafeFile",
    ),
    Mutant(
        "Ctrl-C that ends exec before its program on Windows",
        "store/system.py",
        "        before = signal.signal(signal.SIGINT, signal.SIG_IGN)\n",
        "        before = signal.getsignal(signal.SIGINT)\n",
        "tests/store/test_system.py::test_ctrl_c_on_windows_is_the_program_s_to_handle",
        "both.returncode == 5",
    ),
    Mutant(
        "no lock",
        "store/system.py",
        "fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)",
        "pass",
        "tests/store/test_lock.py::test_lock_serializes_processes",
        "(codes, counter.read_text())",
    ),
    Mutant(
        "a lock that is not released",
        "store/lock.py",
        "SYSTEM.unlock(self._descriptor)\n        except OSError:\n            pass  # the change has been made, and "
        "closing the file releases the lock as well\n        finally:\n            os.close(self._descriptor)",
        "pass\n        except OSError:\n            pass\n        finally:\n            pass",
        "tests/store/test_lock.py::test_error_under_the_lock_releases_it_without_a_sweep",
        error="is held by another process",
    ),
    Mutant(
        "no fsync of the file",
        "store/files.py",
        "            os.fsync(descriptor)\n        finally:",
        "        finally:",
        "tests/store/test_files.py::test_write_syncs_the_file_before_the_rename_and_the_folder_after",
        error="assert ['rename', 'sync folder'] == ['sync file', 'rename', 'sync folder']",
    ),
    Mutant(
        "no fsync of the folder",
        "store/files.py",
        "    _sync_after_change(folder, target)\n",
        "",
        "tests/store/test_files.py::test_write_syncs_the_file_before_the_rename_and_the_folder_after",
        error="assert ['sync file', 'rename'] == ['sync file', 'rename', 'sync folder']",
    ),
    Mutant(
        "a failed fsync of the folder that undoes the change",
        "store/files.py",
        "    try:\n        _sync(folder)\n    except OSError as error:",
        "    _sync(folder)\n    try:\n        pass\n    except OSError as error:",
        f"tests/{FAULTS}[served: rotate -p work]",
        'self.machine.fake.accepts(now["token work"])',
    ),
    Mutant(
        "a write in place",
        "store/system.py",
        "        os.replace(temporary, target)\n\n    def try_lock",
        "        with open(temporary) as new, open(target, 'w') as old:\n"
        "            old.write(new.read())\n"
        "        os.unlink(temporary)\n\n    def try_lock",
        "tests/store/test_files.py::test_write_shows_readers_the_old_file_until_the_rename",
        'opened_before.read() == "old"',
    ),
    Mutant(
        "a temporary file that stays after an error",
        "store/files.py",
        "            os.unlink(temporary)\n        except OSError:",
        "            pass\n        except OSError:",
        f"tests/{FAULTS}[plain: profiles unset work timeout]",
        error="cli-tmp'] == []",
    ),
    Mutant(
        "no clean-up after a kill",
        "store/files.py",
        "                os.unlink(path)\n            except OSError:\n                continue",
        "                pass\n            except OSError:\n                continue",
        "tests/store/test_races.py::test_files_of_a_killed_writer_are_swept_by_writers_only",
        "temporary_files(home) == []",
    ),
    Mutant(
        "a mode of 0644",
        "store/files.py",
        "PRIVATE_FILE = 0o600",
        "PRIVATE_FILE = 0o644",
        "tests/store/test_files.py::test_write_creates_private_files_and_folders",
        "[mode(each) for each in (path, path.parent, path.parent.parent)] ==",
    ),
    Mutant(
        "no O_EXCL",
        "store/files.py",
        "os.O_WRONLY | os.O_CREAT | os.O_EXCL | NOFOLLOW",
        "os.O_WRONLY | os.O_CREAT",
        "tests/store/test_files.py::test_write_does_not_open_an_existing_temporary_file",
        error="DID NOT RAISE FileError",
    ),
    Mutant(
        "a secret that others can write",
        "store/ownership.py",
        "    if mode & _OTHERS_WRITE:\n",
        "    if mode & 0o000:\n",
        "tests/store/test_files.py::test_read_refuses_a_secret_that_others_can_write",
        error="DID NOT RAISE UnsafeFile",
    ),
    Mutant(
        "a malformed file that is overwritten",
        "store/profiles.py",
        "        self.parse(name, toml.parse(text, path))\n        text = change(text)",
        "        text = toml.dumps({'settings': {'timeout': 1}})",
        "tests/store/test_profiles.py::test_edit_never_overwrites_a_malformed_file",
        error="DID NOT RAISE MalformedFile",
    ),
    Mutant(
        "a secret of another user",
        "store/ownership.py",
        "    check_owner(path, status)\n    mode = ",
        "    mode = ",
        "tests/store/test_ownership.py::test_read_refuses_a_secret_of_another_user",
        error="DID NOT RAISE UnsafeFile",
    ),
    Mutant(
        "a folder that others can write",
        "store/ownership.py",
        "        if _others_can_write(status):\n            mode = stat.S_IMODE(status.st_mode)\n            raise",
        "        if False:\n            mode = stat.S_IMODE(status.st_mode)\n            raise",
        "tests/store/test_ownership.py::test_token_in_a_folder_that_others_can_write_is_neither_read_nor_replaced",
        error="DID NOT RAISE UnsafeFile",
    ),
    Mutant(
        "a folder of another user",
        "store/ownership.py",
        "            continue\n        check_owner(path, status)\n",
        "            continue\n",
        "tests/store/test_ownership.py::test_empty_home_variable_folder_of_another_user_gets_no_token",
        error="DID NOT RAISE UnsafeFile",
    ),
    Mutant(
        "a key that others can set",
        "store/ownership.py",
        "    if fault is not None:\n        reason, command = fault",
        "    if fault is not None and False:\n        reason, command = fault",
        "tests/store/test_ownership.py::test_profile_that_others_can_write_may_not_set",
        error="DID NOT RAISE UnsafeFile",
    ),
    Mutant(
        "a preference that others can set",
        "store/preferences.py",
        "    check_keys(path, status, folders,",
        "    (path, status, folders,",
        "tests/store/test_ownership.py::test_helper_that_others_can_write_does_not_run",
        "not marker.exists()",
    ),
    Mutant(
        "a relative home folder",
        "store/folders.py",
        "    if not os.path.isabs(path):\n        fault",
        "    if False:\n        fault",
        "tests/store/test_ownership.py::test_home_variable_that_depends_on_the_directory_runs_no_helper"
        "[token -p work-.arka]",
        "not marker.exists()",
    ),
    Mutant(
        "a folder through /proc",
        "store/folders.py",
        "            if at in _PROCESS_FOLDERS:",
        "            if False:",
        "tests/store/test_ownership.py::test_home_variable_that_depends_on_the_directory_runs_no_helper"
        "[token -p work-{proc}/.arka]",
        "not marker.exists()",
    ),
    Mutant(
        "a lock through a symbolic link",
        "store/lock.py",
        "os.O_CREAT | CLOEXEC | NOFOLLOW",
        "os.O_CREAT | CLOEXEC",
        "tests/store/test_lock.py::test_lock_refuses_a_link_and_leaves_its_target_alone",
        error="DID NOT RAISE UnsafeFile",
    ),
    Mutant(
        "a lock through a hard link",
        "store/lock.py",
        " and status.st_nlink <= 1:",
        ":",
        "tests/store/test_lock.py::test_lock_refuses_a_link_and_leaves_its_target_alone",
        error="DID NOT RAISE UnsafeFile",
    ),
    Mutant(
        "a token through a link",
        "store/token_files.py",
        "        if before is None and os.path.islink(path)",
        "        if False and os.path.islink(path)",
        "tests/store/test_ownership.py::test_token_is_not_written_through_a_link_to_another_kind_of_file",
        error="DID NOT RAISE UnsafeFile",
    ),
    Mutant(
        "an output through a link",
        "store/files.py",
        "        if os.path.islink(place):",
        "        if False:",
        "tests/cli/test_outputs.py::test_output_through_a_link_creates_no_file",
        'write(name, "out", recipient).code == 1',
    ),
    Mutant(
        "an output through a link that appears late",
        "store/files.py",
        "os.path.realpath(path) if follow_links else _place_of(path)",
        "os.path.realpath(path)",
        "tests/store/test_files.py::test_write_without_follow_links_replaces_a_link_that_appears_late",
        "(link.is_symlink(), link.read_text(), file.read_text())",
    ),
    Mutant(
        "a token that is removed before its selection is moved",
        "store/profile_store.py",
        "            self.selection.replace(name, other)\n            self.secrets.remove_all(name)",
        "            self.tokens.remove(name)\n            self.selection.replace(name, other)",
        "tests/store/test_races.py::test_rename_killed_at_any_step_leaves_a_working_active_profile",
        error="NoToken: profile 'moon' has no token",
    ),
    Mutant(
        "a text of another thread",
        "settings/decoding.py",
        "source = copy.copy(self._source)",
        "source = self._source",
        "tests/settings/test_structured_variables.py::test_text_of_another_thread_does_not_change_a_value",
        'decoder.decode(\'{"profile": "ours"}\') == {"profile": "ours"}',
    ),
]
