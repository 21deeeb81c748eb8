"""A workspace in this process, on loopback: for tests, examples and pictures."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from arka_config.workspace.server.application import application
from arka_config.workspace.server.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from arka_config.app import App
    from arka_config.workspace.server.tokens import Issued
    from arka_config.workspace.server.workspace import Invitation

_PATIENCE = 30  # seconds


class Running:
    """A workspace that serves at `url`, with the ways in that a page or a command would be.

    `database_url` is that of its database; `workspace` is the thing itself, its limits among it.
    """

    def __init__(self, workspace: Workspace, url: str, database_url: str) -> None:
        self.workspace = workspace
        self.url = url
        self.database_url = database_url

    def add_user(self, email: str, plan: str | None = None) -> Invitation:
        """Makes the user where there is none, and gives a link that signs them in once."""
        return self.workspace.add_user(email, plan)

    def issue(self, email: str, label: str, scopes: Iterable[str] = (), expires: datetime | None = None) -> Issued:
        """Makes a token for a user: `.secret` is the token, `.token` what is kept of it."""
        return self.workspace.issue(email, label, scopes, expires)


@contextmanager
def running(app: App, database_url: str | None = None, *, port: int = 0, known_as: str = "") -> Iterator[Running]:
    """Serves an app's workspace in a thread until the block ends.

    Without a database's URL it has a SQLite file of its own, which is removed at the end; without a port, a free one.
    `known_as` is the URL that people know it by, where that is a proxy's; `.url` is this process's own all the same.
    """
    folder = tempfile.mkdtemp(prefix="workspace-") if database_url is None else None
    url = database_url or f"sqlite:///{os.path.join(str(folder), 'workspace.db')}"
    try:
        with socket.create_server(("127.0.0.1", port)) as listener:
            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            workspace = Workspace.open(app, url, known_as or address)
            try:
                with _served(workspace, listener):
                    yield Running(workspace, address, url)
            finally:
                workspace.close()
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _served(workspace: Workspace, listener: socket.socket) -> Iterator[None]:
    config = uvicorn.Config(
        application(workspace), log_config=None, access_log=False, lifespan="off", ws="none", proxy_headers=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="workspace", daemon=True)
    thread.start()
    try:
        _wait_until_started(server, thread)
        yield
    finally:
        server.should_exit = True
        thread.join(_PATIENCE)


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    for _ in range(_PATIENCE * 100):
        if server.started:
            return
        thread.join(0.01)
        if not thread.is_alive():
            break
    raise RuntimeError("the workspace did not start")
