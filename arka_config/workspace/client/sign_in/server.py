"""The requests of a sign-in to one authorization server: a code or a device code for a token."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import secrets
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from arka_config import timestamps
from arka_config.errors import (
    InvalidValue,
    ProRequired,
    SignInFailed,
    TooManyRequests,
    WorkspaceFault,
    WorkspaceUnreachable,
)
from arka_config.precedence.origin import Origin
from arka_config.secret import Secret
from arka_config.store.tokens import NEVER
from arka_config.text import check_printable, visible
from arka_config.workspace.client import api_errors, transport
from arka_config.workspace.client.models import MAX_TEXT_LENGTH, read_object, read_text, read_timestamp
from arka_config.workspace.client.sign_in.metadata import ACTION, DEVICE_CODE, read_endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeVar

    from arka_config.app_identity import AppIdentity
    from arka_config.errors import ConfigError, WorkspaceError
    from arka_config.workspace.client.connection import Connection
    from arka_config.workspace.client.sign_in.metadata import Metadata
    from arka_config.workspace.client.transport import Form

    T = TypeVar("T")

PENDING, SLOW_DOWN = "authorization_pending", "slow_down"  # RFC 8628, section 3.5
_FORM = "application/x-www-form-urlencoded"
_MAX_USER_CODE = 40  # characters
_MAX_SECRET = 4096  # characters of a device code; a JSON Web Token may be one
_MAX_SECONDS = 1800  # of a device code
_INTERVALS = (1, 60)  # seconds
_ATTEMPTS = 3


class Requester(NamedTuple):
    """What the approval page shows of a request: the machine's name and the profile. `label` is a suggestion."""

    machine: str
    profile: str
    label: str = ""


class Granted(NamedTuple):
    """A new token, and what the server says about it; what it does not say is empty."""

    token: Secret
    id: str = ""
    label: str = ""
    user: str = ""
    expires: str = ""  # as a Credential has it

    @classmethod
    def parse(cls, document: object, app: AppIdentity) -> Granted:
        """Read a token response (RFC 6749, section 5.1). Raises InvalidValue, which never repeats the token."""
        table = read_object(document, "the response")
        value = table.get("access_token")
        if not isinstance(value, str) or not value or app.token_fault(value) or not value.isascii():
            raise InvalidValue("access_token does not have the format of this app's tokens")
        if read_text(table, "token_type").lower() != "bearer":
            raise InvalidValue("token_type is not Bearer")
        return cls(
            Secret(check_printable(value, "access_token")),
            read_text(table, "token_id", ""),
            read_text(table, "label", ""),
            read_text(table, "user", ""),
            _read_expiry(table),
        )


class CodeRequest:
    """A request for an authorization code, with the secret that proves the program that made it (PKCE, RFC 7636)."""

    def __init__(self, redirect_uri: str, state: str) -> None:
        self.redirect_uri = redirect_uri
        self.state = state
        self.verifier = Secret(secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        """The code challenge: the verifier's SHA-256."""
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.reveal().encode()).digest()).decode().rstrip("=")


class DeviceCode(NamedTuple):
    """A device code, and what the user needs to approve it. `ends` is in the seconds of `time.monotonic`."""

    secret: Secret
    user_code: str
    page: str
    complete_page: str  # with the code in it; empty if the server has none
    ends: float
    interval: float  # seconds between two polls

    @classmethod
    def parse(cls, document: object, origin: Origin) -> DeviceCode:
        """Read a device authorization response (RFC 8628, section 3.2). Raises InvalidValue, naming the key."""
        table = read_object(document, "the response")
        secret = table.get("device_code")
        if not isinstance(secret, str) or not 0 < len(secret) <= _MAX_SECRET:
            raise InvalidValue("device_code is not a string")
        user_code = read_text(table, "user_code")
        if len(user_code) > _MAX_USER_CODE:
            raise InvalidValue(f"user_code is longer than {_MAX_USER_CODE} characters")
        return cls(
            Secret(secret),
            user_code,
            read_endpoint(table, "verification_uri", origin),
            read_endpoint(table, "verification_uri_complete", origin, ""),
            time.monotonic() + min(_read_seconds(table, "expires_in", None), _MAX_SECONDS),
            min(max(_read_seconds(table, "interval", 5.0), _INTERVALS[0]), _INTERVALS[1]),
        )


