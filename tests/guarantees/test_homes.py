"""If a home is unusual (read-only, full, another user's, linked), the error is clear, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests import no_network, peers
from tests.cli.program import TOKEN, Result, arka
from tests.faults import NO_FAULT, run_in_fork
from tests.guarantees import numbers
from tests.store.samples import read_tree

AS_ROOT = os.geteuid() == 0
NOBODY = 65534
CHANGES = [
    "login -p new --with-token --no-verify",
    "logout -p work",
    "use ci",
    "use ci --here",
    "profiles set work timeout=3",
    "profiles rename work other",
    "profiles copy work other --with-token",
    "profiles remove work --yes",
    "vault enable",
    "identity create",
]
PROGRAM = str(Path(sys.executable).with_name("arka"))


def run(words: str, home: Path, *prefix: str) -> Result:
    """Run the installed program. The words of the prefix come first."""
    environ = {"PATH": os.environ["PATH"], "ARKA_HOME": str(home), "HOME": str(home.parent), **no_network.VARIABLES}
    done = subprocess.run(
        [*prefix, PROGRAM, *words.split()],
        input=TOKEN,
        capture_output=True,
        encoding="utf-8",
        env=environ,
        cwd=home.parent,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def check(done: Result, cause: str, home: Path, before: dict[str, bytes]) -> None:
    """Check that one error names the cause and the file, with a hint, and that nothing is lost."""
    assert done.code == 1, done.err
    assert "Traceback" not in done.err
    (line,) = [line for line in done.err.splitlines() if line.startswith("error: ")]
    assert cause in line
    assert str(home) in line
    assert "hint: " in done.err
    check_nothing_is_lost(before, read_tree(str(home)))


def check_nothing_is_lost(before: dict[str, bytes], after: dict[str, bytes]) -> None:
    assert {path: after.get(path) for path in before if path != "state/lock"} == {
        path: content for path, content in before.items() if path != "state/lock"
    }


def in_a_namespace(script: str) -> list[str]:
    """Return a prefix that runs a script first, in a mount namespace."""
    return ["unshare", "-m", "sh", "-c", f'{script} && exec "$@"', "sh"]


@pytest.fixture
def require_namespaces() -> None:
    """Skip the test unless this user can mount a file system in a namespace."""
    if not AS_ROOT:
        pytest.skip("only root can mount a file system")
    missing = [name for name in ("unshare", "mount") if shutil.which(name) is None]
    if missing and peers.CI:
        pytest.fail(f"{' and '.join(missing)} is not on PATH (CI is set, so this test is not skipped)", pytrace=False)
    if missing:
        pytest.skip(f"{' and '.join(missing)} is not on PATH: install it, as in 'apt install util-linux mount'")
    if subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine does not allow mount namespaces")


@pytest.mark.parametrize("words", numbers.part_of(CHANGES, 3))
@pytest.mark.usefixtures("require_namespaces")
def test_a_read_only_home_is_reported(two_profiles: Path, words: str) -> None:
    before = read_tree(str(two_profiles))
    read_only = in_a_namespace(
        f"mount --bind '{two_profiles}' '{two_profiles}' && mount -o remount,bind,ro '{two_profiles}'"
    )
    check(run(words, two_profiles, *read_only), "read-only file system", two_profiles, before)
    assert run("token", two_profiles, *read_only).out == f"{TOKEN}\n"
    assert run("status --offline", two_profiles, *read_only).code == 0


@pytest.mark.parametrize("words", numbers.part_of(CHANGES, 3))
@pytest.mark.usefixtures("require_namespaces")
def test_a_full_disk_is_reported(two_profiles: Path, words: str) -> None:
    """The home is on a file system in memory, which is filled to its last byte."""
    before = read_tree(str(two_profiles))
    copy = two_profiles.parent / "copy"
    full = in_a_namespace(
        f"cp -a '{two_profiles}' '{copy}' && mount -t tmpfs -o size=256k tmpfs '{two_profiles}'"
        f" && cp -a '{copy}/.' '{two_profiles}'"
        f" && (cat /dev/zero >'{two_profiles}/filler' 2>/dev/null || true)"
    )
    save = f"; code=$?; rm -rf '{copy}'; cp -a '{two_profiles}/.' '{copy}'; exit $code"
    full[4] = full[4].replace('exec "$@"', f'"$@"{save}')
    done = run(words, two_profiles, *full)
    if words in ("use ci", "logout -p work", "profiles remove work --yes") and done.code == 0:
        return  # needs no space
    assert done.code == 1, done.err
    (line,) = [line for line in done.err.splitlines() if line.startswith("error: ")]
    assert "no space left on device" in line
    assert str(two_profiles) in line
    after = read_tree(str(copy))
    check_nothing_is_lost(before, after)
    assert [path for path in after if "cli-tmp" in path] == []


@pytest.mark.skipif(not AS_ROOT, reason="only root can be another user")
@pytest.mark.usefixtures("import_everything")
@pytest.mark.parametrize("words", [*CHANGES, "token", "status --offline", "profiles list"])
def test_a_home_of_another_user_is_reported(two_profiles: Path, words: str) -> None:
    """The command runs in a fork that has imported everything, because the other user cannot read this checkout."""
    before = read_tree(str(two_profiles))
    for folder in two_profiles.parents:
        folder.chmod(folder.stat().st_mode | 0o111)

    def as_another_user() -> dict[str, object]:
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        return arka(*words.split(), stdin=TOKEN)._asdict()

    # Not below tmp_path: if another test starts pytest, that closes the folder of all tests to other users again.
    with tempfile.TemporaryDirectory() as reports:
        os.chmod(reports, 0o777)
        result = run_in_fork(as_another_user, NO_FAULT, Path(reports) / "report")
    assert result.code == 0, result.value
    done = Result(**result.value[0])
    assert done.code == 1, done.out + done.err
    assert "Traceback" not in done.err
    assert "permission denied" in done.err
    assert str(two_profiles) in done.err
    assert TOKEN not in done.out
    assert read_tree(str(two_profiles)) == before


def test_a_symlinked_file_is_written_through_and_stays_a_link(two_profiles: Path, tmp_path: Path) -> None:
    dotfiles = tmp_path / "dotfiles"
    dotfiles.mkdir(mode=0o700)
    assert arka("profiles", "set", "work", "timeout=3").code == 0
    links = [
        two_profiles / "config" / "profiles" / "work.toml",
        two_profiles / "data" / "tokens" / "work.json",
        two_profiles / "state" / "active",
    ]
    for link in links:
        link.rename(dotfiles / link.name)
        link.symlink_to(dotfiles / link.name)
    assert arka("profiles", "set", "work", "timeout=5").code == 0
    assert arka("use", "ci").code == 0
    assert arka("login", "-p", "work", "--with-token", "--no-verify", "--label", "New", stdin=TOKEN).code == 0
    assert arka("token", "-p", "work").out == f"{TOKEN}\n"
    assert all(link.is_symlink() for link in links)
    assert "timeout = 5" in (dotfiles / "work.toml").read_text()
    assert sorted(path.name for path in dotfiles.iterdir()) == ["active", "work.json", "work.toml"]


def test_a_circular_link_is_an_error_that_names_it(two_profiles: Path) -> None:
    profile = two_profiles / "config" / "profiles" / "work.toml"
    profile.parent.mkdir(parents=True, exist_ok=True)
    profile.symlink_to(profile)
    done = arka("profiles", "show", "work")
    assert done.code == 1
    assert f"error: cannot read {profile}: too many levels of symbolic links" in done.err
    assert f"ls -l '{profile}'" in done.err
