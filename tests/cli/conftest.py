"""What the tests of the commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.program import OTHER, TOKEN, arka

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def two(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with two profiles: `work`, which is active, and `ci`. The working directory is in it."""
    monkeypatch.chdir(tmp_path)
    assert arka("login", "-p", "work", "--with-token", "--label", "MacBook Pro", stdin=TOKEN).code == 0
    assert arka("login", "-p", "ci", "--with-token", "--expires", "90d", stdin=OTHER).code == 0
    return home
