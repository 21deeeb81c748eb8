"""The approval page, on which a signed-in user approves or denies a program's request, and the page to enter its code.

Both grants use it. An authorization request stays in the page's URL, and is validated again when the form is sent; the
request of a device is found by its user code. The form has the key of the browser's session, so that no other site, and
no other session, can send it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, NamedTuple
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from arka_config import timestamps
from arka_config.errors import InvalidValue
from arka_config.workspace import user_codes
from arka_config.workspace.server import accounts, records, tokens
from arka_config.workspace.server.api.auth import public_url, too_many
from arka_config.workspace.server.middleware import content_policy
from arka_config.workspace.server.pages.browser import AnyBrowser, Browser, FormBrowser, Redirect
from arka_config.workspace.server.pages.rendering import render
from arka_config.workspace.server.pages.tokens import DAYS, EMPTY_FORM, parse_expiry, tomorrow
from arka_config.workspace.server.sign_in import login_requests, protocol
from arka_config.workspace.server.sign_in.login_requests import DENIED, NO_PRO, TokenChoice
from arka_config.workspace.server.sign_in.protocol import (
    AuthorizationRequest,
    Details,
    OAuthError,
    RedirectedError,
    pro_required,
)
from arka_config.workspace.server.tables import MAX_LABEL_LENGTH, LoginRequest

APPROVE = "approve"

router = APIRouter(include_in_schema=False)


class Decision(NamedTuple):
    """What the user chose on the approval page."""

    is_approved: bool
    label: str
    expiry: str
    date: str

    def choose(self) -> TokenChoice:
        """Return the choices for the token, checked like those of Create Token. Raises InvalidValue."""
        return TokenChoice(tokens.check_label(self.label), tokens.check_expiry(parse_expiry(self.expiry, self.date)))

    @property
    def entered(self) -> dict[str, object]:
        """The fields, to show them again."""
        return {"label": self.label[:200], "expiry": self.expiry, "date": self.date[:10]}


def _read_decision(
    decision: Annotated[str, Form()] = "",
    label: Annotated[str, Form()] = "",
    expiry: Annotated[str, Form()] = "",
    date: Annotated[str, Form()] = "",
) -> Decision:
    return Decision(decision == APPROVE, label.strip(), expiry, date)


DecisionForm = Annotated[Decision, Depends(_read_decision)]


async def redirect_error(request: Request, error: Exception) -> Response:
    """Redirect the browser to the program with an error."""
    assert isinstance(error, RedirectedError)
    issuer = public_url(request)
    url = protocol.redirect_url(error.redirect_uri, error.state, issuer, error.error.members(issuer))
    return RedirectResponse(url, 303)


@router.get(protocol.AUTHORIZE)
def show_authorization(browser: AnyBrowser) -> Response:
    """Show the approval page for a program on this machine."""
    request = _read_authorization(browser)
    _require_user(browser)
    return _render_authorization(browser, request)


@router.post(protocol.AUTHORIZE)
def decide_authorization(browser: FormBrowser, decision: DecisionForm) -> Response:
    """Redirect the browser to the program, with a code or an error."""
    request = _read_authorization(browser)
    _require_user(browser)
    if not _may_use_api(browser):
        raise RedirectedError(pro_required(), request.redirect_uri, request.state)
    if not decision.is_approved:
        denied = OAuthError("access_denied", "the request was denied")
        raise RedirectedError(denied, request.redirect_uri, request.state)
    try:
        choice = decision.choose()
    except InvalidValue as error:
        return _render_authorization(browser, request, 422, error.message, decision.entered)
    with browser.workspace.database.write() as session:
        code = login_requests.create_code(session, request, browser.user_id, choice)
    url = protocol.redirect_url(request.redirect_uri, request.state, browser.url, {"code": code})
    return RedirectResponse(url, 303)


@router.get(protocol.DEVICE_PAGE)
def show_device(browser: AnyBrowser, user_code: str | None = None) -> Response:
    """Ask for a user code, or show the approval page for one."""
    _require_user(browser)
    if user_code is None:
        return render(browser, "device.html", fault="", entered="")
    _check_guesses(browser)
    parsed = user_codes.parse(user_code)
    with browser.workspace.database.read() as session:
        request = login_requests.find_pending(session, parsed) if parsed else None
    if parsed is None or request is None:
        return _reject_user_code(browser, user_code)
    return _render_device(browser, request, parsed)


@router.post(protocol.DEVICE_PAGE)
def decide_device(browser: FormBrowser, decision: DecisionForm, user_code: str = "") -> Response:
    """Record the user's decision, which the program polls for."""
    _require_user(browser)
    _check_guesses(browser)
    parsed = user_codes.parse(user_code) or ""
    choice, fault = None, ""
    try:
        choice = decision.choose() if decision.is_approved and _may_use_api(browser) else None
    except InvalidValue as error:
        fault = error.message
    with browser.workspace.database.write() as session:
        request = login_requests.find_pending(session, parsed, lock=True)
        if request is not None and choice is not None:
            login_requests.approve(session, request, browser.user_id, choice, address=browser.address)
        elif request is not None and not fault:
            state = DENIED if _may_use_api(browser) else NO_PRO
            login_requests.refuse(session, request, browser.user_id, state, address=browser.address)
    if request is None:
        return _reject_user_code(browser, user_code)
    if fault:
        return _render_device(browser, request, parsed, 422, fault, decision.entered)
    return render(browser, "decided.html", is_approved=choice is not None)


