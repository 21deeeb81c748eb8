"""The fixtures of the doctor's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.doctor.user_home import UserHome, add_profiles
from tests.sealing.conftest import memory_keyring  # noqa: F401  # a fixture

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def user_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> UserHome:
    """A home folder without problems, which is also the working directory."""
    folder = tmp_path / "you"
    folder.mkdir(mode=0o700)
    for name in ("ARKA_HOME", "HISTFILE", "SUDO_UID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(folder)
    return add_profiles(UserHome(folder))
