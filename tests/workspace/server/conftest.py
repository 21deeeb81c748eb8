"""Fixtures for a workspace. Tests that use them run on SQLite and on PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from arka_config.arka import app
from arka_config.workspace.server.serving import RunningWorkspace, serve_in_thread
from arka_config.workspace.server.workspace import Workspace
from tests.workspace.server import postgresql
from tests.workspace.server.clients import ANN, MANAGE, Api

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.workspace.server.postgresql import PostgreSQL

_POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.peer("postgresql"))


@pytest.fixture(scope="session")
def server() -> Iterator[PostgreSQL]:
    """A PostgreSQL server for all tests."""
    with postgresql.run_server() as postgres:
        yield postgres


@pytest.fixture(scope="session")
def shared(server: PostgreSQL) -> str:
    """A PostgreSQL database with all tables. Creating one takes a second, emptying it almost no time."""
    url = server.create_database()
    Workspace.open(app, url, migrate=True).close()
    return url


@pytest.fixture(params=["sqlite", _POSTGRESQL])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database: a missing SQLite file, or a PostgreSQL database with empty tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'data' / 'workspace.db'}"
    url: str = request.getfixturevalue("shared")
    postgresql.empty_tables(url)
    return url


@pytest.fixture(params=["sqlite", _POSTGRESQL])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'data' / 'workspace.db'}"
        return
    postgres: PostgreSQL = request.getfixturevalue("server")
    url = postgres.create_database()
    yield url
    postgres.drop_database(url)


@pytest.fixture
def workspace(database_url: str) -> Iterator[RunningWorkspace]:
    """A running workspace with one user on the Pro plan."""
    with serve_in_thread(app, database_url) as running:
        running.add_user(ANN, "pro")
        yield running


@pytest.fixture
def api(workspace: RunningWorkspace) -> Iterator[Api]:
    """An API client with a token that may manage tokens."""
    with Api(workspace, workspace.issue(ANN, "Manager", [MANAGE]).secret.reveal()) as client:
        yield client
