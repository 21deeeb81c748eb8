"""What the tests of templates share: a folder of templates, and this machine's facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from arka_config.templates.facts import Facts
from tests.sealing.conftest import memory_keyring  # noqa: F401  # a fixture

if TYPE_CHECKING:
    from pathlib import Path

HERE = Facts("runner-07", "sam", "linux")


class Folder:
    """A folder of templates that is written to by name."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()

    def __str__(self) -> str:
        return str(self.path)

    def put(self, name: str, text: str) -> Path:
        """Writes a template, with `version = 1` before the text."""
        return self.put_whole(name, f"version = 1\n{text}")

    def put_whole(self, name: str, text: str) -> Path:
        """Writes a file as it is."""
        file = self.path / name
        file.write_text(text, "utf-8")
        return file


@pytest.fixture
def folder(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """An empty folder `profiles`, in the working directory, of a machine that is called runner-07."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("arka_config.templates.facts.Facts.here", lambda: HERE)
    return Folder(tmp_path / "profiles")


def snapshot(home: Path, *, times: bool = False) -> dict[str, object]:
    """Every file below a home with its content, and with `times` its inode and time stamps too."""
    found: dict[str, object] = {}
    for file in sorted(home.rglob("*")):
        if file.is_file() and file.name != "lock":
            status = file.stat()
            seen = (status.st_ino, status.st_mtime_ns, status.st_ctime_ns) if times else ()
            found[str(file.relative_to(home))] = (file.read_bytes(), *seen)
    if times and (home / "state" / "lock").exists():
        found["lock"] = (home / "state" / "lock").stat().st_mtime_ns
    return found
