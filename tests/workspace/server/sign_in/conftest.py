"""Fixtures for signing in to a workspace. Tests run on SQLite; if they are about transactions, on PostgreSQL too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.workspace.server import postgresql
from tests.workspace.server.clients import ANN, Browser
from tests.workspace.server.sign_in.program import Program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from arka_config.workspace.server.serving import RunningWorkspace


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database: SQLite, unless the test is marked with `on_both_databases`."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return f"sqlite:///{tmp_path / 'data' / 'workspace.db'}"
    url: str = request.getfixturevalue("shared")
    postgresql.empty_tables(url)
    return url


@pytest.fixture
def ann(workspace: RunningWorkspace) -> Iterator[Browser]:
    """A browser that is signed in, as a user on the Pro plan."""
    with Browser(workspace).sign_in(ANN) as browser:
        yield browser


@pytest.fixture
def program(workspace: RunningWorkspace) -> Iterator[Program]:
    """A program that wants a token."""
    with Program(workspace) as started:
        yield started
