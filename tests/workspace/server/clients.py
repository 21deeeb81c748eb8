"""Clients of a workspace for tests: a program that calls the API, and a browser that submits forms."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

import httpx

from arka_config.arka import app

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from arka_config.workspace.server.serving import RunningWorkspace

ANN = "ann@example.com"
BOB = "bob@example.com"
MANAGE = "tokens:manage"
PROBLEM = "application/problem+json"
TOKENS_PAGE = "/app/personal/settings/tokens"
NO_TLS = False  # loading certificates takes 50 ms for each client
UNKNOWN = app.new_prefix + "u" * 37  # a well-formed token that was never issued


class Api:
    """A program that calls the API with a token. If the token is empty, it sends none."""

    def __init__(self, workspace: RunningWorkspace, token: str = "") -> None:
        self.workspace = workspace
        self.token = token
        self._client = httpx.Client(base_url=workspace.url, trust_env=False, verify=NO_TLS, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def request(
        self, method: str, path: str, *, token: str | None = None, headers: Mapping[str, str] | None = None, **rest: Any
    ) -> httpx.Response:
        """Send a request to a path under `/api/v1/`, with the program's token unless another one is given."""
        token = self.token if token is None else token
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        return self._client.request(method, f"/api/v1/{path}", headers=sent | dict(headers or {}), **rest)

    def get(self, path: str, **rest: Any) -> httpx.Response:
        return self.request("GET", path, **rest)

    def post(self, path: str, **rest: Any) -> httpx.Response:
        return self.request("POST", path, **rest)

    def delete(self, path: str, **rest: Any) -> httpx.Response:
        return self.request("DELETE", path, **rest)

    def accepts(self, token: str) -> bool:
        """Tell whether the API accepts a token now."""
        return self.get("me", token=token).status_code == 200


class Browser:
    """A browser without JavaScript: it keeps cookies, and submits forms with their hidden fields."""

    def __init__(self, workspace: RunningWorkspace, host: str = "") -> None:
        self.workspace = workspace
        headers = {"Host": host} if host else {}
        self.http = httpx.Client(base_url=workspace.url, trust_env=False, verify=NO_TLS, timeout=30, headers=headers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def open(self, path: str, **rest: Any) -> httpx.Response:
        """Open a page, without following redirects."""
        return self.http.get(path, **rest)

    def send(
        self, path: str, fields: Mapping[str, str], *, page: str = "", headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Submit a form. If the fields have no `form_key`, add that of the page."""
        key = {} if "form_key" in fields else {"form_key": read_form_key(self.open(page or path).text)}
        return self.http.post(path, data={**key, **fields}, headers=headers)

    def use_link(self, link: str) -> httpx.Response:
        """Submit a sign-in link, and return the response."""
        return self.send("/sign-in", {"code": link}, page="/sign-in?anew")

    def sign_in(self, email: str = ANN, plan: str | None = None) -> Self:
        """Sign in as a user, and return this browser. If there is no such user, create one."""
        assert self.use_link(self.workspace.add_user(email, plan).link).status_code == 303
        return self

    @property
    def cookie(self) -> str:
        """The value of the only cookie."""
        (value,) = self.http.cookies.values()
        return value


def read_form_key(text: str) -> str:
    """Read the key in a page's forms."""
    found = re.search(r'name="form_key" value="([^"]*)"', text)
    assert found, text
    return html.unescape(found[1])


def read_shown_token(text: str) -> str:
    """Read the new token that a page shows."""
    found = re.search(r'id="token" type="text" readonly value="([^"]*)"', text)
    assert found, text
    return found[1]
