"""A kill at any write of an apply leaves a state that the next apply completes, to the same bytes as if unharmed."""

from __future__ import annotations

import shutil
import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from arka_config import open_store
from arka_config.arka import app
from tests.cli.program import OTHER, TOKEN, arka
from tests.faults import Fault, forked
from tests.templates.conftest import Folder, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CI = '[profile]\nname = "ci"\n[token]\nenv = "ARKA_CI_TOKEN"\ncopy = true\n[settings]\ntimeout = 30\n'
NEW = '[profile]\nname = "new"\n[token]\nenv = "ARKA_CI_TOKEN"\ncopy = true\n'
KEPT = '[profile]\nname = "kept"\n[token]\nenv = "ARKA_CI_TOKEN"\n'
APPLY = ("apply", "profiles", "--yes", "--prune")


def is_killed_at(point: int, report: Path) -> bool:
    """Applies in a process of its own that is killed at its nth step; whether it got that far."""
    ended = forked(lambda: arka(*APPLY).code, Fault(point), report)
    assert ended.code in (0, -signal.SIGKILL), ended.said
    return ended.code != 0


def content(home: Path) -> dict[str, object]:
    """Every file of a home; of a token that is sealed, which no two times is sealed to the same bytes, what it says."""
    found = snapshot(home)
    store = open_store(app, {"ARKA_HOME": str(home)})
    for name in store.tokens.names():
        token = store.credential(name)
        if token.storage == "sealed":
            found[f"data/tokens/{name}.json"] = ("sealed", token.token.reveal(), str(token.origin), token.created)
    return found


def begun(folder: Folder, home: Path, storage: str) -> None:
    """A machine on which an apply has one of each to do: create, change, replace a token, remove, and nothing."""
    if storage == "sealed":
        assert arka("vault", "enable", "--key-file", str(home.parent / "key")).code == 0
    folder.put("ci.toml", CI)
    folder.put("kept.toml", KEPT)
    folder.put("old.toml", NEW.replace('"new"', '"old"'))
    assert arka("apply", "profiles", "--yes").code == 0
    (folder.path / "old.toml").unlink()
    folder.put("new.toml", NEW)
    folder.put("ci.toml", CI.replace("30", "60").replace("ARKA_CI_TOKEN", "ARKA_NEW_TOKEN"))


def fresh(folder: Folder, home: Path, storage: str) -> None:
    """A machine that has nothing at all yet."""
    folder.put("ci.toml", CI)
    folder.put("kept.toml", KEPT)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scene", "storage", "fewest"), [(begun, "plain", 40), (begun, "sealed", 40), (fresh, "plain", 40)]
)
def test_the_next_apply_completes_what_was_killed_at_any_step(
    folder: Folder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    scene: Callable[[Folder, Path, str], None],
    storage: str,
    fewest: int,
) -> None:
    monkeypatch.setattr("arka_config.timestamps.now", lambda: datetime(2030, 1, 1, tzinfo=UTC))
    monkeypatch.setenv("ARKA_CI_TOKEN", TOKEN)
    monkeypatch.setenv("ARKA_NEW_TOKEN", OTHER)
    before, home = tmp_path / "before", tmp_path / "home"
    before.mkdir()

    def set_up(at: Path) -> None:
        shutil.rmtree(at, ignore_errors=True)
        shutil.copytree(before, at)
        monkeypatch.setenv("ARKA_HOME", str(at))

    monkeypatch.setenv("ARKA_HOME", str(before))
    scene(folder, before, storage)
    set_up(home)
    assert arka(*APPLY).code == 0
    wanted = content(home)
    for point in range(1, 500):
        set_up(home)
        if not is_killed_at(point, tmp_path / "report"):
            assert point > fewest
            return
        done = arka(*APPLY)
        assert done.code == 0, f"killed at {point}: {done.err}"
        assert content(home) == wanted, f"killed at {point}"
    raise AssertionError("it is not killed 500 times in one apply")
