"""Remove one safeguard from a copy of the package at a time, and see that a test catches it.

The guard, a test of the guarantee, runs on the copy in a process of its own, and must fail there at the expected
assertion. The test run itself shows that it passes on the unchanged package.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.guarantees import numbers

ROOT = Path(__file__).parents[2]
FILES = "tests/store/test_files.py::"
STREAMS = "tests/cli/test_streams.py::"
FAULTS = "tests/guarantees/test_faults.py::test_a_fault_at_any_step_loses_nothing_and_is_reported"


class Mutant(NamedTuple):
    """A change to a file of the package, the test that catches it, and a pattern for that test's output."""

    name: str
    file: str
    old: str
    new: str
    guard: str
    output: str


MUTANTS = [
    Mutant(
        "no lock",
        "store/lock.py",
        "fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)",
        "pass",
        "tests/store/test_lock.py::test_lock_serializes_processes",
        "AssertionError|assert .* ==",
    ),
    Mutant(
        "a lock that is not released",
        "store/lock.py",
        "_unlock(self._descriptor)\n        except OSError:\n            pass  # the change has been made, and "
        "closing the file releases the lock as well\n        finally:\n            os.close(self._descriptor)",
        "pass\n        except OSError:\n            pass\n        finally:\n            pass",
        "tests/store/test_lock.py::test_error_under_the_lock_releases_it_without_a_sweep",
        "LockTimeout|assert",
    ),
    Mutant(
        "no fsync of the file",
        "store/files.py",
        "            os.fsync(descriptor)\n        finally:",
        "        finally:",
        f"{FILES}test_write_syncs_the_file_before_the_rename_and_the_folder_after",
        r"assert \['rename', 'sync folder'\] == \['sync file', 'rename', 'sync folder'\]",
    ),
    Mutant(
        "no fsync of the folder",
        "store/files.py",
        "    _sync_after_change(folder, target)\n",
        "",
        f"{FILES}test_write_syncs_the_file_before_the_rename_and_the_folder_after",
        r"assert \['sync file', 'rename'\] == \['sync file', 'rename', 'sync folder'\]",
    ),
    Mutant(
        "a failed fsync of the folder that undoes the change",
        "store/files.py",
        "    try:\n        _sync(folder)\n    except OSError as error:",
        "    _sync(folder)\n    try:\n        pass\n    except OSError as error:",
        f"{FAULTS}[served: rotate -p work]",
        "assert .*accepts|FileError|Traceback|assert",
    ),
    Mutant(
        "a write in place",
        "store/files.py",
        "            return os.replace(temporary, target)",
        "            with open(temporary) as new, open(target, 'w') as old:\n"
        "                old.write(new.read())\n"
        "            return os.unlink(temporary)",
        f"{FILES}test_write_shows_readers_the_old_file_until_the_rename",
        "assert 'new' == 'old'",
    ),
    Mutant(
        "a temporary file that stays after an error",
        "store/files.py",
        "            os.unlink(temporary)\n        except OSError:",
        "            pass\n        except OSError:",
        f"{FAULTS}[plain: profiles unset work timeout]",
        r"assert \[.*arka-tmp.*\] == \[\]",
    ),
    Mutant(
        "no clean-up after a kill",
        "store/files.py",
        "                os.unlink(path)\n            except OSError:\n                continue",
        "                pass\n            except OSError:\n                continue",
        "tests/store/test_races.py::test_files_of_a_killed_writer_are_swept_by_writers_only",
        r"assert \[.*arka-tmp.*\] == \[\]",
    ),
    Mutant(
        "a mode of 0644",
        "store/files.py",
        "PRIVATE_FILE = 0o600",
        "PRIVATE_FILE = 0o644",
        f"{FILES}test_write_creates_private_files_and_folders",
        r"assert \[420, 448, 448\] == \[384, 448, 448\]",
    ),
    Mutant(
        "no O_EXCL",
        "store/files.py",
        "os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW",
        "os.O_WRONLY | os.O_CREAT",
        f"{FILES}test_write_does_not_open_an_existing_temporary_file",
        "DID NOT RAISE|assert",
    ),
    Mutant(
        "a secret that others can write",
        "store/files.py",
        "    if mode & 0o022:",
        "    if mode & 0o000:",
        f"{FILES}test_read_refuses_a_secret_that_others_can_write",
        "DID NOT RAISE|ConfigWarning",
    ),
    Mutant(
        "no redaction of text",
        "cli/output/terminal.py",
        "    return visible(_redacted(text))",
        "    return visible(text)",
        f"{STREAMS}test_an_error_redacts_a_token_in_the_wrong_argument",
        "assert 'arka_w+9f3c' not in",
    ),
    Mutant(
        "no redaction of JSON",
        "cli/runtime/session.py",
        "terminal.out(text if reveal else self.app.redact(text))",
        "terminal.out(text)",
        f"{STREAMS}test_an_error_redacts_a_token_in_the_wrong_argument",
        "assert 'arka_w+9f3c' not in",
    ),
    Mutant(
        "a crash that shows values",
        "cli/runtime/reporting.py",
        "        if sys.flags.dev_mode:",
        "        if True:",
        "tests/guarantees/test_canary.py::test_a_crash_shows_its_location_and_no_values",
        "ValueError: arka_w+",
    ),
    Mutant(
        "a secret that shows itself",
        "secret.py",
        '        return "Secret(…)"',
        '        return f"Secret({self._value})"',
        "tests/guarantees/test_canary.py::test_no_representation_shows_a_token",
        "assert not True",
    ),
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
        "no check of the origin",
        "precedence/credential.py",
        "        if Origin.of(str(address.value), address.place) != pair.origin:",
        "        if not pair.origin:",
        "tests/cli/test_token.py::test_token_refuses_a_url_of_another_origin",
        "assert",
    ),
    Mutant(
        "a token for any URL",
        "precedence/origin.py",
        "return isinstance(other, Origin) and str(self) == str(other)",
        "return isinstance(other, Origin) and str(self).endswith(other.host)",
        "tests/cli/test_token.py::test_token_for_refuses_another_origin",
        "assert",
    ),
    Mutant(
        "a malformed file that is overwritten",
        "store/profiles.py",
        "            self.parse(name, toml.parse(text, path))\n            text = toml.edit(text, changes, path)",
        "            text = toml.dumps({'settings': {'timeout': 1}})",
        "tests/store/test_profiles.py",
        "DID NOT RAISE|assert",
    ),
    Mutant(
        "a token that is removed before its selection is moved",
        "store/profile_store.py",
        "            self.selection.replace(name, other)\n            self.tokens.remove(name)",
        "            self.tokens.remove(name)\n            self.selection.replace(name, other)",
        "tests/store/test_races.py::test_rename_killed_at_any_step_leaves_a_working_active_profile",
        "NoToken|AttributeError|assert",
    ),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package and its tests."""
    ignored = shutil.ignore_patterns("__pycache__", "corpus")
    for name in ("arka_config", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_build_without_a_safeguard_is_caught(copy: Path, mutant: Mutant) -> None:
    file = copy / "arka_config" / mutant.file
    text = file.read_text("utf-8")
    assert text.count(mutant.old) == 1, "the safeguard's code has changed: change the mutant too"
    file.write_text(text.replace(mutant.old, mutant.new), "utf-8")
    options = ["-x", "-vv", "-p", "no:cacheprovider", "--color=no"]
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "HYPOTHESIS_PROFILE": "dev", "GUARANTEES_NUMBERS": ""}
    environ |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "GUARANTEES": ""}  # loading them takes a second
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, mutant.guard],
        cwd=copy,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    failed = re.search(r"^FAILED (\S+)", done.stdout, re.MULTILINE)
    assert failed is not None, done.stdout
    assert failed[1].startswith(mutant.guard.partition("[")[0])
    errors = "\n".join(re.findall(r"^E .*", done.stdout, re.MULTILINE))
    assert re.search(mutant.output, errors), errors
    numbers.record("mutants", mutant.name, "1")
