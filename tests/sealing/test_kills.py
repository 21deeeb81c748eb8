"""Every token stays readable while a change runs. If it is killed at any step, the next run finishes it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from arka_config import ProfileStore, open_store
from arka_config.arka import app
from arka_config.sealing import operations
from arka_config.sealing.unlockers.registry import NewUnlocker
from arka_config.sealing.vault import vault_of
from tests.faults import distinct, snapshots_after_kills
from tests.sealing.conftest import tokens
from tests.store.samples import credential, token

if TYPE_CHECKING:
    from tests.folder_snapshot import FolderSnapshot

ROOT = Path(__file__).parents[2]
WORDS = ("work", "ci")
ALL = {word: token(word) for word in WORDS}

# Each change, and whether sealing is on before it and after it.
CHANGES = {
    "enable": (False, True),
    "rekey": (True, True),
    "disable": (True, False),
    "add": (True, True),
    "key-file-2": (True, True),  # which is removed
}


def open_in(home: Path) -> ProfileStore:
    return open_store(app, {"ARKA_HOME": str(home)})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with tokens and without sealing."""
    home = tmp_path / "home"
    store = open_in(home)
    for word in WORDS:
        store.log_in(word, credential(word))
    return home


def run_with_kills(home: Path, change: str) -> list[FolderSnapshot]:
    """Run a change in a process; return the home after a kill at each step."""

    def work() -> None:
        vault = vault_of(open_in(home))
        if change == "enable":
            operations.enable(vault, [NewUnlocker("key-file")])
        elif change == "rekey":
            operations.rekey(vault)
        elif change == "disable":
            operations.disable(vault)
        elif change == "add":
            operations.add_unlocker(vault, NewUnlocker("key-file", path=str(home / "state" / "c.key")))
        else:
            operations.remove_unlockers(vault, [change])

    return snapshots_after_kills(work, home)


def finish(store: ProfileStore, change: str) -> None:
    """Run the change again. If it was complete, expect the error that says so."""
    if change == "enable":
        if vault_of(store).file() is None or vault_of(store).require_file().unfinished:
            operations.enable(vault_of(store), [NewUnlocker("key-file")])
    elif change == "disable":
        if store.vault.is_enabled:
            operations.disable(vault_of(store))
    else:
        operations.rekey(vault_of(store))


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
def test_kill_at_any_step_leaves_every_token_readable(home: Path, tmp_path: Path, change: str) -> None:
    is_on, stays_on = CHANGES[change]
    if is_on:
        vault = vault_of(open_in(home))
        operations.enable(vault, [NewUnlocker("key-file", path=str(tmp_path / "a.key"))])
        operations.add_unlocker(vault, NewUnlocker("key-file", path=str(tmp_path / "b.key")))
    killed = run_with_kills(home, change)
    assert len(killed) > (10 if change == "add" else 20), "too few steps were tried"
    assert tokens(open_in(home)) == ALL, "after the complete change"
    for step, snapshot in distinct(killed):
        snapshot.restore(home)
        assert tokens(open_in(home)) == ALL, f"after a kill at step {step}"

        # No repair is needed: a new token can be stored, and the same command finishes the change.
        open_in(home).log_in("new", credential("new"))
        finish(open_in(home), change)
        after = open_in(home)
        assert tokens(after) == {**ALL, "new": token("new")}
        assert after.vault.is_enabled is stays_on
        assert vault_of(after).known.read() == ((vault_of(after).require_file().key_id,) if stays_on else ())
        assert not [path for path in home.rglob("*") if "tmp" in path.name]
        if stays_on:
            assert vault_of(after).require_file().unfinished == ""
            plain = [path for path in home.rglob("*") if path.is_file() and token("work").encode() in path.read_bytes()]
            assert plain == []


def read_until_stopped(home: Path) -> None:
    """Read every token repeatedly, until a file named `stop` appears in the home."""
    count = 0
    while not (home / "stop").exists():
        for word in WORDS:
            assert open_in(home).credential(word).token.reveal() == token(word)
            count += 1
    sys.stdout.write(f"{count}\n")


@pytest.mark.slow
def test_readers_get_every_token_during_enable_rekey_and_disable(home: Path) -> None:
    code = f"from {__name__} import read_until_stopped, Path; read_until_stopped(Path({str(home)!r}))"
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
        )
        for _ in range(2)
    ]
    try:
        for _ in range(40):
            operations.enable(vault_of(open_in(home)), [NewUnlocker("key-file")])
            operations.rekey(vault_of(open_in(home)))
            operations.rekey(vault_of(open_in(home)))
            operations.disable(vault_of(open_in(home)))
    finally:
        (home / "stop").touch()
        ended = [reader.communicate(timeout=60) for reader in readers]
    for reader, (out, err) in zip(readers, ended, strict=True):
        assert reader.returncode == 0, err
        assert int(out) > 100
