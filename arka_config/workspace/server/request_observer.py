"""RequestObserver: gives every request an id, and logs and counts the responses.

A request is logged and counted by its route, `/api/v1/tokens/{id}`, and never by its path or query string, which may
contain a code, or a token that was pasted at the wrong place.
"""

from __future__ import annotations

import re
import secrets
import time
from typing import TYPE_CHECKING

from arka_config.workspace.server import health, logs
from arka_config.workspace.server.api import shortcut
from arka_config.workspace.server.proxies import find_client

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from arka_config.workspace.server.metrics import Metrics
    from arka_config.workspace.server.proxies import Network

HEADER = b"x-request-id"
UNKNOWN_ROUTE = "unknown"
_METHODS = frozenset(("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"))
_OTHER_METHOD = "other"
_REQUEST_ID = re.compile(rb"[0-9A-Fa-f-]{16,64}")  # what proxies generate; it fits no token
_ROUTE = "arka_config.route"  # the key of the scope below which RouteRecorder stores the route


class RequestObserver:
    """The outermost ASGI middleware. `trusted` are the proxies that report the client's address."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        access_log: bool = False,
        metrics: Metrics | None = None,
        trusted: Sequence[Network] = (),
    ) -> None:
        self._app = app
        self._access_log = access_log
        self._metrics = metrics
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = choose_request_id(scope["headers"])
        logs.REQUEST_ID.set(request_id.decode())  # the server runs each request in a context of its own
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (HEADER, request_id)]
            await send(message)

        if not self._access_log and self._metrics is None:
            await self._app(scope, receive, send_with_id)
            return
        route: list[str] = []
        began = time.perf_counter()
        try:
            await self._app({**scope, _ROUTE: route}, receive, send_with_id)
        finally:
            self._observe(scope, route[0] if route else _plain_route(scope), status, time.perf_counter() - began)

    def _observe(self, scope: Scope, route: str, status: int, seconds: float) -> None:
        """Log and count a response. Its status is 0 if the connection ended before there was one."""
        method = scope["method"] if scope["method"] in _METHODS else _OTHER_METHOD
        if self._metrics is not None:
            self._metrics.count_request(method, route, status, seconds)
        if not self._access_log or (route in health.PATHS and status == 200):  # several a second, and all alike
            return
        peer = (scope.get("client") or ("", 0))[0]
        forwarded = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        fields = {
            "method": method,
            "route": route,
            "status": status,
            "milliseconds": round(seconds * 1000, 1),
            "client": find_client(peer, forwarded, self._trusted),
        }
        logs.ACCESS.info(
            "%s %s %d in %.1f ms for %s",
            *(method, route, status, fields["milliseconds"], fields["client"] or "-"),
            extra={"fields": fields},
        )


class RouteRecorder:
    """ASGI middleware around the application that reports the route of a request to the observer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        try:
            await self._app(scope, receive, send)
        finally:
            if _ROUTE in scope:
                scope[_ROUTE].append(_find_route(scope))


def _find_route(scope: Scope) -> str:
    """The path of the request, with names instead of its parameters. The router has stored them in the scope."""
    if "endpoint" not in scope:
        return _plain_route(scope)
    if scope.get("root_path"):  # files
        return f"{scope['root_path']}/{{file}}"
    names = {str(value): f"{{{name}}}" for name, value in scope.get("path_params", {}).items()}
    return "/".join(names.get(part, part) for part in scope["path"].split("/"))


def _plain_route(scope: Scope) -> str:
    """The route of a request that is answered outside of the router."""
    return scope["path"] if scope["path"] in (shortcut.PATH, *health.PATHS) else UNKNOWN_ROUTE


def choose_request_id(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The id that a proxy or client gave the request, if it has one valid id; else a new one."""
    given = [value for name, value in headers if name == HEADER]
    if len(given) == 1 and _REQUEST_ID.fullmatch(given[0]):
        return given[0]
    return secrets.token_hex(16).encode()
