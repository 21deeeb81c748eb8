"""What the tests of the legacy file share: the file, not there yet, and the versions of `conf`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.exchange.node import VERSIONS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The legacy file, not there yet, in a folder as `conf` makes it."""
    folder = tmp_path / ".config" / "arka-code-nodejs"
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    folder.parent.chmod(0o755)
    return folder / "config.json"


@pytest.fixture(scope="module", params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    """`conf-15` and `conf-16`, one after the other."""
    name: str = request.param
    return name
