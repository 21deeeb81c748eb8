"""The rules for requests and errors: RFC 6749, 7636 (PKCE), 8252 (loopback redirects), 8628 (devices), 9207 (`iss`)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from starlette.responses import JSONResponse, Response

from arka_config.text import is_printable
from arka_config.workspace.server import problems
from arka_config.workspace.server.problems import Problem
from arka_config.workspace.server.tables import MAX_LABEL_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

AUTHORIZE = "/oauth/authorize"
DEVICE_AUTHORIZATION = "/oauth/device_authorization"
TOKEN = "/oauth/token"
REVOKE = "/oauth/revoke"
DEVICE_PAGE = "/device"
METADATA = "/.well-known/oauth-authorization-server"

CODE_GRANT = "authorization_code"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"

MAX_TEXT = MAX_LABEL_LENGTH
_MAX_PARAMETER = 512
_REDIRECT = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]):([1-9][0-9]{0,4}))(?:/[A-Za-z0-9._~/-]{0,100})?")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # the base64url of a SHA-256
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_RETURN_PATH = re.compile(rf"(?:{AUTHORIZE}|{DEVICE_PAGE})(?:\?[!-~]{{0,4000}})?")
_STATE = re.compile(r"[\x20-\x7e]+")


class OAuthError(Exception):
    """A refused request, in the terms of RFC 6749, 5.2. The description never repeats what was sent."""

    def __init__(self, error: str, description: str, status: int = 400, *, uri: str = "") -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status
        self.uri = uri

    def members(self, issuer: str) -> dict[str, str]:
        """The members of an error response. `error_uri` is the page that explains a problem, if there is one."""
        shown = {"error": self.error, "error_description": self.description}
        return shown | ({"error_uri": issuer + self.uri} if self.uri else {})

    def response(self, issuer: str) -> Response:
        """The error as an HTTP response."""
        return JSONResponse(self.members(issuer), self.status)


class RedirectedError(Exception):
    """An error that the client receives through the user's browser (RFC 6749, 4.1.2.1)."""

    def __init__(self, error: OAuthError, redirect_uri: str, state: str) -> None:
        super().__init__(error.description)
        self.error = error
        self.redirect_uri = redirect_uri
        self.state = state


class Details(NamedTuple):
    """What a client says about itself, and its address. `label` is its suggestion for the token's name."""

    client_id: str
    machine: str
    profile: str
    label: str
    address: str


class AuthorizationRequest(NamedTuple):
    """A valid request for an authorization code."""

    details: Details
    redirect_uri: str
    state: str
    challenge: str


def pro_required() -> OAuthError:
    """The error for a user without a Pro subscription, which a client recognizes by its `error_uri`."""
    return OAuthError("access_denied", problems.PRO_REQUIRED.title, uri=problems.PRO_REQUIRED.path)


def collect(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the parameters that have a value. Raises OAuthError for a repeated or very long one (RFC 6749, 3.1)."""
    parameters: dict[str, str] = {}
    for name, value in pairs:
        if name in parameters:
            raise OAuthError("invalid_request", "a parameter is repeated")
        if len(value) > _MAX_PARAMETER:
            raise OAuthError("invalid_request", f"a parameter has more than {_MAX_PARAMETER} characters")
        parameters[name] = value
    return {name: value for name, value in parameters.items() if value}


def check_client(parameters: Mapping[str, str], client_id: str) -> str:
    """Return the client's id. Raises OAuthError unless it is the app's: there are no other clients."""
    if parameters.get("client_id") != client_id:
        raise OAuthError("invalid_client", f"client_id has to be {client_id}", 401)
    return client_id


def read_details(parameters: Mapping[str, str], client_id: str, address: str, scope: str = "") -> Details:
    """Read what the client says about itself.

    Raises OAuthError for text that may not be shown, or for another scope than the app's own.
    """
    if parameters.get("scope", "") not in ("", scope):
        raise OAuthError("invalid_scope", "tokens of a sign-in have no scopes")
    machine, profile, label = (_read_text(parameters, name) for name in ("machine", "profile", "label"))
    return Details(client_id, machine, profile, label, address)


def _read_text(parameters: Mapping[str, str], name: str) -> str:
    text = parameters.get(name, "").strip()
    if len(text) > MAX_TEXT or not is_printable(text):
        raise OAuthError("invalid_request", f"{name} has to be printable, with {MAX_TEXT} characters at most")
    return text


def redirect_origin(redirect_uri: str) -> str | None:
    """Return the origin of a loopback redirect, or None for any other URI.

    Any port is accepted, but the address has to be literal: `localhost` may resolve to another one (RFC 8252, 8.3).
    """
    match = _REDIRECT.fullmatch(redirect_uri)
    return match[1] if match and int(match[2]) <= 0xFFFF else None


def read_authorization_request(
    pairs: Iterable[tuple[str, str]], client_id: str, address: str, scope: str = ""
) -> AuthorizationRequest:
    """Validate an authorization request.

    Raises Problem if the client or its redirect is not known: the browser is not sent there. Raises RedirectedError for
    any other fault.
    """
    try:
        parameters = collect(pairs)
        check_client(parameters, client_id)
    except OAuthError as error:
        raise problems.invalid_request(("query", error.description)) from None
    redirect_uri = parameters.get("redirect_uri", "")
    if redirect_origin(redirect_uri) is None:
        raise Problem(problems.INVALID_REQUEST, "the request does not come from a program on this machine")
    state = parameters.get("state", "")
    try:
        if not _STATE.fullmatch(state):
            state = ""
            raise OAuthError("invalid_request", "state is missing, or not ASCII")
        if parameters.get("response_type") != "code":
            raise OAuthError("unsupported_response_type", "response_type has to be code")
        if parameters.get("code_challenge_method") != "S256":
            raise OAuthError("invalid_request", "code_challenge_method has to be S256")
        challenge = parameters.get("code_challenge", "")
        if not _CHALLENGE.fullmatch(challenge):
            raise OAuthError("invalid_request", "code_challenge is missing, or not a SHA-256 in base64url")
        details = read_details(parameters, client_id, address, scope)
    except OAuthError as error:
        raise RedirectedError(error, redirect_uri, state) from None
    return AuthorizationRequest(details, redirect_uri, state, challenge)


def return_path(text: str) -> str:
    """Return the path that the sign-in page leads back to; empty unless it is one of the approval pages."""
    return text if _RETURN_PATH.fullmatch(text) else ""


def is_verifier_of(verifier: str, challenge: str) -> bool:
    """Whether the challenge was made from this verifier (RFC 7636, 4.6)."""
    if not _VERIFIER.fullmatch(verifier):
        return False
    computed = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    return hmac.compare_digest(computed, challenge.encode())


def redirect_url(redirect_uri: str, state: str, issuer: str, values: Mapping[str, str]) -> str:
    """The URL that carries a response to the client, with its `state` and our `iss` (RFC 9207)."""
    return f"{redirect_uri}?{urlencode({**values, **({'state': state} if state else {}), 'iss': issuer})}"
