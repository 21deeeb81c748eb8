"""Shared fixtures: a folder of templates, and fixed facts about this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from arka_config.templates.desired import Facts
from tests.sealing.conftest import memory_keyring  # noqa: F401  # a fixture

if TYPE_CHECKING:
    from pathlib import Path

HERE = Facts("runner-07", "sam", "linux")


class Folder:
    """A folder of templates."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()

    def __str__(self) -> str:
        return str(self.path)

    def put(self, name: str, text: str) -> Path:
        """Write a template: `version = 1` and the text."""
        return self.put_whole(name, f"version = 1\n{text}")

    def put_whole(self, name: str, text: str) -> Path:
        """Write a file with exactly this text."""
        file = self.path / name
        file.write_text(text, "utf-8")
        return file


@pytest.fixture
def folder(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """An empty folder `profiles` in the working directory, on a machine named runner-07."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("arka_config.templates.desired.Facts.of_this_machine", lambda: HERE)
    return Folder(tmp_path / "profiles")


def snapshot(home: Path, *, times: bool = False) -> dict[str, object]:
    """Return the content of every file in a home. With `times`, also return its inode and timestamps."""
    content: dict[str, object] = {}
    for file in sorted(home.rglob("*")):
        if file.is_file() and file.name != "lock":
            status = file.stat()
            stamps = (status.st_ino, status.st_mtime_ns, status.st_ctime_ns) if times else ()
            content[str(file.relative_to(home))] = (file.read_bytes(), *stamps)
    if times and (home / "state" / "lock").exists():
        content["lock"] = (home / "state" / "lock").stat().st_mtime_ns
    return content