def _read_authorization(browser: Browser) -> AuthorizationRequest:
    query = browser.request.query_params.multi_items()
    app = browser.workspace.app
    return protocol.read_authorization_request(query, app.client_id, browser.address, app.sign_in_scope)


def _require_user(browser: Browser) -> None:
    """Raise Redirect to the sign-in page, which leads back to this one."""
    if browser.user is None:
        url = browser.request.url
        this_page = f"{url.path}?{url.query}" if url.query else url.path
        raise Redirect(f"{accounts.SIGN_IN_PAGE}?next={quote(this_page, safe='')}")


def _may_use_api(browser: Browser) -> bool:
    return browser.user is not None and accounts.may_use_api(browser.workspace.app, browser.user.plan)


def _check_guesses(browser: Browser) -> None:
    """Raise Problem if the user has entered too many wrong codes: then a right one is not accepted either.

    A user code can be guessed, unlike the other codes (RFC 8628, 5.1).
    """
    workspace = browser.workspace
    if seconds := records.seconds_to_wait(workspace.database, workspace.user_code_limit, browser.user_id):
        raise too_many(seconds)


def _reject_user_code(browser: Browser, user_code: str) -> Response:
    workspace, user_id = browser.workspace, browser.user_id
    records.count_failure(workspace.database, workspace.user_code_limit, browser.address, user_id=user_id)
    fault = "That code is not valid. It may have been used or withdrawn, or have expired after 15 minutes."
    return render(browser, "device.html", 422, fault=fault, entered=user_code[:40])


def _render_authorization(
    browser: Browser,
    request: AuthorizationRequest,
    status: int = 200,
    fault: str = "",
    entered: dict[str, object] | None = None,
) -> Response:
    code = user_codes.of_challenge(request.challenge)
    response = _render_approval(browser, request.details, code, timestamps.now(), status, fault, entered)
    # Chromium applies `form-action` to the redirect that follows. CSP has no syntax for IPv6 addresses.
    origin = protocol.redirect_origin(request.redirect_uri) or ""
    target = "http:" if "[" in origin else origin
    response.headers["Content-Security-Policy"] = content_policy(f"'self' {target}")
    return response


def _render_device(
    browser: Browser,
    request: LoginRequest,
    code: str,
    status: int = 200,
    fault: str = "",
    entered: dict[str, object] | None = None,
) -> Response:
    return _render_approval(browser, request, code, request.created, status, fault, entered)


def _render_approval(
    browser: Browser,
    details: Details | LoginRequest,
    code: str,
    created: datetime,
    status: int,
    fault: str,
    entered: dict[str, object] | None,
) -> Response:
    return render(
        browser,
        "approval.html",
        status,
        details=details,
        code=user_codes.show(code),
        created=created,
        own_address=browser.address,
        action=f"{browser.request.url.path}?{browser.request.url.query}",
        fault=fault,
        entered=entered or EMPTY_FORM | {"label": _suggest_label(details) or browser.workspace.app.title},
        days=DAYS,
        tomorrow=tomorrow(),
    )


def _suggest_label(details: Details | LoginRequest) -> str:
    parts = [part for part in (details.profile, details.machine) if part]
    return details.label or " on ".join(parts)[:MAX_LABEL_LENGTH]
