"""If a home is healthy, doctor finds no problem and writes nothing."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from arka_config.doctor.registry import CHECKS
from arka_config.sealing import operations
from arka_config.sealing.unlockers.registry import NewUnlocker
from arka_config.sealing.vault import vault_of
from tests.cli.program import TOKEN, arka
from tests.doctor.problem_cases import NODE
from tests.doctor.user_home import UserHome, add_profiles

if TYPE_CHECKING:
    from collections.abc import Callable


def snapshot(home: Path) -> dict[str, tuple[int, int, bytes]]:
    """Return every file and folder with its mode, modification time and content."""
    entries = {}
    for path in sorted(home.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
        entries[str(path)] = (status.st_mode, status.st_mtime_ns, content)
    return entries


def seal_with_a_key_file(user_home: UserHome) -> None:
    operations.enable(vault_of(user_home.store), [NewUnlocker("key-file")])


def seal_with_a_passphrase(user_home: UserHome) -> None:
    operations.enable(vault_of(user_home.store), [NewUnlocker("passphrase", passphrase="correct horse")])


def export_legacy(user_home: UserHome) -> None:
    assert arka("export", "legacy", environ=user_home.environ).code == 0


def add_references(user_home: UserHome) -> None:
    user_home.write(user_home.config("config.toml"), f'[helpers]\npass = ["{sys.executable}", "no-such-file"]\n')
    user_home.write(user_home.config("profiles", "a.toml"), '[token]\nhelper = "pass"\n')
    user_home.write(user_home.config("profiles", "b.toml"), '[token]\nfile = "~/the-token"\n')
    user_home.write(user_home.path("the-token"), TOKEN)


def move_config_to_a_repository(user_home: UserHome) -> None:
    """Make the config folder a link to a dotfiles repository that others may read."""
    user_home.path("dotfiles", ".git").mkdir(parents=True)
    user_home.config().rename(user_home.path("dotfiles", "arka"))
    user_home.config().symlink_to(user_home.path("dotfiles", "arka"))
    for path in (user_home.config(), user_home.config("profiles")):
        path.chmod(0o755)


def pin(user_home: UserHome) -> None:
    user_home.store.pin(str(user_home.home), "ci")


def add_similar_words(user_home: UserHome) -> None:
    """Add words that begin like a token to a history and a start-up file."""
    text = "arka_config arka_completion() { ; }\nsource _arka_completion\nexport ARKA_API_KEY=$(arka token)\n"
    user_home.write(user_home.path(".bash_history"), text)
    user_home.write(user_home.path(".bashrc"), text)


@pytest.mark.parametrize(
    "change",
    [
        lambda user_home: None,
        seal_with_a_key_file,
        seal_with_a_passphrase,
        export_legacy,
        add_references,
        pin,
        add_similar_words,
    ],
    ids=["plain", "sealed", "passphrase", "exported", "references", "pinned", "similar words"],
)
def test_healthy_home_has_no_problems_and_is_not_changed(
    user_home: UserHome, change: Callable[[UserHome], None]
) -> None:
    change(user_home)
    before = snapshot(user_home.home)
    done = user_home.doctor("--all")
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith("\nNo problems found\n")
    assert all(f"✓ {check.name}: {check.passed}\n" in done.out for check in CHECKS)
    assert snapshot(user_home.home) == before
    assert user_home.doctor("--fix").code == 0
    assert snapshot(user_home.home) == before


@pytest.mark.parametrize(
    "places", [{"ARKA_HOME": "all"}, {"XDG_CONFIG_HOME": "c", "XDG_DATA_HOME": "d", "XDG_STATE_HOME": "s"}]
)
def test_folders_set_with_variables_have_no_problems(tmp_path: Path, places: dict[str, str]) -> None:
    user_home = add_profiles(UserHome(tmp_path, **{name: str(tmp_path / folder) for name, folder in places.items()}))
    assert user_home.problems() == []


def test_empty_home_has_no_problems_and_stays_empty(tmp_path: Path) -> None:
    user_home = UserHome(tmp_path)
    done = user_home.doctor()
    assert (done.code, done.err) == (0, "")
    assert list(tmp_path.iterdir()) == []
    assert user_home.doctor("--fix").code == 0
    assert list(tmp_path.iterdir()) == []


def test_config_folder_in_a_repository_is_only_a_note(user_home: UserHome) -> None:
    move_config_to_a_repository(user_home)
    done = user_home.doctor()
    assert (done.code, done.err) == (0, "")
    (note,) = user_home.problems()
    assert (note["severity"], note["check"], note["command"]) == ("note", "work-tree", None)
    assert "No problems found, 1 note" in done.out


def test_doctor_runs_no_helper_and_takes_no_lock(user_home: UserHome) -> None:
    user_home.write(user_home.config("config.toml"), f'[helpers]\npass = ["touch", "{user_home.path("ran")}"]\n')
    user_home.write(user_home.config("profiles", "a.toml"), '[token]\nhelper = "pass"\n')
    with user_home.store.lock:
        assert user_home.problems() == []
    assert not user_home.path("ran").exists()


def test_legacy_file_with_the_active_token_is_not_a_problem(user_home: UserHome) -> None:
    export_legacy(user_home)
    assert user_home.path(NODE, "config.json").exists()
    assert user_home.problems() == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_inaccessible_home_of_another_user_is_one_problem(user_home: UserHome) -> None:
    """As if HOME were still root's after a change of user."""
    user_home.home.chmod(0o755)
    for folder in (user_home.home.parent, *user_home.home.parent.parents):
        if str(folder).startswith("/tmp/"):
            folder.chmod(folder.stat().st_mode | 0o011)
    script = (
        "import io, os, sys\n"
        "from arka_config.arka import app\nfrom arka_config.cli.runtime.run import run\n"
        "out, sys.stdout = sys.stdout, io.StringIO()\n"
        "run(app, ['doctor'])  # imports everything while root, because the other user may not read the files\n"
        "sys.stdout = out\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "sys.exit(run(app, ['doctor']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=user_home.variables({}),
        cwd="/",
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout.startswith("✗ Files\n  ✗ folders  ")
    assert "\n    it belongs to root, but you are nobody: " in done.stdout
    assert "chown" not in done.stdout  # it would take the files from root
    assert done.stdout.endswith("\n1 problem\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change a file's owner")
def test_root_in_another_users_home_is_a_problem_unless_by_sudo(user_home: UserHome) -> None:
    """`su` without a dash is a problem. With sudo, a file is a problem only if root created it."""
    for path in (user_home.home, *user_home.home.rglob("*")):
        os.chown(path, 65534, -1)
    (problem,) = user_home.problems()
    assert (problem["check"], problem["place"], problem["command"]) == ("owners", str(user_home.home), None)
    assert problem["message"].startswith("it belongs to nobody, but you are root")
    assert user_home.problems(SUDO_UID="65534") == []
    os.chown(user_home.data("tokens", "ci.json"), 0, -1)
    (problem,) = user_home.problems(SUDO_UID="65534")
    assert problem["message"] == "it belongs to root, not to nobody; a run with sudo creates such files"
