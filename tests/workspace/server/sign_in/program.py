"""A program that signs in, for tests: it starts a login and exchanges codes. The user's decisions are here too."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

from tests.workspace.server.clients import NO_TLS

if TYPE_CHECKING:
    from typing import Self

    from arka_config.workspace.server.serving import RunningWorkspace
    from tests.workspace.server.clients import Browser

REDIRECT = "http://127.0.0.1:5555/callback"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
APPROVAL = {"decision": "approve", "label": "laptop", "expiry": "90"}
DENIAL = {"decision": "deny"}


class Program:
    """A program on a machine: its PKCE verifier, its `state`, and the device code when it has one."""

    def __init__(self, workspace: RunningWorkspace) -> None:
        self.http = httpx.Client(base_url=workspace.url, trust_env=False, verify=NO_TLS, timeout=30)
        self.state = secrets.token_urlsafe(16)
        self.verifier = secrets.token_urlsafe(32)
        self.device_code = ""
        self.user_code = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    @property
    def challenge(self) -> str:
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).decode().rstrip("=")

    def page(self, **changes: str | None) -> str:
        """Return the path of the approval page. A parameter is left out if it is None."""
        parameters = {
            "response_type": "code",
            "client_id": "arka",
            "redirect_uri": REDIRECT,
            "state": self.state,
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
            "machine": "laptop.example",
            "profile": "work",
        } | changes
        return "/oauth/authorize?" + urlencode({name: value for name, value in parameters.items() if value is not None})

    def start_device_login(self, **more: str) -> str:
        """Create a device request, and return the path of its approval page."""
        fields = {"client_id": "arka", "machine": "server.example", "profile": "ci", **more}
        response = self.http.post("/oauth/device_authorization", data=fields)
        assert response.status_code == 200, response.text
        answer = response.json()
        self.device_code, self.user_code = answer["device_code"], answer["user_code"]
        return f"/device?user_code={self.user_code}"

    def exchange(self, code: str, **changes: str) -> httpx.Response:
        """Exchange an authorization code."""
        fields = {
            "grant_type": "authorization_code",
            "client_id": "arka",
            "code": code,
            "redirect_uri": REDIRECT,
            "code_verifier": self.verifier,
        }
        return self.http.post("/oauth/token", data=fields | changes)

    def poll(self, **changes: str) -> httpx.Response:
        """Ask for the token of the device code."""
        fields = {"grant_type": DEVICE_GRANT, "client_id": "arka", "device_code": self.device_code}
        return self.http.post("/oauth/token", data=fields | changes)

    def withdraw(self, secret: str, **changes: str) -> httpx.Response:
        """Withdraw a request by its code, or revoke a token."""
        return self.http.post("/oauth/revoke", data={"client_id": "arka", "token": secret} | changes)


def approve(browser: Browser, page: str, **changes: str) -> httpx.Response:
    """Approve the request of a page."""
    return browser.send(page, APPROVAL | changes)


def approve_code(browser: Browser, program: Program) -> str:
    """Approve an authorization request, and return the code."""
    return read_response(approve(browser, program.page()))["code"]


def read_response(response: httpx.Response) -> dict[str, str]:
    """Return the parameters that a redirect carries to the program."""
    assert response.status_code == 303, f"status {response.status_code}"
    return dict(parse_qsl(urlsplit(response.headers["location"]).query))


def outcome(response: httpx.Response) -> Any:
    """Return the error of a token response, or its token."""
    answer = response.json()
    return answer.get("error") or answer["access_token"]
