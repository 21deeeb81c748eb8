"""A home folder for Acme."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def acme_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that ACME_HOME names, which does not exist yet. Its parent is the working directory."""
    monkeypatch.setenv("ACME_HOME", str(tmp_path / "acme"))
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "acme"
