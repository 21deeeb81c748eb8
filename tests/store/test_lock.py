"""The lock lets one writer in at a time, even if processes are killed."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from arka_config.errors import FileError, LockTimeout, UnsafeFile
from arka_config.store.lock import Lock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Take the lock, report it, and release it when stdin ends.
HOLDER = """
import sys
from arka_config.store.lock import Lock
with Lock(sys.argv[1], after_a_kill=lambda: None):
    print("held", flush=True)
    sys.stdin.read()
"""

# Increment the number in a file, so slowly that an increment is lost if another process does the same meanwhile.
COUNTER = """
import sys, time
from arka_config.store.lock import Lock
lock = Lock(sys.argv[1], after_a_kill=lambda: None, timeout=60)
for _ in range(20):
    with lock:
        with open(sys.argv[2]) as file:
            number = int(file.read())
        time.sleep(0.0005)
        with open(sys.argv[2], "w") as file:
            file.write(str(number + 1))
"""


def unexpected() -> None:
    raise AssertionError("no process was killed")


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "state" / "lock")


@pytest.fixture
def lock(path: str) -> Lock:
    """A lock with a short timeout."""
    return Lock(path, after_a_kill=unexpected, timeout=0.05)


def another(path: str, after_a_kill: Callable[[], None] = unexpected) -> Lock:
    """Return a second lock on the same file. To the kernel, it is the same as that of another process."""
    return Lock(path, after_a_kill=after_a_kill, timeout=0.05)


def holder(path: str) -> subprocess.Popen[bytes]:
    """Another process that holds the lock until its stdin is closed or it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def test_lock_serializes_processes(tmp_path: Path, path: str) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    processes = [subprocess.Popen([sys.executable, "-c", COUNTER, path, str(counter)]) for _ in range(4)]
    codes = [process.wait(60) for process in processes]
    assert (codes, counter.read_text()) == ([0, 0, 0, 0], "80")


def test_lock_is_reentrant(lock: Lock, path: str) -> None:
    with lock:
        with lock, lock:
            pass
        with pytest.raises(LockTimeout), another(path):
            pass
    with another(path):
        pass


def test_lock_timeout_names_the_holder(lock: Lock, path: str) -> None:
    process = holder(path)
    with pytest.raises(LockTimeout) as caught, lock:
        pass
    assert caught.value.message == (
        f"{path} is held by process {process.pid} (-c) for more than 0.05 s; nothing was changed"
    )
    assert caught.value.exit_code == 1
    process.communicate(timeout=10)
    with lock:
        pass


def test_lock_is_taken_as_soon_as_it_is_released(path: str) -> None:
    process = holder(path)
    patient = Lock(path, after_a_kill=unexpected, timeout=10)
    threading.Timer(0.05, lambda: process.communicate(timeout=10)).start()
    with patient:
        assert process.wait(10) == 0


def test_lock_of_a_killed_process_is_free_and_swept_once(path: str) -> None:
    process = holder(path)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=10)
    swept: list[str] = []

    with another(path, after_a_kill=lambda: swept.append("swept")):
        assert swept == ["swept"]
    with another(path):
        pass


def test_interrupted_sweep_is_repeated_by_the_next_holder(path: str) -> None:
    process = holder(path)
    process.kill()
    process.communicate(timeout=10)

    def stop_early() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), another(path, after_a_kill=stop_early):
        pass
    swept: list[str] = []
    with another(path, after_a_kill=lambda: swept.append("swept")):
        assert swept == ["swept"]


def test_error_under_the_lock_releases_it_without_a_sweep(lock: Lock, path: str) -> None:
    with pytest.raises(ValueError, match="oops"), lock, lock:
        raise ValueError("oops")
    with another(path), pytest.raises(LockTimeout), lock:
        pass
    with lock:
        pass


def test_lock_file_is_private_and_never_deleted(lock: Lock, path: str) -> None:
    inodes = set()
    for _ in range(3):
        with lock:
            inodes.add(os.stat(path).st_ino)
        inodes.add(os.stat(path).st_ino)
    assert len(inodes) == 1
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert os.stat(os.path.dirname(path)).st_mode & 0o777 == 0o700


def test_lock_file_names_the_holder_until_the_release(lock: Lock, path: str) -> None:
    with lock, open(path) as file:
        assert file.read().split()[0] == str(os.getpid())
    assert os.path.getsize(path) == 0


def test_lock_excludes_threads_of_one_process(lock: Lock) -> None:
    said: list[str] = []

    def enter() -> None:
        try:
            with lock:
                said.append("entered")
        except LockTimeout as error:
            said.append(error.message)

    with lock:
        thread = threading.Thread(target=enter)
        thread.start()
        thread.join(10)
    assert len(said) == 1
    assert "is held by another thread of this process" in said[0]


def test_holder_name_is_escaped_in_the_error(lock: Lock, path: str) -> None:
    with another(path):
        with open(path, "w") as file:
            file.write("12 \x1b[31mevil")
        with pytest.raises(LockTimeout, match=r"process 12 \(\\x1b\[31mevil\)"), lock:
            pass


def test_lock_works_on_a_full_disk(lock: Lock, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with lock, pytest.raises(LockTimeout, match="is held by another process"), another(path):
        pass


def test_lock_file_that_cannot_be_created_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    impossible = another(str(tmp_path / "file" / "lock"))
    for _ in range(2):
        with pytest.raises(FileError, match="cannot lock .*: file exists"), impossible:
            pass


@pytest.mark.parametrize("make_link", [os.symlink, os.link])
def test_lock_refuses_a_link_and_leaves_its_target_alone(
    path: str, tmp_path: Path, make_link: Callable[[str, str], None]
) -> None:
    lock = another(path, after_a_kill=lambda: None)  # the target's content looks like the name of a killed holder
    victim = tmp_path / ".bashrc"
    victim.write_text("export EDITOR=vi\n")
    os.mkdir(os.path.dirname(path))
    make_link(str(victim), path)
    with pytest.raises(UnsafeFile, match="lock is a link or a special file") as caught, lock:
        pass
    assert caught.value.hint == f"look at it: ls -l '{path}', then: rm '{path}'"
    assert victim.read_text() == "export EDITOR=vi\n"
    os.unlink(path)
    with lock:
        pass


def test_lock_creates_nothing_at_the_end_of_a_broken_link(lock: Lock, path: str, tmp_path: Path) -> None:
    os.mkdir(os.path.dirname(path))
    os.symlink(tmp_path / "new", path)
    with pytest.raises(UnsafeFile), lock:
        pass
    assert not (tmp_path / "new").exists()


def test_lock_is_not_inherited_by_child_processes(lock: Lock, path: str) -> None:
    with lock:
        child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    try:
        with another(path):
            pass
    finally:
        child.communicate(timeout=10)
