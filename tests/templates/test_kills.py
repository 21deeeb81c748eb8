"""If an apply is killed at any write, the next apply produces the same bytes as an uninterrupted one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from arka_config import open_store
from arka_config.arka import app
from tests.cli.program import OTHER, TOKEN, arka
from tests.faults import distinct, snapshots_after_kills
from tests.folder_snapshot import FolderSnapshot
from tests.templates.conftest import Folder, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CI = '[profile]\nname = "ci"\n[token]\nenv = "ARKA_CI_TOKEN"\ncopy = true\n[settings]\ntimeout = 30\n'
NEW = '[profile]\nname = "new"\n[token]\nenv = "ARKA_CI_TOKEN"\ncopy = true\n'
KEPT = '[profile]\nname = "kept"\n[token]\nenv = "ARKA_CI_TOKEN"\n'
APPLY = ("apply", "profiles", "--yes", "--prune")


def content(home: Path) -> dict[str, object]:
    """Return every file of a home. A sealed token differs each time, so it is decrypted first."""
    files = snapshot(home)
    store = open_store(app, {"ARKA_HOME": str(home)})
    for name in store.tokens.names():
        token = store.credential(name)
        if token.storage == "sealed":
            files[f"data/tokens/{name}.json"] = ("sealed", token.token.reveal(), str(token.origin), token.created)
    return files


def set_up_changes(folder: Folder, home: Path, storage: str) -> None:
    """Set up a machine on which an apply creates, changes, removes and keeps a profile, and replaces a token."""
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
    """Set up a machine without profiles."""
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
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("ARKA_HOME", str(home))
    set_up_scene(folder, home, storage)
    before = FolderSnapshot.take(home)
    assert arka(*APPLY).code == 0
    expected = content(home)

    def apply() -> None:
        assert arka(*APPLY).code == 0

    before.restore(home)
    killed = snapshots_after_kills(apply, home)
    assert len(killed) > fewest
    for step, left in distinct(killed):
        left.restore(home)
        done = arka(*APPLY)
        assert done.code == 0, f"killed at {step}: {done.err}"
        assert content(home) == expected, f"killed at {step}"
