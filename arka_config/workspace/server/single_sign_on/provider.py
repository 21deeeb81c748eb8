"""The provider of OpenID Connect: discovery, the authorization request, the token request, and the ID token's checks.

Standards: OpenID Connect Core 1.0 and Discovery 1.0, PKCE (RFC 7636), the issuer in the response (RFC 9207). Authlib
and joserfc implement the protocol; this module decides what is accepted.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from arka_config.workspace.server.single_sign_on.settings import is_secure
from arka_config.workspace.server.tables import MAX_CLAIM_LENGTH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arka_config.workspace.server.single_sign_on.challenge import Challenge
    from arka_config.workspace.server.single_sign_on.settings import Settings

# Only signatures with keys that the provider publishes: neither `none`, nor HS256 with the client's secret.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
_TIMEOUT = 5.0  # seconds for each request
_CACHED = 3600.0  # seconds
_MIN_REFRESH = 60.0  # seconds between two requests for keys because of an unknown one
_LEEWAY = 60  # seconds that the provider's clock may differ
_SCOPE = "openid email profile"


class SignOnFailed(Exception):
    """A sign-in that is refused. The message is for the operator's log, and has nothing secret."""


class VerifiedAccount(NamedTuple):
    """An account at the provider, from an ID token that was checked. `email` is empty unless it is verified."""

    issuer: str
    subject: str
    email: str


