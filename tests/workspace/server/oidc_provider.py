"""A provider of OpenID Connect on loopback, built from the server parts of oauthlib. Its only user is `account`.

If a provider should be wrong, or an attacker's: `claims` replaces claims of the ID token (None removes one), `metadata`
replaces entries of the discovery document, and `sign` signs the ID token.
"""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.http_server import serve_in_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_oauthlib: Any = import_module("oauthlib.openid")  # it has no type annotations
_endpoints: Any = import_module("oauthlib.openid.connect.core.endpoints.pre_configured")

CLIENT_ID, CLIENT_SECRET = "workspace", "client-secret-of-the-workspace"


@cache
def generate_key(owner: str = "provider") -> RSAKey:
    """Generate a key of the provider, or of someone else: once, and not when the tests are collected."""
    return RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})


def sign(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "first"}, claims, generate_key())


class Provider:
    """The provider's state. `requests` are the paths that were requested."""

    def __init__(self) -> None:
        self.url = ""
        self.account: dict[str, Any] = {"sub": "alice-1", "email": "alice@example.com", "email_verified": True}
        self.claims: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.sign: Callable[[dict[str, Any]], str] = sign
        self.keys = [generate_key()]
        self.parameters: dict[str, str] = {}  # added to the redirect back
        self.codes: dict[str, Any] = {}
        self.requests: list[str] = []
        self.server = _endpoints.Server(Validator(self))

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            **self.metadata,
        }


class Validator(_oauthlib.RequestValidator):  # type: ignore[misc]  # a class of oauthlib, which has no type annotations
    """What oauthlib asks: one client, any redirect that it registered, and the codes that were issued."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    def validate_client_id(self, client_id: str, request: Any) -> bool:
        return client_id == CLIENT_ID

    def validate_redirect_uri(self, client_id: str, redirect_uri: str, request: Any) -> bool:
        return redirect_uri.endswith("/sign-in/callback")

    def validate_response_type(self, client_id: str, response_type: str, *_: Any) -> bool:
        return response_type == "code"

    def validate_scopes(self, client_id: str, scopes: list[str], *_: Any) -> bool:
        return "openid" in scopes

    def validate_user_match(self, *_: Any) -> bool:
        return True

    def is_pkce_required(self, client_id: str, request: Any) -> bool:
        return True

    def save_authorization_code(self, client_id: str, code: dict[str, str], request: Any) -> None:
        names = ("redirect_uri", "scopes", "nonce", "code_challenge", "code_challenge_method")
        self.provider.codes[code["code"]] = {name: getattr(request, name) for name in names}

    def authenticate_client(self, request: Any) -> bool:
        import base64

        expected = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        request.client = type("Client", (), {"client_id": CLIENT_ID})
        return bool(request.headers.get("Authorization") == f"Basic {expected}")

    def client_authentication_required(self, request: Any) -> bool:
        return True

    def validate_grant_type(self, client_id: str, grant_type: str, *_: Any) -> bool:
        return grant_type == "authorization_code"

    def validate_code(self, client_id: str, code: str, client: Any, request: Any) -> bool:
        row = self.provider.codes.get(code)
        if row is None:
            return False
        request.scopes, request.user = row["scopes"], self.provider.account
        return True

    def confirm_redirect_uri(self, client_id: str, code: str, redirect_uri: str, *_: Any) -> bool:
        return bool(self.provider.codes[code]["redirect_uri"] == redirect_uri)

    def get_code_challenge(self, code: str, request: Any) -> Any:
        return self.provider.codes[code]["code_challenge"]

    def get_code_challenge_method(self, code: str, request: Any) -> Any:
        return self.provider.codes[code]["code_challenge_method"]

    def get_authorization_code_nonce(self, client_id: str, code: str, *_: Any) -> Any:
        return self.provider.codes[code]["nonce"]

    def get_authorization_code_scopes(self, client_id: str, code: str, *_: Any) -> Any:
        return self.provider.codes[code]["scopes"]

    def invalidate_authorization_code(self, client_id: str, code: str, request: Any) -> None:
        del self.provider.codes[code]

    def save_token(self, token: Any, request: Any, *_: Any, **__: Any) -> None:
        pass

    save_bearer_token = save_token

    def finalize_id_token(self, id_token: dict[str, Any], token: Any, token_handler: Any, request: Any) -> str:
        claims = id_token | {"iss": self.provider.url, "exp": int(time.time()) + 300} | self.provider.account
        claims |= self.provider.claims
        return self.provider.sign({name: value for name, value in claims.items() if value is not None})


class Handler(BaseHTTPRequestHandler):
    """The provider's endpoints."""

    provider: Provider

    def do_GET(self) -> None:  # http.server's name
        provider, path = self.provider, urlsplit(self.path).path
        provider.requests.append(path)
        if path == "/.well-known/openid-configuration":
            return self._send(200, {}, json.dumps(provider.discovery()))
        if path == "/jwks":
            return self._send(200, {}, json.dumps({"keys": [key.as_dict(private=False) for key in provider.keys]}))
        uri = f"{provider.url}{self.path}"
        scopes, request = provider.server.validate_authorization_request(uri)
        headers, body, status = provider.server.create_authorization_response(
            uri, scopes=scopes, credentials={"nonce": request["request"].nonce}
        )
        headers["Location"] += "".join(f"&{name}={value}" for name, value in provider.parameters.items())
        return self._send(status, headers, body or "")

    def do_POST(self) -> None:  # http.server's name
        self.provider.requests.append(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        answer = self.provider.server.create_token_response(
            f"{self.provider.url}{self.path}", "POST", body, dict(self.headers)
        )
        headers, content, status = answer
        self._send(status, headers, content)

    def _send(self, status: int, headers: dict[str, str], body: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *rest: Any) -> None:  # noqa: A002  # http.server's name
        """Log nothing."""


@contextmanager
def serve() -> Iterator[Provider]:
    """Serve a provider on a free port of 127.0.0.1."""
    provider = Provider()

    class BoundHandler(Handler):
        pass

    BoundHandler.provider = provider
    with serve_in_thread(ThreadingHTTPServer(("127.0.0.1", 0), BoundHandler)) as address:
        provider.url = f"http://{address}"
        yield provider
