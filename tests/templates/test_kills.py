"""A kill at any write of an apply leaves a state that the next apply completes, to the same bytes as if unharmed."""

from __future__ import annotations

import os
import shutil
import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from arka_config import ProfileStore
from arka_config.arka import app
from tests.cli.program import OTHER, TOKEN, arka
from tests.templates.conftest import Folder, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CI = '[profile]\nname = "ci"\n[token]\nenv = "ARKA_CI_TOKEN"\ncopy = true\n[settings]\ntimeout = 30\n'
NEW = '[profile]\nname = "new"\n[token]\nenv = "ARKA_CI_TOKEN"\ncopy = true\n'
KEPT = '[profile]\nname = "kept"\n[token]\nenv = "ARKA_CI_TOKEN"\n'
STEPS = ("replace", "unlink", "rename", "link", "symlink", "truncate", "fsync", "mkdir", "chmod", "fchmod")
APPLY = ("apply", "profiles", "--yes", "--prune")


class Kill:
    """Kills this process at its nth step that changes a disk: before it or, where it writes, in the middle of it."""

    def __init__(self, point: int) -> None:
        self.left = point
        for name in STEPS:
            setattr(os, name, self.before(getattr(os, name)))
        os.open = self.before(os.open, lambda path, flags, *_, **__: bool(flags & os.O_CREAT))
        os.write = self.halfway(os.write)

    def step(self, half: Callable[[], object] = lambda: None) -> None:
        """Counts a step; at the last one, does half of it and dies."""
        self.left -= 1
        if self.left < 0:
            half()
            os.kill(os.getpid(), signal.SIGKILL)

    def before(self, step: Any, is_one: Callable[..., bool] = lambda *_, **__: True) -> Any:
        def stepping(*arguments: Any, **options: Any) -> Any:
            if is_one(*arguments, **options):
                self.step()
            return step(*arguments, **options)

        return stepping

    def halfway(self, write: Callable[[int, bytes], int]) -> Callable[[int, Any], int]:
        def writing(descriptor: int, content: Any) -> int:
            self.step(lambda: write(descriptor, bytes(content)[: len(content) // 2]))
            return write(descriptor, content)

        return writing


def is_killed_at(point: int) -> bool:
    """Applies in a process of its own that is killed at its nth step; whether it got that far."""
    process = os.fork()
    if process == 0:
        Kill(point)
        os._exit(arka(*APPLY).code)
    _, status = os.waitpid(process, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, -signal.SIGKILL)
    return code != 0


def content(home: Path) -> dict[str, object]:
    """Every file of a home; of a token that is sealed, which no two times is sealed to the same bytes, what it says."""
    found = snapshot(home)
    store = ProfileStore.open(app, {"ARKA_HOME": str(home)})
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
    monkeypatch.setattr("arka_config.moment.now", lambda: datetime(2030, 1, 1, tzinfo=UTC))
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
    for point in range(500):
        set_up(home)
        if not is_killed_at(point):
            assert point > fewest
            return
        done = arka(*APPLY)
        assert done.code == 0, f"killed at {point}: {done.err}"
        assert content(home) == wanted, f"killed at {point}"
    raise AssertionError("it is not killed 500 times in one apply")
