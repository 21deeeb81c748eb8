"""Guard: what holds for every request before anything looks at it, and for every answer before it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders

from arka_config.precedence.origin import Origin
from arka_config.workspace.server import problems
from arka_config.workspace.server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 64 * 1024
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")

# No script and no style but the files that we serve, nothing from elsewhere, no frame around a page, no form that goes
# to another site.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """An ASGI application around another one.

    It lets in requests for a host that is ours, with a body of 64 KiB at most, which is JSON for the API. A name that
    an attacker has made to point to 127.0.0.1 (DNS rebinding) is not a host of ours.
    """

    def __init__(self, app: ASGIApp, *, url: str = "", hosts: Iterable[str] = ()) -> None:
        self._app = app
        self._hosts = {*LOOPBACK, *hosts, *([Origin.of(url).host] if url else [])}
        self._is_https = url.startswith("https:")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Layer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if self._is_https:
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            await send(message)

        headers = Headers(scope=scope)
        if scope["method"] == "HEAD":  # what a GET is answered with; the server leaves its body out (RFC 9110, 9.3.2)
            scope = {**scope, "method": "GET"}
        body = b""
        try:
            self._check_host(headers)
            body = await _whole_body(headers, receive)
            _check_is_json(scope, headers, body)
        except Problem as problem:
            await problem.response()(scope, receive, send_with_headers)
        else:
            await self._app(scope, _replayed(body, receive), send_with_headers)

    def _check_host(self, headers: Headers) -> None:
        host = headers.get("host", "").lower()
        name, colon, port = host.rpartition(":")
        if colon and not host.endswith("]"):
            host = name if port.isdecimal() else ""
        if host not in self._hosts or len(headers.getlist("host")) != 1:
            raise Problem(problems.UNKNOWN_HOST, "this workspace is not known by that name")


async def _whole_body(headers: Headers, receive: Receive) -> bytes:
    """The body, however it is sent. Raises Problem where it is too large, before more of it is read."""
    stated = headers.get("content-length", "0")
    if not stated.isdecimal() or int(stated[:20]) > LARGEST_BODY:
        raise problems.of_status(413)
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            raise problems.of_status(413)
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return bytes(body)


def _check_is_json(scope: Scope, headers: Headers, body: bytes) -> None:
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and scope["path"].startswith("/api/") and media_type != "application/json":
        raise problems.of_status(415)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """The body as one message, and after it what the server says."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay
