"""Serve a workspace: in this process, in several that share a socket, or in a thread for tests.

The socket listens before the workers start, so that early connections wait instead of being refused.
"""

from __future__ import annotations

import errno
import gc
import multiprocessing
import os
import signal
import socket
import tempfile
import threading
from contextlib import closing, contextmanager
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, NamedTuple

import uvicorn

from arka_config.errors import ConfigError
from arka_config.precedence.origin import is_loopback
from arka_config.text import shorten
from arka_config.workspace.server import cleanup, logs, tokens
from arka_config.workspace.server.application import create_application
from arka_config.workspace.server.cleanup import Retention
from arka_config.workspace.server.database import Database
from arka_config.workspace.server.metrics import create_metrics
from arka_config.workspace.server.protocol import LimitedProtocol
from arka_config.workspace.server.signing_keys import SigningKeys
from arka_config.workspace.server.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from multiprocessing.process import BaseProcess

    from sqlalchemy import URL
    from starlette.types import ASGIApp

    from arka_config.app_identity import AppIdentity
    from arka_config.workspace.server.issuing import Bounds
    from arka_config.workspace.server.proxies import Network
    from arka_config.workspace.server.single_sign_on.settings import Settings as SignOnSettings
    from arka_config.workspace.server.tokens import Issued
    from arka_config.workspace.server.workspace import Invitation

_START_TIMEOUT = 30  # seconds
_GRACE_PERIOD = 5  # seconds that a running request may take after the stop signal
_ANY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104  # a valid choice of the user
_HOST_HINT = "--host 127.0.0.1 is this machine only, --host 0.0.0.0 any of its addresses"


class Operation(NamedTuple):
    """What a worker does besides serving, as the operator wants it."""

    log_format: logs.Format = "text"
    access_log: bool = False
    retention: Retention = Retention()


class Service(NamedTuple):
    """What a worker serves. `url` is empty without a proxy in front. `trusted_proxies` report clients' addresses."""

    app: AppIdentity
    database_url: str | URL
    url: str
    host: str
    trusted_proxies: tuple[Network, ...] = ()
    allow_upgrade: bool = False
    leak_keys: str = ""  # a file or URL with the keys of secret-scanning partners
    operation: Operation = Operation()
    single_sign_on: SignOnSettings | None = None

    def open_workspace(self) -> Workspace:
        """Open the workspace of one worker. The tables are already up to date."""
        tokens.generate_token(self.app)
        keys = SigningKeys(self.leak_keys) if self.leak_keys else None
        database = Database.open(self.database_url)
        workspace = Workspace(self.app, database, self.url, allow_upgrade=self.allow_upgrade, leak_keys=keys)
        if self.single_sign_on is not None:
            from arka_config.workspace.server.single_sign_on.provider import Provider  # slow, and only needed with it

            workspace.single_sign_on = Provider(self.single_sign_on)
        return workspace

    def create_application(self, workspace: Workspace) -> ASGIApp:
        """Create the ASGI application of one worker."""
        hosts = [] if self.host in _ANY_ADDRESS else [_url_host(self.host)]
        return create_application(
            workspace,
            hosts,
            self.trusted_proxies,
            access_log=self.operation.access_log,
            metrics=create_metrics(),
        )

    def configure_logs(self) -> None:
        """Configure the log of this process."""
        logs.configure(self.operation.log_format, access_log=self.operation.access_log)


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket. Raises ConfigError if the port is taken or the address is not this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    hint = "--port 0 uses a free one"
    try:
        host.encode("idna")  # create_server does this too, but leaves a socket open on failure
        listener = socket.create_server((host, port), family=family, backlog=512)
        # Accepted connections inherit it. asyncio sets it only on sockets that were created with a protocol number, and
        # without it a response waits for the client's delayed acknowledgement of the one before: 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except UnicodeError:
        hint, reason = _HOST_HINT, "that is not an address"
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            hint = _HOST_HINT
        reason = (error.strerror or str(error)).partition("(while")[0].strip().lower()
    raise ConfigError(f"cannot listen on {shorten(_url_host(host))}:{port}: {reason}", hint=hint)


def local_url(listener: socket.socket) -> str:
    """The URL of a socket, from this machine."""
    host, port = listener.getsockname()[:2]
    return f"http://{'127.0.0.1' if host in _ANY_ADDRESS else _url_host(host)}:{port}"


def is_exposed(host: str) -> bool:
    """Whether other machines can connect to this address."""
    return not is_loopback(_url_host(host))


