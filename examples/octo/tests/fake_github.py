"""A server on loopback that answers like GitHub's REST API, as far as this program uses it."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENTATION = "https://docs.github.com/rest"


class Account(NamedTuple):
    """A token's user, scopes and expiry."""

    login: str
    scopes: str = "repo, read:org"
    expires: str = "2099-01-31 10:00:00 UTC"


class FakeGitHub:
    """A host. `requests` are the method, path and token of each request that it received."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.accounts: dict[str, Account] = {}
        self.requests: list[tuple[str, str, str]] = []
        self.agents: set[str] = set()
        self.url = ""

    def issue(self, login: str, token: str) -> str:
        """Accept a token, and return it."""
        self.accounts[token] = Account(login)
        return token

    @contextmanager
    def serve(self) -> Iterator[FakeGitHub]:
        """Serve on a free port of 127.0.0.1. `url` is then the URL of the API."""
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # http.server's name
                host.answer(self)

            do_POST = do_DELETE = do_GET  # noqa: N815  # http.server's names

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_port}{self.prefix}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        token = handler.headers.get("Authorization", "").removeprefix("Bearer ")
        path = handler.path.partition("?")[0]
        self.requests.append((handler.command, path, token))
        self.agents.add(handler.headers.get("User-Agent", ""))
        account = self.accounts.get(token)
        if account is None:
            return refuse(handler, 401, "Bad credentials")
        headers = {"X-OAuth-Scopes": account.scopes, "GitHub-Authentication-Token-Expiration": account.expires}
        if path == f"{self.prefix}/user":
            return send(handler, 200, {"login": account.login, "id": 583231, "type": "User"}, headers)
        if path == f"{self.prefix}/user/repos":
            names = (f"{account.login}/hello-world", f"{account.login}/notes")
            rows = [{"full_name": name, "private": name.endswith("notes")} for name in names]
            return send(handler, 200, rows, headers)
        return refuse(handler, 404, "Not Found")


def refuse(handler: BaseHTTPRequestHandler, status: int, message: str) -> None:
    """Send an error as GitHub documents it."""
    send(handler, status, {"message": message, "documentation_url": DOCUMENTATION, "status": str(status)})


def send(handler: BaseHTTPRequestHandler, status: int, document: object, headers: dict[str, str] | None = None) -> None:
    body = json.dumps(document).encode()
    handler.send_response(status)
    for name, value in {
        "Content-Type": "application/json; charset=utf-8",
        "Content-Length": str(len(body)),
        **(headers or {}),
    }.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)
