"""Browser: who sends a request from a page, and whether the page was one of ours.

One cookie holds a random key. Signed in or not, it is also what the forms are tied to: each carries a hash of it that
no other site can know. Signing in and out changes the key, so that nobody can have set it for somebody else.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Form, Request

from arka_config.workspace.server import sign_in
from arka_config.workspace.server.api.auth import address_of, url_of, workspace_of
from arka_config.workspace.server.digests import new_secret
from arka_config.workspace.server.problems import FORGED, Problem

if TYPE_CHECKING:
    from starlette.responses import Response

    from arka_config.workspace.server.tables import User
    from arka_config.workspace.server.workspace import Workspace

_KEY = re.compile(r"[A-Za-z0-9_-]{43}")


class Elsewhere(Exception):
    """The answer is on another page of ours."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class Browser:
    """A browser: the key in its cookie, made where it has none, and the user who is signed in, if any."""

    def __init__(self, request: Request) -> None:
        self.workspace: Workspace = workspace_of(request)
        self.address = address_of(request)
        self.url = url_of(request)
        self.request = request
        self.user: User | None = None
        self.key = request.cookies.get(self._cookie, "")
        if _KEY.fullmatch(self.key):
            with self.workspace.database.reading() as session:
                self.user = sign_in.user_of(session, self.key)
        else:
            self.key = new_secret()

    @property
    def user_id(self) -> str:
        """Who is signed in. Raises Elsewhere, to the sign-in page, where nobody is."""
        self.check_is_signed_in()
        assert self.user is not None
        return self.user.id

    def check_is_signed_in(self) -> None:
        """Raises Elsewhere, to the sign-in page, where nobody is signed in."""
        if self.user is None:
            raise Elsewhere(sign_in.PAGE)

    @property
    def _cookie(self) -> str:
        """The cookie's name. With `__Host-` a browser takes it from this host over https alone (RFC 6265bis)."""
        name = re.sub(r"[^A-Za-z0-9_-]", "", self.workspace.app.name)
        return f"__Host-{name}" if self._is_https else f"{name}_workspace"

    @property
    def _is_https(self) -> bool:
        return self.url.startswith("https:")

    @property
    def form_key(self) -> str:
        """What each form carries, and no other site can know."""
        return hashlib.sha256(b"form " + self.key.encode()).hexdigest()

    def keep(self, response: Response, key: str | None = None) -> None:
        """Has the browser keep its key, or another one from now on."""
        response.set_cookie(
            self._cookie,
            key or self.key,
            max_age=int(sign_in.SESSION_LASTS.total_seconds()),
            secure=self._is_https,
            httponly=True,
            samesite="lax",
        )

    def check_is_ours(self, form_key: str) -> None:
        """Raises Problem for a form that another site had the browser send."""
        headers = self.request.headers
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        # `Referrer-Policy: no-referrer` makes the origin of our own forms `null`, and then Sec-Fetch-Site has to tell.
        is_here = origin in (None, self.url) or (origin == "null" and site == "same-origin")
        if site not in (None, "same-origin") or not is_here:
            raise Problem(FORGED, "the form was sent from another site")
        if not hmac.compare_digest(form_key.encode("utf-8", "surrogatepass"), self.form_key.encode()):
            raise Problem(FORGED, "the form is not from this browser, or from before you signed in or out")


def _browser(request: Request) -> Browser:
    return Browser(request)


def _signed_in(browser: AnyBrowser) -> Browser:
    browser.check_is_signed_in()
    return browser


def _sent(browser: AnyBrowser, form_key: Annotated[str, Form()] = "") -> Browser:
    browser.check_is_ours(form_key)
    return browser


def _sent_by_user(browser: SentForm) -> Browser:
    return _signed_in(browser)


AnyBrowser = Annotated[Browser, Depends(_browser)]
SignedIn = Annotated[Browser, Depends(_signed_in)]
SentForm = Annotated[Browser, Depends(_sent)]
SentByUser = Annotated[Browser, Depends(_sent_by_user)]
