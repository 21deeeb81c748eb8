"""Fixtures for the tests of the store: each has an environment of its own, and the store in it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from arka_config import ProfileStore, open_store
from arka_config.arka import app

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The variables of one run. All folders of ours are below ARKA_HOME, which does not exist yet."""
    return {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "ARKA_HOME": str(tmp_path / "arka")}


@pytest.fixture
def store(environ: dict[str, str]) -> ProfileStore:
    """An empty store."""
    return open_store(app, environ)
