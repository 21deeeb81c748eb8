"""Homes without a fault have no findings, and nothing is written to look at them."""

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
from tests.cli.program import TOKEN, arka
from tests.doctor.illnesses import NODE
from tests.doctor.ward import Ward, healthy

if TYPE_CHECKING:
    from collections.abc import Callable


def everything(home: Path) -> dict[str, tuple[int, int, bytes]]:
    """Every file and folder with its mode, its time and its content."""
    found = {}
    for path in sorted(home.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
        found[str(path)] = (status.st_mode, status.st_mtime_ns, content)
    return found


def sealed(ward: Ward) -> None:
    operations.enable(ward.store.vault, [NewUnlocker("key-file")])


def with_a_passphrase(ward: Ward) -> None:
    operations.enable(ward.store.vault, [NewUnlocker("passphrase", passphrase="correct horse")])


def exported(ward: Ward) -> None:
    assert arka("export", "legacy", environ=ward.environ).code == 0


def referring(ward: Ward) -> None:
    ward.write(ward.config("config.toml"), f'[helpers]\npass = ["{sys.executable}", "no-such-file"]\n')
    ward.write(ward.config("profiles", "a.toml"), '[token]\nhelper = "pass"\n')
    ward.write(ward.config("profiles", "b.toml"), '[token]\nfile = "~/the-token"\n')
    ward.write(ward.path("the-token"), TOKEN)


def in_a_repository(ward: Ward) -> None:
    """The config folder is a link into a repository of dotfiles, which others may read."""
    ward.path("dotfiles", ".git").mkdir(parents=True)
    ward.config().rename(ward.path("dotfiles", "arka"))
    ward.config().symlink_to(ward.path("dotfiles", "arka"))
    for path in (ward.config(), ward.config("profiles")):
        path.chmod(0o755)


def pinned(ward: Ward) -> None:
    ward.store.pin(str(ward.home), "ci")


def with_near_misses(ward: Ward) -> None:
    """Words in a history and a start-up file that begin as a token does."""
    text = "arka_config arka_completion() { ; }\nsource _arka_completion\nexport ARKA_API_KEY=$(arka token)\n"
    ward.write(ward.path(".bash_history"), text)
    ward.write(ward.path(".bashrc"), text)


@pytest.mark.parametrize(
    "make",
    [lambda ward: None, sealed, with_a_passphrase, exported, referring, pinned, with_near_misses],
    ids=["plain", "sealed", "passphrase", "exported", "references", "pinned", "near misses"],
)
def test_a_healthy_home_has_no_findings(ward: Ward, make: Callable[[Ward], None]) -> None:
    make(ward)
    before = everything(ward.home)
    done = ward.doctor("--all")
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith("\nNothing is wrong\n")
    assert all(f"✓ {check.name}: {check.well}\n" in done.out for check in CHECKS)
    assert everything(ward.home) == before
    assert ward.doctor("--fix").code == 0
    assert everything(ward.home) == before


@pytest.mark.parametrize(
    "places", [{"ARKA_HOME": "all"}, {"XDG_CONFIG_HOME": "c", "XDG_DATA_HOME": "d", "XDG_STATE_HOME": "s"}]
)
def test_folders_of_ones_own_choice_are_healthy(tmp_path: Path, places: dict[str, str]) -> None:
    ward = healthy(Ward(tmp_path, **{name: str(tmp_path / folder) for name, folder in places.items()}))
    assert ward.found() == []


def test_an_empty_machine_is_healthy_and_stays_empty(tmp_path: Path) -> None:
    ward = Ward(tmp_path)
    done = ward.doctor()
    assert (done.code, done.err) == (0, "")
    assert list(tmp_path.iterdir()) == []
    assert ward.doctor("--fix").code == 0
    assert list(tmp_path.iterdir()) == []


def test_a_repository_of_dotfiles_is_told_and_no_fault(ward: Ward) -> None:
    in_a_repository(ward)
    done = ward.doctor()
    assert (done.code, done.err) == (0, "")
    (note,) = ward.found()
    assert (note["severity"], note["check"], note["command"]) == ("note", "work-tree", None)
    assert "Nothing is wrong, and 1 thing to know" in done.out


def test_no_helper_is_run_and_no_lock_is_taken(ward: Ward) -> None:
    ward.write(ward.config("config.toml"), f'[helpers]\npass = ["touch", "{ward.path("ran")}"]\n')
    ward.write(ward.config("profiles", "a.toml"), '[token]\nhelper = "pass"\n')
    with ward.store.lock:
        assert ward.found() == []
    assert not ward.path("ran").exists()


def test_the_legacy_file_of_the_same_token_is_no_fault(ward: Ward) -> None:
    exported(ward)
    assert ward.path(NODE, "config.json").exists()
    assert ward.found() == []


@pytest.mark.skipif(os.geteuid() != 0, reason="nobody else can become another user")
def test_another_user_s_home_is_told_and_does_not_crash(ward: Ward) -> None:
    """As when `HOME` is still root's: everything is closed, which is said once."""
    ward.home.chmod(0o755)
    for folder in (ward.home.parent, *ward.home.parent.parents):
        if str(folder).startswith("/tmp/"):
            folder.chmod(folder.stat().st_mode | 0o011)
    script = (
        "import io, os, sys\n"
        "from arka_config.arka import app\nfrom arka_config.cli.runtime.run import run\n"
        "out, sys.stdout = sys.stdout, io.StringIO()\n"
        "run(app, ['doctor'])  # which imports all that is needed, from where the other user may not look\n"
        "sys.stdout = out\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "sys.exit(run(app, ['doctor']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=ward.variables({}),
        cwd="/",
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout.startswith("✗ Files\n  ✗ folders  ")
    assert "\n    it belongs to root, and this is nobody: " in done.stdout
    assert "chown" not in done.stdout  # which would take root's files away
    assert done.stdout.endswith("\n1 thing to mend\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="nobody else can give a file away")
def test_root_in_another_user_s_home_is_told_and_takes_nothing_away(ward: Ward) -> None:
    """As after `su` without a dash. By sudo it is told from what a run by sudo leaves."""
    for path in (ward.home, *ward.home.rglob("*")):
        os.chown(path, 65534, -1)
    (problem,) = ward.found()
    assert (problem["check"], problem["place"], problem["command"]) == ("owners", str(ward.home), None)
    assert problem["message"].startswith("it belongs to nobody, and this is root")
    assert ward.found(SUDO_UID="65534") == []
    os.chown(ward.data("tokens", "ci.json"), 0, -1)
    (problem,) = ward.found(SUDO_UID="65534")
    assert problem["message"] == "it belongs to root and not to nobody: a run by sudo leaves such files"
