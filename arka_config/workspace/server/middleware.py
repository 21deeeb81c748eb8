"""SecurityMiddleware: checks every request before it is handled, and adds the security headers to every response."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from arka_config.precedence.origin import Origin
from arka_config.workspace.server import problems
from arka_config.workspace.server.problems import Problem
from arka_config.workspace.server.proxies import find_client

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from arka_config.workspace.server.proxies import Network

MAX_BODY_SIZE = 64 * 1024
LARGE_BODIES = {"/api/v1/leaks": 1024 * 1024}  # a partner reports many tokens at once
_MAX_PORT_LENGTH = 5
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def content_policy(form_action: str = "'self'") -> str:
    """The Content-Security-Policy: only scripts and styles in this server's files, no framing, no forms elsewhere."""
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action {form_action}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )


_HEADERS = {
    "Content-Security-Policy": content_policy(),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class SecurityMiddleware:
    """ASGI middleware that accepts requests for a known host, with a body of limited size, in JSON for the API.

    The host check prevents DNS rebinding: a name of an attacker that resolves to 127.0.0.1 is not a known host.

    The client's address is the peer's, or the one reported by a proxy of the `trusted` networks.
    """

    def __init__(
        self, app: ASGIApp, *, url: str = "", hosts: Iterable[str] = (), trusted: Sequence[Network] = ()
    ) -> None:
        self._app = app
        self._trusted = trusted
        self._hosts = {*LOOPBACK, *hosts, *([Origin.of(url).host] if url else [])}
        added = _HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if url.startswith("https:") else {})
        self._headers = [(name.lower().encode(), value.encode()) for name, value in added.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(each for each in self._headers if each[0] not in present)]
            await send(message)

        headers = Headers(scope=scope)
        peer, port = scope.get("client") or ("", 0)
        scope = {**scope, "client": (find_client(peer, headers.getlist("x-forwarded-for"), self._trusted), port)}
        if scope["method"] == "HEAD":  # handled as GET; the server omits the body (RFC 9110, 9.3.2)
            scope["method"] = "GET"
        body = b""
        try:
            self._check_host(headers)
            if "content-length" in headers or "transfer-encoding" in headers:  # else there is none (RFC 9112, 6.3)
                body = await _read_body(headers, receive, LARGE_BODIES.get(scope["path"], MAX_BODY_SIZE))
            _check_content_type(scope, headers, body)
        except Problem as problem:
            await problem.response()(scope, receive, send_with_headers)
        else:
            await self._app(scope, _replay(body, receive), send_with_headers)

    def _check_host(self, headers: Headers) -> None:
        host = headers.get("host", "").lower()
        name, colon, port = host.rpartition(":")
        if colon and not host.endswith("]"):
            host = name if port.isdecimal() and len(port) <= _MAX_PORT_LENGTH else ""
        if host not in self._hosts or len(headers.getlist("host")) != 1:
            raise Problem(problems.UNKNOWN_HOST, "this workspace is not known by that name")


async def _read_body(headers: Headers, receive: Receive, most: int) -> bytes:
    """Read the whole body. Raises Problem once it is too large."""
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length[:20]) > most:
        raise problems.from_status(413)
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > most:
            raise problems.from_status(413)
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return bytes(body)


def _check_content_type(scope: Scope, headers: Headers, body: bytes) -> None:
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and scope["path"].startswith("/api/") and media_type != "application/json":
        raise problems.from_status(415)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a receive function that yields the body as one message, then the server's own messages."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay
