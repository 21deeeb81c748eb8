"""After a kill at any write of an apply, the next apply produces the same bytes as an uninterrupted one."""

from __future__ import annotations

import shutil
import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from arka_config import open_store
from arka_config.arka import app
from tests.cli.program import OTHER, TOKEN, arka
from tests.faults import Fault, run_in_fork
from tests.guarantees import numbers
from tests.templates.conftest import Folder, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CI = '[profile]\nname = "ci"\n[token]\nenv = "ARKA_CI_TOKEN"\ncopy = true\n[settings]\ntimeout = 30\n'
NEW = '[profile]\nname = "new"\n[token]\nenv = "ARKA_CI_TOKEN"\ncopy = true\n'
KEPT = '[profile]\nname = "kept"\n[token]\nenv = "ARKA_CI_TOKEN"\n'
APPLY = ("apply", "profiles", "--yes", "--prune")


def is_killed_at(point: int, report: Path) -> bool:
    """Apply in a process that is killed when it reaches its nth step. Return whether it was killed."""
    result = run_in_fork(lambda: arka(*APPLY).code, Fault(point), report)
    assert result.code in (0, -signal.SIGKILL), result.value
    return result.code != 0


def content(home: Path) -> dict[str, object]:
    """Return every file of a home. A sealed token differs each time, so its decrypted content is returned."""
    files = snapshot(home)
    store = open_store(app, {"ARKA_HOME": str(home)})
    for name in store.tokens.names():
        token = store.credential(name)
        if token.storage == "sealed":
            files[f"data/tokens/{name}.json"] = ("sealed", token.token.reveal(), str(token.origin), token.created)
    return files


def set_up_changes(folder: Folder, home: Path, storage: str) -> None:
    """A machine where an apply creates, changes and removes a profile, replaces a token, and keeps one profile."""
    if storage == "sealed":
        assert arka("vault", "enable", "--key-file", str(home.parent / "key")).code == 0
    folder.put("ci.toml", CI)
    folder.put("kept.toml", KEPT)
    folder.put("old.toml", NEW.replace('"new"', '"old"'))
    assert arka("apply", "profiles", "--yes").code == 0
    (folder.path / "old.toml").unlink()
    folder.put("new.toml", NEW)
    folder.put("ci.toml", CI.replace("30", "60").replace("ARKA_CI_TOKEN", "ARKA_NEW_TOKEN"))


def set_up_new_machine(folder: Folder, home: Path, storage: str) -> None:
    """A machine without any profiles."""
    folder.put("ci.toml", CI)
    folder.put("kept.toml", KEPT)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("set_up_scene", "storage", "fewest"),
    [(set_up_changes, "plain", 40), (set_up_changes, "sealed", 40), (set_up_new_machine, "plain", 40)],
)
def test_the_next_apply_completes_one_killed_at_any_step(
    folder: Folder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    set_up_scene: Callable[[Folder, Path, str], None],
    storage: str,
    fewest: int,
) -> None:
    monkeypatch.setattr("arka_config.timestamps.now", lambda: datetime(2030, 1, 1, tzinfo=UTC))
    monkeypatch.setenv("ARKA_CI_TOKEN", TOKEN)
    monkeypatch.setenv("ARKA_NEW_TOKEN", OTHER)
    before, home = tmp_path / "before", tmp_path / "home"
    before.mkdir()

    def restore(at: Path) -> None:
        shutil.rmtree(at, ignore_errors=True)
        shutil.copytree(before, at)
        monkeypatch.setenv("ARKA_HOME", str(at))

    monkeypatch.setenv("ARKA_HOME", str(before))
    set_up_scene(folder, before, storage)
    restore(home)
    assert arka(*APPLY).code == 0
    expected = content(home)
    for point in range(1, 500, 1 if numbers.FULL else 8 if numbers.BOUNDED else 3):
        restore(home)
        if not is_killed_at(point, tmp_path / "report"):
            assert point > fewest
            return
        done = arka(*APPLY)
        assert done.code == 0, f"killed at {point}: {done.err}"
        assert content(home) == expected, f"killed at {point}"
    raise AssertionError("an apply has fewer than 500 steps")
