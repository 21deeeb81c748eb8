"""Fixtures of the tests of settings."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    for name in [name for name in os.environ if name.startswith("ACME_")]:
        monkeypatch.delenv(name)
    return {"ACME_HOME": str(tmp_path / "acme")}
