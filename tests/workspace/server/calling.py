"""The two ways to a workspace: a program's, with a token, and a person's, with a browser."""

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
UNKNOWN = app.token_prefix + "u" * 37  # of the right shape, and nobody's


class Api:
    """A program that calls the API with a token, or without one where it is empty."""

    def __init__(self, workspace: RunningWorkspace, token: str = "") -> None:
        self.workspace = workspace
        self.token = token
        self._client = httpx.Client(base_url=workspace.url, trust_env=False, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def ask(
        self, method: str, path: str, *, token: str | None = None, headers: Mapping[str, str] | None = None, **rest: Any
    ) -> httpx.Response:
        """One request below `/api/v1/`, with the program's token or another one."""
        token = self.token if token is None else token
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        return self._client.request(method, f"/api/v1/{path}", headers=sent | dict(headers or {}), **rest)

    def get(self, path: str, **rest: Any) -> httpx.Response:
        return self.ask("GET", path, **rest)

    def post(self, path: str, **rest: Any) -> httpx.Response:
        return self.ask("POST", path, **rest)

    def delete(self, path: str, **rest: Any) -> httpx.Response:
        return self.ask("DELETE", path, **rest)

    def accepts(self, token: str) -> bool:
        """Whether a token is accepted now."""
        return self.get("me", token=token).status_code == 200


class Person:
    """Somebody with a browser, as far as a browser matters: cookies, and forms with what is hidden in them."""

    def __init__(self, workspace: RunningWorkspace, host: str = "") -> None:
        self.workspace = workspace
        headers = {"Host": host} if host else {}
        self.browser = httpx.Client(base_url=workspace.url, trust_env=False, timeout=30, headers=headers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.browser.close()

    def open(self, path: str, **rest: Any) -> httpx.Response:
        """A page, without following where it leads."""
        return self.browser.get(path, **rest)

    def send(
        self, path: str, fields: Mapping[str, str], *, page: str = "", headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """A form, as the page that it is on has it; `form_key` among the fields is sent in place of the page's."""
        key = {} if "form_key" in fields else {"form_key": form_key(self.open(page or path).text)}
        return self.browser.post(path, data={**key, **fields}, headers=headers)

    def sign_in(self, link: str) -> httpx.Response:
        """What the sign-in page answers to a link."""
        return self.send("/sign-in", {"code": link}, page="/sign-in?anew")

    def signed_in(self, email: str = ANN, plan: str | None = None) -> Self:
        """Themself, signed in."""
        assert self.sign_in(self.workspace.add_user(email, plan).link).status_code == 303
        return self

    @property
    def cookie(self) -> str:
        """The one cookie that the workspace gave."""
        (value,) = self.browser.cookies.values()
        return value


def form_key(text: str) -> str:
    """The key that a page's forms carry."""
    found = re.search(r'name="form_key" value="([^"]*)"', text)
    assert found, text
    return html.unescape(found[1])


def shown_token(text: str) -> str:
    """The new token that a page shows."""
    found = re.search(r'id="token" type="text" readonly value="([^"]*)"', text)
    assert found, text
    return found[1]