class Provider:
    """The provider in use. Its documents are cached; safe in threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings.check()
        self._secret = settings.read_secret()
        # Each connection is used once: sign-ins are rare, and the provider closes idle ones.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._http = httpx.Client(timeout=_TIMEOUT, follow_redirects=False, limits=limits)
        self._lock = threading.Lock()
        self._metadata: tuple[float, Mapping[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def authorization_url(self, redirect_uri: str, challenge: Challenge) -> str:
        """The URL at the provider where the user signs in. Raises SignOnFailed."""
        url: str = prepare_grant_uri(
            self._load_metadata()["authorization_endpoint"],
            self.settings.client_id,
            "code",
            redirect_uri=redirect_uri,
            scope=_SCOPE,
            state=challenge.state,
            nonce=challenge.nonce,
            code_challenge=create_s256_code_challenge(challenge.verifier),
            code_challenge_method="S256",
        )
        return url

    def check_issuer(self, issuer: str | None) -> None:
        """Check the `iss` of a response (RFC 9207): another provider's response is not ours. Raises SignOnFailed."""
        is_required = self._load_metadata().get("authorization_response_iss_parameter_supported") is True
        if issuer != self.settings.issuer and (issuer is not None or is_required):
            raise SignOnFailed("the response is from another issuer")

    def verify(self, redirect_uri: str, code: str, challenge: Challenge) -> VerifiedAccount:
        """Exchange a code, and return the account that signed in, if it may. Raises SignOnFailed."""
        response = self._request_token(redirect_uri, code, challenge.verifier)
        token = response.get("id_token")
        if not isinstance(token, str):
            raise SignOnFailed("the provider gave no ID token")
        return self._accept(self._verify_token(token, challenge.nonce, response.get("access_token")))

    def _request_token(self, redirect_uri: str, code: str, verifier: str) -> Mapping[str, Any]:
        """Exchange a code. The client authenticates as the provider prefers (RFC 6749, 2.3.1)."""
        metadata = self._load_metadata()
        body = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        body |= {"code_verifier": verifier, "client_id": self.settings.client_id}
        auth = None
        if "client_secret_basic" in metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"]):
            auth = (quote(self.settings.client_id, safe=""), quote(self._secret, safe="")) if self._secret else None
        elif self._secret:
            body["client_secret"] = self._secret
        return self._send("POST", metadata["token_endpoint"], data=body, auth=auth)

    def _verify_token(self, token: str, nonce: str, access_token: object) -> Mapping[str, Any]:
        """Check an ID token's signature, issuer, audience, times and nonce, and return its claims."""
        try:
            try:
                decoded = jwt.decode(token, self._load_keys(), algorithms=list(ALGORITHMS))
            except (JoseError, ValueError):  # perhaps signed with a new key
                decoded = jwt.decode(token, self._load_keys(refresh=True), algorithms=list(ALGORITHMS))
            claims: dict[str, Any] = CodeIDToken(
                decoded.claims,
                decoded.header,
                options={
                    "iss": {"essential": True, "value": self.settings.issuer},
                    "aud": {"essential": True, "value": self.settings.client_id},
                },
                params={"nonce": nonce, "client_id": self.settings.client_id, "access_token": access_token},
            )
            claims.validate(leeway=_LEEWAY)  # type: ignore[attr-defined]  # Authlib has no type annotations
        except (JoseError, AuthlibBaseError, ValueError, TypeError) as error:
            raise SignOnFailed(f"the ID token is not valid: {_describe(error)}") from None
        return claims

    def _accept(self, claims: Mapping[str, Any]) -> VerifiedAccount:
        """Return the account, if the operator lets it sign in."""
        subject, email = claims.get("sub"), claims.get("email")
        if not isinstance(subject, str) or not 0 < len(subject) <= MAX_CLAIM_LENGTH or "\0" in subject:
            raise SignOnFailed("the ID token has no subject")
        if not isinstance(email, str) or claims.get("email_verified") is not True:
            email = ""
        if self.settings.domains and email.rpartition("@")[2].lower() not in self.settings.domains:
            raise SignOnFailed("the account has no verified e-mail address of an allowed domain")
        for name, value in self.settings.claims:
            actual = claims.get(name)
            if value not in (actual if isinstance(actual, list) else [actual]):
                raise SignOnFailed(f"the account does not have the claim {name}={value}")
        return VerifiedAccount(self.settings.issuer, subject, email)

    def _load_metadata(self) -> Mapping[str, Any]:
        """The provider's discovery document. Raises SignOnFailed."""
        with self._lock:
            if self._metadata is None or self._metadata[0] < time.monotonic():
                document = self._send("GET", f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration")
                if document.get("issuer") != self.settings.issuer:
                    raise SignOnFailed("the provider's discovery document names another issuer")
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                    if not is_secure(document.get(name)):
                        raise SignOnFailed(f"the provider's {name} is not an https URL")
                self._metadata = (time.monotonic() + _CACHED, document)
            metadata: Mapping[str, Any] = self._metadata[1]
            return metadata

    def _load_keys(self, *, refresh: bool = False) -> KeySet:
        """The provider's keys; with `refresh`, requested again unless that was done a moment ago."""
        url = self._load_metadata()["jwks_uri"]
        with self._lock:
            age = None if self._keys is None else time.monotonic() - self._keys[0]
            if self._keys is None or age is None or age > (_MIN_REFRESH if refresh else _CACHED):
                try:
                    keys = KeySet.import_key_set({"keys": self._send("GET", url)["keys"]})
                except (JoseError, ValueError, TypeError, KeyError) as error:
                    raise SignOnFailed(f"the provider's keys cannot be read: {_describe(error)}") from None
                self._keys = (time.monotonic(), keys)
            return self._keys[1]

    def _send(self, method: str, url: str, **rest: Any) -> Mapping[str, Any]:
        """Request a JSON object. Redirects are not followed: they could lead to another host. Raises SignOnFailed."""
        try:
            response = self._http.request(method, url, **rest)
            response.raise_for_status()
            document = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise SignOnFailed(f"{url} gave no answer that can be used: {_describe(error)}") from None
        if not isinstance(document, dict):
            raise SignOnFailed(f"{url} did not answer with a JSON object")
        return document


def _describe(error: Exception) -> str:
    """An error's kind, or the claim that is wrong. Its message may repeat what the provider sent."""
    if isinstance(error, httpx.HTTPStatusError):
        return f"status {error.response.status_code}"
    return f"{type(error).__name__} {getattr(error, 'claim', '') or ''}".strip()
