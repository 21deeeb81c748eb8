"""A migrated SQLite database, which tests copy. To migrate one takes 30 ms, and hundreds of tests need one."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from arka_config.arka import app
from arka_config.workspace.server.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables."""
    path = tmp_path_factory.mktemp("migrated") / "workspace.db"
    Workspace.open(app, f"sqlite:///{path}").close()
    return path


@pytest.fixture
def sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    """The URL of a copy of the migrated file."""
    (tmp_path / "data").mkdir(mode=0o700)
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'data')}"
