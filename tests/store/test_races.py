"""If processes run concurrently, no change is lost and readers see no partial one, even if some are killed."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from arka_config import ProfileStore, open_store
from arka_config.arka import app
from tests.faults import Fault, ForkResult, run_in_fork
from tests.guarantees import numbers
from tests.store import worker
from tests.store.samples import resolution

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
WRITERS = 8 if numbers.BOUNDED else 32
ROUNDS = 3
READERS = 3


def start(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.store.worker", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process: subprocess.Popen[str]) -> str:
    """Return what a process printed. If it failed, fail with its traceback."""
    printed, complaints = process.communicate(timeout=60)
    assert process.returncode == 0, complaints
    return printed


@pytest.fixture
def sky(store: ProfileStore) -> ProfileStore:
    """A store with the two permanent profiles. One of them is active."""
    for kind, timeout in worker.PERMANENT.items():
        worker.add(store, kind, timeout)
    store.use("moon")
    return store


@contextlib.contextmanager
def readers(home: str) -> Iterator[None]:
    """Read everything repeatedly until the block ends. Fail if anything is inconsistent."""
    processes = [start("read", home) for _ in range(READERS)]
    try:
        yield
    finally:
        Path(home, "stop").touch()
        looks = [int(end(process)) for process in processes]
    assert all(looks), looks


def temporary_files(home: str) -> list[str]:
    return [str(path) for path in Path(home).rglob("*") if "tmp" in path.name]


def read_acknowledged(home: str) -> list[str]:
    return [name for path in Path(home).glob("acknowledged-*") for name in path.read_text().split()]


def check_kept(store: ProfileStore, name: str) -> None:
    """Check that an acknowledged profile has its own token, secret and setting."""
    assert store.credential(name).token.reveal() == worker.token(name)
    assert store.secrets.read(name, worker.SECRET.name) == worker.secret(name)
    worker.check_timeout(name, store.profiles.read(name).settings["timeout"])


@pytest.mark.slow
def test_concurrent_changes_lose_nothing_and_readers_see_whole_states(
    sky: ProfileStore, environ: dict[str, str]
) -> None:
    home = environ["ARKA_HOME"]
    with readers(home):
        for writer in [start("write", home, number, ROUNDS) for number in range(WRITERS)]:
            end(writer)

    own = [f"{number}-{at}" for number in range(WRITERS) for at in range(ROUNDS)]
    copies = [f"copy-{each}" for each in own if int(each[-1]) % 2 == 0]
    kept = [f"kept-{each}" for each in own]
    assert sorted(read_acknowledged(home)) == sorted(kept)
    for name in kept:
        check_kept(sky, name)
    for name in copies:
        assert sky.profiles.read(name).description == "a copy"
        assert not sky.tokens.holds(name)

    others = set(sky.names()) - set(kept) - set(copies)
    assert sorted(name.partition("-")[0] for name in others - set(worker.SHARED)) == ["moon", "star"]
    assert sky.selection.read_pins() == {f"/{name}": name for name in copies}
    assert {str(name).partition("-")[0] for name in sky.selection.read_active()} == {"moon", "star"}
    worker.check_active_profile(home)
    worker.check_every_file(home)
    assert temporary_files(home) == []


@pytest.mark.slow
def test_killed_writers_lose_no_acknowledged_change(sky: ProfileStore, environ: dict[str, str]) -> None:
    home = environ["ARKA_HOME"]
    dice = random.Random(0)
    writers = [start("write", home, number, 1000) for number in range(8)]
    killed = 0
    with readers(home):
        ends = time.monotonic() + (2 if numbers.BOUNDED else 4)
        while time.monotonic() < ends or len(read_acknowledged(home)) < 10:  # if the machine is busy, it takes longer
            time.sleep(dice.uniform(0, 0.1))
            victim = writers.pop(dice.randrange(len(writers)))
            assert victim.poll() is None, victim.communicate()
            kill(victim)
            killed += 1
            writers.append(start("write", home, len(writers) + killed, 1000))
        for writer in writers:
            kill(writer)

    survivors = read_acknowledged(home)
    assert killed > 10
    for name in survivors:
        check_kept(sky, name)
    worker.check_active_profile(home)
    worker.check_every_file(home)
    with sky.lock:
        assert temporary_files(home) == []


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)


# Kills at a chosen step


def rename_and_die(home: str, step: int) -> ForkResult:
    """Rename the active profile, and die at the n-th change to the disk."""
    store = open_store(app, {"ARKA_HOME": home})
    return run_in_fork(lambda: store.rename("moon", "sun"), Fault(step), Path(home).parent / "report")


def test_rename_killed_at_any_step_leaves_a_working_active_profile(tmp_path: Path) -> None:
    for step in itertools.count(1):
        home = str(tmp_path / str(step))
        store = open_store(app, {"ARKA_HOME": home})
        worker.add(store, "moon", 2)
        store.pin("/srv", "moon")
        ended = rename_and_die(home, step)
        store = open_store(app, {"ARKA_HOME": home})
        for directory in ("/", "/srv"):
            found = resolution(store, directory=directory)
            assert found.token().secret.reveal() == worker.token("moon")
            assert found.profile.is_whole
            stored = found.resolve(worker.SECRET)
            assert stored is not None
            assert stored.value == worker.secret("moon")
        with store.lock:
            assert temporary_files(home) == []
        if ended.code == 0:
            changes = [call for call, path in ended.steps if call in ("replace", "unlink")]
            # Three copies, the pins and the active profile, three removals.
            assert changes == ["replace"] * 5 + ["unlink"] * 3
            assert store.names() == ["sun"]
            return
        assert ended.code == -signal.SIGKILL


def test_files_of_a_killed_writer_are_swept_by_writers_only(sky: ProfileStore, environ: dict[str, str]) -> None:
    home = environ["ARKA_HOME"]
    assert rename_and_die(home, 7).hit == ("fsync", mock.ANY)  # of the first temporary file
    (left,) = temporary_files(home)
    assert os.stat(left).st_mode & 0o777 == 0o600
    assert sky.names() == ["moon", "star"]
    worker.check_active_profile(home)
    assert temporary_files(home) == [left]
    sky.use("star")
    assert temporary_files(home) == []
