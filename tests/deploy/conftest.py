"""A PostgreSQL server for all tests of this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.workspace.server import postgresql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.workspace.server.postgresql import PostgreSQL


@pytest.fixture(scope="session")
def server() -> Iterator[PostgreSQL]:
    """A PostgreSQL server."""
    with postgresql.run_server() as postgres:
        yield postgres
