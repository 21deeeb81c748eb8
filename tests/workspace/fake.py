"""A fake workspace on loopback. It implements the API, and fails as a test's script says.

If `script` has steps, they answer the next requests instead of the API. `requests` are the requests received.
"""

from __future__ import annotations

import json
import secrets
import socket
import ssl
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl

from tests.http_server import serve_in_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MANAGE = "tokens:manage"


class ReceivedRequest(NamedTuple):
    """A request as it was received."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")


class FakeWorkspace:
    """The tokens of the fake workspace, and its answers to requests."""

    def __init__(self) -> None:
        self.tokens: dict[str, dict[str, Any]] = {}
        self.requests: list[ReceivedRequest] = []
        self.script: list[Callable[[Handler], None] | None] = []
        self.is_rejected: set[str] = set()  # tokens that are listed but do not work, such as expired ones
        self.activity: list[dict[str, Any]] = []
        self.checksum = ""  # what `GET metadata` says; if it is empty, the workspace is too old
        self.can_rotate = True
        self.loses_revocations = False  # if set, a token is revoked, and the connection is reset before the response
        self.can_revoke_several = True
        self.knows_requests = True
        self.url = ""
        self.scripts_metadata = False  # if set, requests for the metadata of sign-in take a step too
        self._lock = threading.Lock()

    def add(
        self,
        token: str,
        label: str = "MacBook Pro",
        *,
        email: str = "ann@example.com",
        plan: str = "pro",
        scopes: tuple[str, ...] = (),
        expires: str | None = None,
    ) -> dict[str, Any]:
        """Add a valid token and return its details."""
        details = {
            "id": f"tok_{secrets.token_urlsafe(16)}",
            "label": label,
            "last_four": token[-4:],
            "scopes": list(scopes),
            "created": "2026-11-24T12:00:00Z",
            "expires": expires,
            "last_used": None,
            "last_used_address": None,
            "last_used_client": None,
        }
        self.tokens[token] = {"details": details, "email": email, "plan": plan, "successor": None, "key": None}
        return details

    def accepts(self, token: str) -> bool:
        """Tell whether the workspace accepts the token now."""
        return token in self.tokens

    def answer(self, handler: Handler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        request = ReceivedRequest(handler.command, handler.path, dict(handler.headers), handler.rfile.read(length))
        if request.path.startswith("/.well-known/") and not self.scripts_metadata:
            return handler.problem(404, "not-found")
        with self._lock:
            self.requests.append(request)
            step = self.script.pop(0) if self.script else None
        if step is not None:
            step(handler)
        elif self.loses_revocations and request.method == "DELETE":
            self._revoke_and_reset(handler, request)
        else:
            with self._lock:
                self._api(handler, request)

    def _api(self, handler: Handler, request: ReceivedRequest) -> None:
        row = self.tokens.get(request.token)
        if row is None or request.token in self.is_rejected:
            return handler.problem(401, "invalid-token", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
        if row["plan"] != "pro":
            return handler.problem(403, "pro-required", billing_url=f"{self.url}/billing")
        row["details"]["last_used"] = "2026-11-24T13:00:00Z"
        path, _, query = request.path.removeprefix("/api/v1/").partition("?")
        if request.method == "GET" and (document := self._find_document(path, row)):
            return handler.json(200, document)
        if request.method == "DELETE" and path.startswith("tokens/"):
            return self._delete(handler, request, row, path.removeprefix("tokens/"))
        if (request.method, path) == ("POST", "tokens/current/rotate") and self.can_rotate:
            return self._rotate(handler, request, row)
        if (request.method, path) == ("POST", "revocations") and self.can_revoke_several:
            return self._revoke_several(handler, request, row)
        if path not in ("tokens", "activity"):
            return handler.problem(404, "not-found")
        if MANAGE not in row["details"]["scopes"]:
            challenge = 'Bearer realm="workspace", error="insufficient_scope", scope="tokens:manage"'
            return handler.problem(403, "insufficient-scope", headers={"WWW-Authenticate": challenge})
        if request.method == "GET":
            return (self._list if path == "tokens" else self._list_activity)(handler, query)
        body = json.loads(request.body)
        self._issue(handler, request, body["label"], body["scopes"], body["expires"], row["email"])
        return None

    def _find_document(self, path: str, row: Mapping[str, Any]) -> object:
        if path == "metadata" and self.checksum:
            return {"token_format": {"prefix": "arka_", "checksum": self.checksum}}
        user = {"id": "usr_1", "email": row["email"], "plan": row["plan"]}
        return {"user": user, "token": row["details"]} if path == "me" else None

    def _revoke_and_reset(self, handler: Handler, request: ReceivedRequest) -> None:
        token_id = request.path.rpartition("/")[2]
        row = self.tokens.get(request.token)
        wanted = row["details"]["id"] if row is not None and token_id == "current" else token_id
        self.tokens = {token: each for token, each in self.tokens.items() if each["details"]["id"] != wanted}
        reset_connection(handler)

    def _list(self, handler: Handler, query: str) -> None:
        details = [row["details"] for row in reversed(self.tokens.values())]
        start = int(dict(parse_qsl(query)).get("cursor", 0))
        next_cursor = str(start + 2) if start + 2 < len(details) else None
        handler.json(200, {"tokens": details[start : start + 2], "next_cursor": next_cursor})

    def _revoke_several(self, handler: Handler, request: ReceivedRequest, row: Mapping[str, Any]) -> None:
        if MANAGE not in row["details"]["scopes"]:
            return handler.problem(403, "insufficient-scope")
        ids = set(json.loads(request.body)["ids"]) - {row["details"]["id"]}
        revoked = {token: each["details"] for token, each in self.tokens.items() if each["details"]["id"] in ids}
        for token in revoked:
            del self.tokens[token]
        return handler.json(200, {"revoked": list(revoked.values()), "more": False})

    def _list_activity(self, handler: Handler, query: str) -> None:
        asked = dict(parse_qsl(query))
        start, limit = int(asked.get("cursor", 0)), int(asked["limit"])
        entries = [each for each in self.activity if each["at"] >= asked.get("since", "")][start:]
        cursor = str(start + limit) if len(entries) > limit else None
        handler.json(200, {"entries": entries[:limit], "next_cursor": cursor})

    def _delete(self, handler: Handler, request: ReceivedRequest, row: Mapping[str, Any], token_id: str) -> None:
        if token_id.startswith("requests/") and self.knows_requests:
            key = token_id.removeprefix("requests/")
            token = next((token for token, each in self.tokens.items() if each["key"] == key), None)
            self.tokens.pop(token or "", None)
            return handler.json(200, {"revoked": token is not None})
        token_id = row["details"]["id"] if token_id == "current" else token_id
        token = next((token for token, each in self.tokens.items() if each["details"]["id"] == token_id), None)
        is_predecessor = token is not None and self.tokens[token]["successor"] == request.token
        if token is None or not (token == request.token or is_predecessor or MANAGE in row["details"]["scopes"]):
            return handler.problem(404, "not-found")
        del self.tokens[token]
        return handler.raw(204)

    def _rotate(self, handler: Handler, request: ReceivedRequest, row: dict[str, Any]) -> None:
        successor = self.tokens.get(row["successor"] or "")
        if successor is not None and successor["details"]["last_used"] is None:
            del self.tokens[row["successor"]]
        details = row["details"]
        expires = json.loads(request.body)["expires"] if request.body else details["expires"]
        row["successor"] = self._issue(handler, request, details["label"], details["scopes"], expires, row["email"])

    def _issue(
        self,
        handler: Handler,
        request: ReceivedRequest,
        label: str,
        scopes: list[str],
        expires: str | None,
        email: str,
    ) -> str:
        from arka_config import token_checksum

        body = secrets.token_hex(16)[:31]
        token = f"arka_{body}{token_checksum.compute(body)}"
        details = self.add(token, label, email=email, scopes=tuple(scopes), expires=expires)
        if self.knows_requests:
            self.tokens[token]["key"] = request.headers.get("Idempotency-Key")
        handler.json(201, {"token": token, "details": details})
        return token


class Handler(BaseHTTPRequestHandler):
    """The handler of one request, with methods to answer it."""

    protocol_version = "HTTP/1.1"
    fake: FakeWorkspace

    def do_GET(self) -> None:  # http.server's name
        self.close_connection = True
        self.fake.answer(self)

    do_POST = do_DELETE = do_GET  # noqa: N815  # http.server's names

    def log_message(self, format: str, *rest: Any) -> None:  # noqa: A002  # http.server's name
        """Log nothing."""

    def raw(self, status: int, body: bytes = b"", *, kind: str = "", length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def json(self, status: int, document: object, kind: str = "application/json", **headers: str) -> None:
        body = json.dumps(document).encode()
        self.raw(status, body, kind=kind, length=len(body), **headers)

    def problem(self, status: int, name: str, headers: Mapping[str, str] | None = None, **more: object) -> None:
        document = {"type": f"/problems/{name}", "title": name, "status": status, **more}
        self.json(status, document, "application/problem+json", **(headers or {}))


def reply(status: int, body: bytes = b"", **options: Any) -> Callable[[Handler], None]:
    """Return a step that sends a response."""
    return lambda handler: handler.raw(status, body, **options)


def reply_page(status: int) -> Callable[[Handler], None]:
    """Return a step that sends a web page."""
    return reply(status, b"<!doctype html><title>A page</title>", kind="text/html; charset=utf-8")


def reply_json(status: int, document: object, **headers: str) -> Callable[[Handler], None]:
    """Return a step that sends JSON."""
    return lambda handler: handler.json(status, document, **headers)


def reply_problem(status: int, name: str, **more: object) -> Callable[[Handler], None]:
    """Return a step that sends problem details."""
    return lambda handler: handler.problem(status, name, None, **more)


def reset_connection(handler: Handler) -> None:
    """Reset the connection. This is a step."""
    import struct

    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.rfile.close()
    handler.wfile = open("/dev/null", "wb")  # noqa: SIM115  # http.server flushes and closes it
    handler.rfile = open("/dev/null", "rb")  # noqa: SIM115


def stall(seconds: float) -> Callable[[Handler], None]:
    """Return a step that sends nothing and ends after some seconds."""
    return lambda handler: time.sleep(seconds)


def trickle(handler: Handler) -> None:
    """Send one byte at a time, so that no single read times out. This is a step."""
    try:
        for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 40:
            handler.connection.sendall(bytes([byte]))
            time.sleep(0.05)
    except OSError:
        pass


@contextmanager
def serve_fake(fake: FakeWorkspace | None = None, context: ssl.SSLContext | None = None) -> Iterator[FakeWorkspace]:
    """Serve a fake workspace on a free port of 127.0.0.1."""
    fake = fake or FakeWorkspace()

    class BoundHandler(Handler):
        pass

    BoundHandler.fake = fake
    server = ThreadingHTTPServer(("127.0.0.1", 0), BoundHandler)
    server.handle_error = lambda request, address: None  # type: ignore[method-assign,assignment]  # connections are reset on purpose
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with serve_in_thread(server) as address:
        fake.url = f"{'https' if context else 'http'}://{address}"
        yield fake
