"""Fixtures for the tests of the legacy file: its path and the versions of `conf`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.exchange.node import VERSIONS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The path of the legacy file, which does not exist yet, in a folder with the mode that `conf` uses."""
    folder = tmp_path / ".config" / "arka-code-nodejs"
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    folder.parent.chmod(0o755)
    return folder / "config.json"


@pytest.fixture(scope="module", params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    """`conf-15` and `conf-16`."""
    name: str = request.param
    return name
