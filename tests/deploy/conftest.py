"""The PostgreSQL server of the workspace's tests."""

from tests.workspace.server.conftest import server

__all__ = ["server"]
