"""A workspace on each of the two databases: every test that asks for one is run on both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from arka_config.arka import app
from arka_config.workspace.server.serving import RunningWorkspace, serve_in_thread
from arka_config.workspace.server.workspace import Workspace
from tests.workspace.server import postgresql
from tests.workspace.server.calling import ANN, MANAGE, Api

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.workspace.server.postgresql import PostgreSQL

_POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.peer("postgresql"))


@pytest.fixture(scope="session")
def server() -> Iterator[PostgreSQL]:
    """A PostgreSQL that runs until the last test is done."""
    with postgresql.running() as served:
        yield served


@pytest.fixture(scope="session")
def shared(server: PostgreSQL) -> str:
    """A database of PostgreSQL with all tables: to make one takes a second, and to empty it none."""
    url = server.new_database()
    Workspace.open(app, url).close()
    return url


@pytest.fixture(params=["sqlite", _POSTGRESQL])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with nothing in it: a SQLite file that is not there yet, and PostgreSQL with its tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'data' / 'workspace.db'}"
    url: str = request.getfixturevalue("shared")
    postgresql.empty(url)
    return url


@pytest.fixture(params=["sqlite", _POSTGRESQL])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'data' / 'workspace.db'}"
        return
    served: PostgreSQL = request.getfixturevalue("server")
    url = served.new_database()
    yield url
    served.drop(url)


@pytest.fixture
def workspace(database_url: str) -> Iterator[RunningWorkspace]:
    """A workspace that serves, with one user, who pays."""
    with serve_in_thread(app, database_url) as served:
        served.add_user(ANN, "pro")
        yield served


@pytest.fixture
def api(workspace: RunningWorkspace) -> Iterator[Api]:
    """The workspace's API, called with a token that may manage tokens."""
    with Api(workspace, workspace.issue(ANN, "Manager", [MANAGE]).secret.reveal()) as called:
        yield called
