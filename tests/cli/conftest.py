"""Fixtures for the tests of commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.program import OTHER, TOKEN, arka

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def two_profiles(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home folder with two profiles, `work` (active) and `ci`; the working directory is its parent."""
    monkeypatch.chdir(tmp_path)
    login = ("login", "--with-token", "--no-verify")
    assert arka(*login, "-p", "work", "--label", "MacBook Pro", stdin=TOKEN).code == 0
    assert arka(*login, "-p", "ci", "--expires", "90d", stdin=OTHER).code == 0
    return home