def serve(service: Service, listener: socket.socket, workers: int, started: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM. `started` is called once the signal handlers are installed.

    The caller has configured this process's log.
    """
    if workers > 1:
        _supervise(service, listener, workers, started)
    else:
        _serve_in_process(service, listener, started)


def _serve_in_process(service: Service, listener: socket.socket, started: Callable[[], None] | None = None) -> None:
    workspace = service.open_workspace()
    server = create_server(service.create_application(workspace))
    # Rejected requests leave cycles (exceptions and their tracebacks). Without this, each full collection goes through
    # all modules as well, and all requests wait 30 ms for it.
    gc.collect()
    gc.freeze()

    def stop() -> None:
        server.should_exit = True

    with (
        _handle_stop_signals(stop),
        closing(workspace),
        cleanup.run_regularly(workspace.database, service.operation.retention),
    ):
        if started is not None:
            started()
        server.run([listener])


def create_server(application: ASGIApp) -> uvicorn.Server:
    """Create a server with our settings, for sockets that `listen` opened."""
    config = uvicorn.Config(
        application,
        log_config=None,  # configured by `logs.configure`
        access_log=False,
        lifespan="off",
        http=LimitedProtocol,
        ws="none",
        server_header=False,
        proxy_headers=False,  # the middleware accepts only addresses, and only from configured proxies
        timeout_graceful_shutdown=_GRACE_PERIOD,
    )
    return uvicorn.Server(config)


def _supervise(service: Service, listener: socket.socket, workers: int, started: Callable[[], None]) -> None:
    """Run the workers, and replace those that die."""
    stopping = threading.Event()
    context = multiprocessing.get_context("spawn")  # a fork would share the libraries' open connections

    def start() -> BaseProcess:
        worker = context.Process(target=_run_worker, args=(service, listener), daemon=True)
        worker.start()
        return worker

    with _handle_stop_signals(stopping.set):
        running = [start() for _ in range(workers)]
        started()
        while not stopping.is_set():
            wait([worker.sentinel for worker in running], timeout=0.5)
            dead = [worker for worker in running if not worker.is_alive()]
            for worker in dead:
                logs.SERVER.warning("a worker ended with code %s and is replaced", worker.exitcode)
            if dead and not stopping.wait(1):  # the delay limits restarts of a worker that cannot start
                running = [start() if worker in dead else worker for worker in running]
        for worker in running:
            worker.terminate()
        for worker in running:
            worker.join(_GRACE_PERIOD + 5)


def _run_worker(service: Service, listener: socket.socket) -> None:
    service.configure_logs()
    threading.Thread(target=_stop_with_parent, daemon=True).start()
    _serve_in_process(service, listener)


def _stop_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def _handle_stop_signals(stop: Callable[[], object]) -> Iterator[None]:
    """Call `stop` on SIGINT and SIGTERM, instead of interrupting this process.

    While it serves, uvicorn installs its own handlers; at its end it sends itself the signal again, for these.
    """
    signals = (signal.SIGINT, signal.SIGTERM)
    previous = {number: signal.signal(number, lambda *_: stop()) for number in signals}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _url_host(host: str) -> str:
    """The host in URL syntax."""
    return f"[{host}]" if ":" in host else host.lower()


class RunningWorkspace(NamedTuple):
    """A workspace that is served at `url` by a thread of this process.

    `database_url` is the URL of its database. `workspace` is the Workspace object, for example to change its limits.
    """

    workspace: Workspace
    url: str
    database_url: str

    def add_user(self, email: str, plan: str | None = None) -> Invitation:
        """Get or create a user, and create a link that signs them in once."""
        return self.workspace.add_user(email, plan)

    def issue(
        self,
        email: str,
        label: str,
        scopes: Iterable[str] = (),
        expires: datetime | None = None,
        bounds: Bounds | None = None,
    ) -> Issued:
        """Create a token for a user: `.secret` is the token, `.token` its row in the database."""
        return self.workspace.issue(email, label, scopes, expires, bounds)


@contextmanager
def serve_in_thread(
    app: AppIdentity,
    database_url: str | None = None,
    *,
    port: int = 0,
    public_url: str = "",
    trusted_proxies: tuple[Network, ...] = (),
) -> Iterator[RunningWorkspace]:
    """Serve an app's workspace in a thread until the block ends, for tests, examples and screenshots.

    By default it uses a temporary SQLite file and a free port. `public_url` is the URL of a proxy in front of it;
    `.url` is always the URL of this process.
    """
    with (
        tempfile.TemporaryDirectory(prefix="workspace-", ignore_cleanup_errors=True) as folder,
        listen("127.0.0.1", port) as listener,
    ):
        database = database_url or f"sqlite:///{os.path.join(folder, 'workspace.db')}"
        url = local_url(listener)
        with (
            closing(Workspace.open(app, database, public_url or url, migrate=True)) as workspace,
            _run_server(create_application(workspace, trusted_proxies=trusted_proxies), listener),
        ):
            yield RunningWorkspace(workspace, url, database)


@contextmanager
def _run_server(application: ASGIApp, listener: socket.socket) -> Iterator[None]:
    server = create_server(application)
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