class AuthorizationServer:
    """An authorization server and this app as its client. Each method sends requests, and raises a WorkspaceError."""

    def __init__(self, app: AppIdentity, metadata: Metadata, connection: Connection) -> None:
        assert app.sign_in is not None
        self.app = app
        self.client = app.sign_in
        self.metadata = metadata
        self.connection = connection
        self.origin = Origin.of(metadata.issuer)
        self._sent: set[str] = set()  # the secrets of all requests

    def __repr__(self) -> str:
        return f"AuthorizationServer({self.metadata.issuer!r})"

    # Authorization code (RFC 6749, section 4.1)

    def authorization_url(self, request: CodeRequest, requester: Requester) -> str:
        """Return the page on which the user approves a request."""
        endpoint = self.metadata.authorization_endpoint
        query = {
            "response_type": "code",
            "redirect_uri": request.redirect_uri,
            "state": request.state,
            "code_challenge": request.challenge,
            "code_challenge_method": "S256",
            **self._common(requester),
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    def code_of(self, answer: Mapping[str, str]) -> Secret:
        """Return the code of the browser's return. Raises SignInFailed, ProRequired.

        If another server sent the browser here, its code must not go to this one (RFC 9207, mix-up).
        """
        issuer = answer.get("iss")
        if issuer != self.metadata.issuer and (issuer is not None or self.metadata.sends_issuer):
            other = f"from {visible(issuer[:MAX_TEXT_LENGTH])}" if issuer else "without the name of its server"
            raise SignInFailed(f"the browser returned {other}, and not from {self.metadata.issuer}; nothing was stored")
        if "error" in answer:
            raise self._failure(answer["error"], answer)
        if not answer.get("code"):
            raise api_errors.invalid_response(self.origin, "the browser returned without a code")
        return Secret(answer["code"])

    def exchange(self, request: CodeRequest, code: Secret) -> Granted:
        """Exchange a code for a token.

        If an answer is lost, it is sent again: then the server answers, or revokes what it has issued for the code
        (RFC 6749, section 4.1.2).
        """
        form: Form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": request.redirect_uri,
            "client_id": self.client.client_id,
            "code_verifier": request.verifier,
        }
        for _ in range(_ATTEMPTS - 1):
            with contextlib.suppress(WorkspaceUnreachable):
                response = self._post(self.metadata.token_endpoint, form)
                if response.status < 500:
                    return self._read_granted(response)
        return self._read_granted(self._post(self.metadata.token_endpoint, form))

    # Device code (RFC 8628)

    def authorize_device(self, requester: Requester) -> DeviceCode:
        """Request a device code."""
        response = self._post(self.metadata.device_authorization_endpoint, self._common(requester))
        if response.status != 200:
            raise self._error(response)
        return self._parse(response, lambda document: DeviceCode.parse(document, self.origin))

    def poll(self, device: DeviceCode) -> Granted | str:
        """Ask once whether the user has approved. Return the token, or PENDING or SLOW_DOWN."""
        form: Form = {
            "grant_type": DEVICE_CODE,
            "device_code": device.secret,
            "client_id": self.client.client_id,
        }
        response = self._post(self.metadata.token_endpoint, form)
        if 400 <= response.status < 500:
            code = api_errors.problem_details(response).get("error")
            if code in (PENDING, SLOW_DOWN):
                return str(code)
        return self._read_granted(response)

    def wait_for_approval(self, device: DeviceCode, show: Callable[[float], None]) -> Granted:
        """Poll until the user has approved a device code. `show` is called each second with the seconds left.

        A server that cannot be reached, or is busy, is asked again, less often (RFC 8628, section 3.5).
        """
        interval = device.interval
        problem: WorkspaceError | None = None
        while pause(min(time.monotonic() + interval, device.ends), device.ends, show):
            try:
                answer = self.poll(device)
                problem = None
            except (WorkspaceUnreachable, WorkspaceFault, TooManyRequests) as error:
                problem, interval = error, min(2 * interval, _INTERVALS[1])
                continue
            if isinstance(answer, Granted):
                return answer
            if answer == SLOW_DOWN:
                interval += 5
        raise problem or expired_error()

    # Both

    def withdraw(self, secret: Secret, kind: str) -> bool:
        """Withdraw a code with what was issued for it, or revoke a token (RFC 7009). False if the server cannot.

        `kind` is the type of the secret: `access_token`, `authorization_code` or `device_code`.
        """
        if not self.metadata.revocation_endpoint:
            return False
        form: Form = {"token": secret, "token_type_hint": kind, "client_id": self.client.client_id}
        response = self._post(self.metadata.revocation_endpoint, form)
        if response.status != 200:
            raise self._error(response)
        return True

    def _common(self, requester: Requester) -> dict[str, str]:
        """The parameters of a request for an approval: the client, and what the approval page shows."""
        known = {"client_id": self.client.client_id, "scope": self.client.scope, **requester._asdict()}
        return {name: value for name, value in known.items() if value}

    def _post(self, endpoint: str, form: Form) -> transport.Response:
        body = transport.form_body(form, self._sent)
        request = transport.Request("POST", endpoint, self.origin, None, body, content_type=_FORM)
        return transport.send(request, self.connection)

    def _read_granted(self, response: transport.Response) -> Granted:
        if response.status != 200:
            raise self._error(response)
        return self._parse(response, lambda document: Granted.parse(document, self.app))

    def _parse(self, response: transport.Response, parse: Callable[[object], T]) -> T:
        try:
            return parse(api_errors.parse_json(response, self.origin, ACTION))
        except InvalidValue as error:
            reason = error.message
        raise api_errors.invalid_response(self.origin, reason)

    def _error(self, response: transport.Response) -> ConfigError:
        """The error for a response that is not 200: an OAuth error (RFC 6749, section 5.2), or any other."""
        document = api_errors.problem_details(response)
        if isinstance(document.get("error"), str) and 400 <= response.status < 500:
            return self._failure(document["error"], document)
        return api_errors.error_for(response, self.app, str(self.origin), ACTION, sent=self._sent)

    def _failure(self, code: str, details: Mapping[str, Any]) -> ConfigError:
        """The error for an OAuth error code."""
        if code == "access_denied":
            if self.app.has_plans and str(details.get("error_uri", "")).endswith("/problems/pro-required"):
                billing = self.app.page(self.app.billing_page, str(self.origin))
                return ProRequired("Pro subscription required", hint=f"subscribe on {billing}")
            return SignInFailed("the request was denied in the browser; nothing was stored")
        if code == "expired_token":
            return expired_error()
        text = details.get("error_description")
        shown = f"{code}: {text}" if isinstance(text, str) and text else code
        return SignInFailed(
            f"{self.origin} rejected the sign-in: {api_errors.quotable(shown, self.app, self._sent)}",
            hint="--paste asks for a token instead",
        )


def expired_error() -> SignInFailed:
    """The error if the request was not approved in time."""
    return SignInFailed("the request was not approved in time; nothing was stored", hint="run it again")


def pause(until: float, ends: float, show: Callable[[float], None]) -> bool:
    """Sleep until a time, and show each second how long is left until `ends`. Return whether that is not reached."""
    while (now := time.monotonic()) < until:
        show(ends - now)
        time.sleep(min(1.0, until - now))
    return until < ends


def _read_seconds(table: Mapping[str, Any], key: str, default: float | None) -> float:
    value = table.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise InvalidValue(f"{key} is not a number of seconds")
    return float(value)


def _read_expiry(table: Mapping[str, Any]) -> str:
    """Read when a token expires: `expires`, null for never, else `expires_in` from now."""
    if "expires" in table:
        return read_timestamp(table, "expires") or NEVER
    if table.get("expires_in") is None:
        return ""
    try:
        return timestamps.to_text(timestamps.now() + timedelta(seconds=_read_seconds(table, "expires_in", None)))
    except OverflowError:
        return NEVER
