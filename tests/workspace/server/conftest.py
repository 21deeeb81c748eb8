"""Fixtures for a workspace. Their tests run on SQLite and PostgreSQL; a bounded run leaves some out on PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from arka_config.arka import app
from arka_config.workspace.server.serving import RunningWorkspace, serve_in_thread
from arka_config.workspace.server.workspace import Workspace
from tests.guarantees import numbers
from tests.workspace.server import postgresql
from tests.workspace.server.clients import ANN, MANAGE, Api

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.workspace.server.postgresql import PostgreSQL

_POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.peer("postgresql"))
_EVERY = 4  # in a bounded run, one of so many tests runs on PostgreSQL too


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a bounded run, leave out all slow tests, and most of those on PostgreSQL."""
    numbers.leave_out(config, items, _is_on_postgresql, every=_EVERY)
    numbers.leave_out(config, items, lambda item: _is_on_postgresql(item) and "slow" in item.keywords, every=0)


def _is_on_postgresql(item: pytest.Item) -> bool:
    """Tell whether the test runs on PostgreSQL, and on SQLite too."""
    parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    return "postgresql" in (parameters.get("database_url"), parameters.get("bare_url"))


@pytest.fixture(scope="session")
def server() -> Iterator[PostgreSQL]:
    """A PostgreSQL server for all tests."""
    with postgresql.run_server() as postgres:
        yield postgres


@pytest.fixture(scope="session")
def shared(server: PostgreSQL) -> str:
    """A PostgreSQL database with all tables. To create one takes a second, to empty it almost no time."""
    url = server.create_database()
    Workspace.open(app, url, migrate=True).close()
    return url


@pytest.fixture(params=["sqlite", _POSTGRESQL])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database with empty tables."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
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
