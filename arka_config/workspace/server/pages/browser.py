"""Browser: the sender of a page request, and the checks that a form came from one of our pages.

One cookie holds a random key, signed in or not. Each form carries a hash of the key, which other sites cannot know.
Signing in and out changes the key, so that a key planted by an attacker is useless.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Form, Request

from arka_config.precedence.origin import Origin
from arka_config.workspace.server import accounts
from arka_config.workspace.server.api.auth import client_address, public_url, workspace_of
from arka_config.workspace.server.problems import FORGED, Problem
from arka_config.workspace.server.tables import new_secret

if TYPE_CHECKING:
    from starlette.responses import Response

    from arka_config.workspace.server.tables import User
    from arka_config.workspace.server.workspace import Workspace

_KEY = re.compile(r"[A-Za-z0-9_-]{43}")


class Redirect(Exception):
    """Redirect the browser to another page of the workspace."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class Browser:
    """A browser: the key in its cookie, or a new one, and the signed-in user if any."""

    def __init__(self, request: Request) -> None:
        self.workspace: Workspace = workspace_of(request)
        self.address = client_address(request)
        self.url = public_url(request)
        self.request = request
        self.user: User | None = None
        self.key = request.cookies.get(self._cookie_name, "")
        if _KEY.fullmatch(self.key):
            with self.workspace.database.read() as session:
                self.user = accounts.find_signed_in(session, self.key)
        else:
            self.key = new_secret()

    @property
    def user_id(self) -> str:
        """The id of the signed-in user."""
        assert self.user is not None, "the route does not require a signed-in browser"
        return self.user.id

    @property
    def login_command(self) -> str:
        """The command that stores a token of this workspace. It has the URL, unless that is the app's default."""
        app = self.workspace.app
        default = app.default_url()
        is_default = default is not None and Origin.of(default) == Origin.of(self.url)
        return f"{app.name} login" + ("" if is_default else f" --api-url {self.url}")

    @property
    def _cookie_name(self) -> str:
        """The cookie's name. Browsers accept `__Host-` cookies from this host over https only (RFC 6265bis)."""
        name = re.sub(r"[^A-Za-z0-9_-]", "", self.workspace.app.name)
        return f"__Host-{name}" if self._is_https else f"{name}_workspace"

    @property
    def _is_https(self) -> bool:
        return self.url.startswith("https:")

    @property
    def form_key(self) -> str:
        """The value that each form carries, and other sites cannot know."""
        return hashlib.sha256(b"form " + self.key.encode()).hexdigest()

    def set_cookie(self, response: Response, key: str | None = None) -> None:
        """Store the browser's key, or a new one, in its cookie."""
        response.set_cookie(
            self._cookie_name,
            key or self.key,
            max_age=int(accounts.SESSION_LIFETIME.total_seconds()),
            secure=self._is_https,
            httponly=True,
            samesite="lax",
        )

    def check_form(self, form_key: str) -> None:
        """Raise Problem if another site made the browser send the form."""
        headers = self.request.headers
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        # `Referrer-Policy: no-referrer` makes the origin of our own forms `null`; Sec-Fetch-Site decides then.
        is_same_origin = origin in (None, self.url) or (origin == "null" and site == "same-origin")
        if site not in (None, "same-origin") or not is_same_origin:
            raise Problem(FORGED, "the form was sent from another site")
        if not hmac.compare_digest(form_key.encode("utf-8", "surrogatepass"), self.form_key.encode()):
            raise Problem(FORGED, "the form is from another browser, or from before you signed in or out")


def _read_browser(request: Request) -> Browser:
    """Return the request's browser. A function, since FastAPI 0.115 cannot resolve the annotations of a class here."""
    return Browser(request)


def _require_user(browser: AnyBrowser) -> Browser:
    if browser.user is None:
        raise Redirect(accounts.SIGN_IN_PAGE)
    return browser


def _check_form(browser: AnyBrowser, form_key: Annotated[str, Form()] = "") -> Browser:
    browser.check_form(form_key)
    return browser


def _check_form_and_user(browser: FormBrowser) -> Browser:
    return _require_user(browser)


AnyBrowser = Annotated[Browser, Depends(_read_browser)]
SignedInBrowser = Annotated[Browser, Depends(_require_user)]
FormBrowser = Annotated[Browser, Depends(_check_form)]
SignedInFormBrowser = Annotated[Browser, Depends(_check_form_and_user)]
