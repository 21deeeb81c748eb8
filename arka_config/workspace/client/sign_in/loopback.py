"""The listener on this machine that the browser returns to with the authorization code (RFC 8252, section 7.3).

Any page and any program of this machine can send it requests. It answers one: a GET of its own path and host with the
state of this sign-in (RFC 6749, section 10.12). The others get an error, and it waits on.
"""

from __future__ import annotations

import html
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Self

PATH = "/callback"
MAX_CONNECTIONS = 16  # a browser opens a few, some of which it never uses
MAX_TARGET_LENGTH = 8192  # characters of a path and query
_READ_TIMEOUT = 10.0  # seconds
_MAX_PARAMETERS = 20
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"></head>
<body style="font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 4rem auto; padding: 0 1rem">
<h1>{heading}</h1><p>{text}</p></body></html>
"""


class Listener:
    """A listener on a free port of 127.0.0.1, from its creation until `close`. `title` is the app's."""

    def __init__(self, title: str) -> None:
        self.state = secrets.token_urlsafe(32)
        self._title = title
        self._parameters: dict[str, str] | None = None
        self._lock = threading.Lock()
        self._answered = threading.Event()
        self._server = _Server(self)
        self._host = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def redirect_uri(self) -> str:
        """The URL that the browser returns to."""
        return f"http://{self._host}{PATH}"

    def wait(self, seconds: float) -> Mapping[str, str] | None:
        """Wait for the browser's return, and return its parameters; None if it has not returned yet."""
        return self._parameters if self._answered.wait(seconds) else None

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, host: str, target: str) -> tuple[int, str]:
        """Take the parameters of a request if it is the browser's return. Return the status and the page."""
        path, _, query = target.partition("?")
        if host != self._host or path != PATH:  # another host: a page with a name that was rebound to this address
            return 404, self._page("Not found", f"{self._title} waits for another page.")
        parameters = _parse_query(query)
        if parameters is None or not secrets.compare_digest(parameters.get("state", "").encode(), self.state.encode()):
            return 400, self._page("Not this sign-in", f"This page does not belong to the sign-in of {self._title}.")
        with self._lock:
            if self._parameters is not None:
                return 410, self._page("Already answered", "You can close this tab.")
            self._parameters = parameters
        return 200, self._page("You can close this tab", f"{self._title} continues in the terminal.")

    def finish(self) -> None:
        """Let `wait` return, if the browser has returned. Called when the page was sent."""
        if self._parameters is not None:
            self._answered.set()

    def _page(self, heading: str, text: str) -> str:
        return _PAGE.format(title=html.escape(self._title), heading=heading, text=html.escape(text))


def _parse_query(query: str) -> dict[str, str] | None:
    """Parse a query; None if a parameter is repeated (RFC 6749, section 3.1), or if there are too many."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MAX_PARAMETERS, errors="strict")
    except ValueError:
        return None
    parameters = dict(pairs)
    return parameters if len(parameters) == len(pairs) else None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = False

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self._free = threading.BoundedSemaphore(MAX_CONNECTIONS)
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Handle a connection in a thread, unless there are too many."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Handle a connection, and make room for the next one."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: a connection that breaks is not this program's error."""


class _Handler(BaseHTTPRequestHandler):
    timeout = _READ_TIMEOUT
    server: _Server
    log_message: Callable[..., None] = lambda *_: None  # the target has a code in it

    def version_string(self) -> str:
        """Return a name that says nothing about this program."""
        return "loopback"

    def do_GET(self) -> None:  # http.server's name
        """Answer a request."""
        listener = self.server.listener
        hosts = self.headers.get_all("Host") or []
        if len(self.path) > MAX_TARGET_LENGTH or len(hosts) != 1:
            status, page = listener.answer("", "")
        else:
            status, page = listener.answer(hosts[0], self.path)
        try:
            self._send(status, page.encode())
        finally:
            if status == 200:
                listener.finish()

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        for name, value in (
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
            ("Connection", "close"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
