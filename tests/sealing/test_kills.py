"""If a change is killed at any step, every token stays readable, and the next run finishes the change."""

from __future__ import annotations

import itertools
import shutil
import signal
from pathlib import Path

import pytest

from arka_config import ProfileStore, open_store
from arka_config.arka import app
from arka_config.sealing import operations
from arka_config.sealing.unlockers.registry import NewUnlocker
from arka_config.sealing.vault import vault_of
from tests.faults import Fault, run_in_fork
from tests.sealing.conftest import tokens
from tests.store.samples import credential, token

WORDS = ("work", "ci")
ALL = {word: token(word) for word in WORDS}

# Each change, and whether the vault is on before it and after it.
CHANGES = {
    "enable": (False, True),
    "rekey": (True, True),
    "disable": (True, False),
    "add": (True, True),
    "key-file-2": (True, True),  # which is removed
}


def at(home: Path) -> ProfileStore:
    return open_store(app, {"ARKA_HOME": str(home)})


@pytest.fixture
def made(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A home to copy, sealed or not."""
    home = tmp_path / "made"
    store = at(home)
    for word in WORDS:
        store.log_in(word, credential(word))
    return home


def run_and_kill(home: Path, change: str, step: int) -> int:
    """Run a change in a process that dies at its n-th step; return the exit status."""

    def work() -> None:
        vault = vault_of(at(home))
        if change == "enable":
            operations.enable(vault, [NewUnlocker("key-file")])
        elif change == "rekey":
            operations.rekey(vault)
        elif change == "disable":
            operations.disable(vault)
        elif change == "add":
            operations.add_unlocker(vault, NewUnlocker("key-file", path=str(home / "state" / "c.key")))
        else:
            operations.remove_unlocker(vault, change)

    return run_in_fork(work, Fault(step), home.parent / "report").code


def finish(store: ProfileStore, change: str) -> None:
    """Run the change again; if it was complete, expect the error that says so."""
    if change == "enable":
        if vault_of(store).file() is None or vault_of(store).required_file().unfinished:
            operations.enable(vault_of(store), [NewUnlocker("key-file")])
    elif change == "disable":
        if store.vault.is_enabled:
            operations.disable(vault_of(store))
    else:
        operations.rekey(vault_of(store))


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
def test_kill_at_any_step_leaves_every_token_readable(made: Path, tmp_path: Path, change: str) -> None:
    is_on, stays_on = CHANGES[change]
    home = tmp_path / "home"
    if is_on:
        made.rename(home)
        vault = vault_of(at(home))
        operations.enable(vault, [NewUnlocker("key-file", path=str(tmp_path / "a.key"))])
        operations.add_unlocker(vault, NewUnlocker("key-file", path=str(tmp_path / "b.key")))
        home.rename(made)
    for step in itertools.count(1):
        shutil.copytree(made, home)
        ended = run_and_kill(home, change, step)
        assert tokens(at(home)) == ALL, f"after a kill at step {step}"
        if ended == 0:
            assert step > (10 if change == "add" else 20), "every step was died at, and then there was none left"
            break
        assert ended == -signal.SIGKILL

        # Without a repair, a new token can be stored, and the same command finishes the change.
        at(home).log_in("new", credential("new"))
        finish(at(home), change)
        after = at(home)
        assert tokens(after) == {**ALL, "new": token("new")}
        assert after.vault.is_enabled is stays_on
        assert not [path for path in home.rglob("*") if "tmp" in path.name]
        if stays_on:
            assert vault_of(after).required_file().unfinished == ""
            plain = [path for path in home.rglob("*") if path.is_file() and token("work").encode() in path.read_bytes()]
            assert plain == []
        shutil.rmtree(home)
