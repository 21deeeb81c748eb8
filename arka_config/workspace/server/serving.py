"""Serves a workspace until it is told to end: in this process, or in several that share one socket.

The socket listens before a worker has started, so that who connects early waits and is not turned away.
"""

from __future__ import annotations

import errno
import multiprocessing
import os
import shutil
import signal
import socket
import tempfile
import threading
from contextlib import contextmanager
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, NamedTuple

import uvicorn

from arka_config.errors import ConfigError
from arka_config.precedence.origin import is_loopback
from arka_config.text import shortened
from arka_config.workspace.server import tokens
from arka_config.workspace.server.application import application
from arka_config.workspace.server.database import Database
from arka_config.workspace.server.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from multiprocessing.process import BaseProcess

    from sqlalchemy import URL

    from arka_config.app_identity import AppIdentity
    from arka_config.workspace.server.middleware import Guard
    from arka_config.workspace.server.tokens import Issued
    from arka_config.workspace.server.workspace import Invitation

_HOSTS = "--host 127.0.0.1 is this machine alone, --host 0.0.0.0 any address that it has"
_START_TIMEOUT = 30  # seconds
_GRACE = 5  # seconds that a request may still take when the end has come
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  # what a person may ask for


class Service(NamedTuple):
    """What is served, and how: all that a worker needs to be told. `url` is empty where no proxy stands before it."""

    app: AppIdentity
    database_url: str | URL
    url: str
    host: str

    def application(self) -> Guard:
        """The ASGI application of one worker. Its tables were brought up to date before."""
        tokens.new_token(self.app)
        database = Database.open(self.database_url)
        return application(
            Workspace(self.app, database, self.url), [] if self.host in _EVERYWHERE else [_written(self.host)]
        )


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises ConfigError where the port is taken, or the address is not this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    hint = "--port 0 takes a free one"
    try:
        host.encode("idna")  # as the socket module does it too, which leaves a socket open where it fails
        return socket.create_server((host, port), family=family, backlog=512)
    except UnicodeError:
        hint, reason = _HOSTS, "that is no address"
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            hint = _HOSTS
        reason = (error.strerror or str(error)).partition("(while")[0].strip().lower()
    raise ConfigError(f"cannot listen on {shortened(_written(host))}:{port}: {reason}", hint=hint)


def address(listener: socket.socket) -> str:
    """The URL of a socket, from this machine."""
    host, port = listener.getsockname()[:2]
    return f"http://{'127.0.0.1' if host in _EVERYWHERE else _written(host)}:{port}"


def is_exposed(host: str) -> bool:
    """Whether other machines can reach what listens there."""
    return not is_loopback(_written(host))


def serve(service: Service, listener: socket.socket, workers: int, started: Callable[[], None]) -> None:
    """Serves until SIGINT or SIGTERM. `started` is called when either would already be heeded."""
    if workers > 1:
        _supervise(service, listener, workers, started)
    else:
        _serve_here(service, listener, started)


def _serve_here(service: Service, listener: socket.socket, started: Callable[[], None] | None = None) -> None:
    config = uvicorn.Config(
        service.application(),
        log_config=None,  # what is worse than a note goes to stderr, as Python does where nobody said otherwise
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        proxy_headers=bool(service.url),  # else nobody stands before us whose word for an address could be taken
        timeout_graceful_shutdown=_GRACE,
    )
    server = uvicorn.Server(config)

    def stop() -> None:
        server.should_exit = True

    with _told_to_end(stop):
        if started is not None:
            started()
        server.run([listener])


def _supervise(service: Service, listener: socket.socket, workers: int, started: Callable[[], None]) -> None:
    """Keeps so many workers running: one that dies is replaced."""
    ending = threading.Event()
    context = multiprocessing.get_context("spawn")  # a fork would share what the libraries have opened

    def start() -> BaseProcess:
        worker = context.Process(target=_work, args=(service, listener), daemon=True)
        worker.start()
        return worker

    with _told_to_end(ending.set):
        running = [start() for _ in range(workers)]
        started()
        while not ending.is_set():
            wait([worker.sentinel for worker in running], timeout=0.5)
            dead = [worker for worker in running if not worker.is_alive()]
            if dead and not ending.wait(1):  # not at once: one that cannot start would be started without end
                running = [start() if worker in dead else worker for worker in running]
        for worker in running:
            worker.terminate()
        for worker in running:
            worker.join(_GRACE + 5)


def _work(service: Service, listener: socket.socket) -> None:
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    _serve_here(service, listener)


def _end_with_the_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def _told_to_end(stop: Callable[[], object]) -> Iterator[None]:
    """Has SIGINT and SIGTERM end what runs, and not this process in the middle of it.

    uvicorn has handlers of its own while it serves, and afterwards sends itself the signal that ended it, to these.
    """
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: stop()) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _written(host: str) -> str:
    """The host as a URL has it."""
    return f"[{host}]" if ":" in host else host.lower()


class RunningWorkspace:
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
def serve_in_thread(
    app: AppIdentity, database_url: str | None = None, *, port: int = 0, known_as: str = ""
) -> Iterator[RunningWorkspace]:
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
                with _serve(workspace, listener):
                    yield RunningWorkspace(workspace, address, url)
            finally:
                workspace.close()
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _serve(workspace: Workspace, listener: socket.socket) -> Iterator[None]:
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
        thread.join(_START_TIMEOUT)


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    for _ in range(_START_TIMEOUT * 100):
        if server.started:
            return
        thread.join(0.01)
        if not thread.is_alive():
            break
    raise RuntimeError("the workspace did not start")
