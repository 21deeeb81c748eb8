"""What the tests of the doctor share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.doctor.ward import Ward, healthy

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def ward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ward:
    """A healthy home, below which the working directory is."""
    home = tmp_path / "you"
    home.mkdir(mode=0o700)
    for name in ("ARKA_HOME", "HISTFILE", "SUDO_UID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(home)
    return healthy(Ward(home))
