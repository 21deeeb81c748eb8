"""A git repository to search."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest


class GitFolder:
    """A git repository in a folder, which is the working directory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str, stdin: str = "") -> str:
        """Run git and return its output."""
        environ = {"PATH": os.environ["PATH"], "HOME": str(self.path.parent), "GIT_CONFIG_NOSYSTEM": "1"}
        for who in ("AUTHOR", "COMMITTER"):
            environ |= {f"GIT_{who}_NAME": "Ann Example", f"GIT_{who}_EMAIL": "ann@example.com"}
            environ |= {f"GIT_{who}_DATE": "2026-01-02T03:04:05+00:00"}
        done = subprocess.run(
            ["git", *arguments], cwd=self.path, env=environ, input=stdin, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def write(self, name: str, text: str) -> None:
        """Write a file."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")

    def commit(self, message: str = "Change") -> str:
        """Commit everything, and return the commit's id."""
        self.git("add", "--all")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GitFolder:
    """An empty repository, which is the working directory."""
    folder = tmp_path / "repository"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return GitFolder(folder)
