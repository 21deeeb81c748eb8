"""The two pages of single sign-on: one redirects to the provider, and the provider redirects to the other.

Any browser may open the first one: at worst, its user signs in as themselves. The second one accepts only what the same
browser has started, so that no user is signed in to another person's account.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from arka_config.text import visible
from arka_config.workspace.server import accounts
from arka_config.workspace.server.api.auth import check_blocked, limit_failures
from arka_config.workspace.server.pages.browser import AnyBrowser, Browser
from arka_config.workspace.server.pages.rendering import render
from arka_config.workspace.server.problems import NOT_FOUND, Problem
from arka_config.workspace.server.sign_in.protocol import return_path
from arka_config.workspace.server.single_sign_on import challenge

if TYPE_CHECKING:
    from arka_config.workspace.server.single_sign_on.provider import Provider

START_PAGE = accounts.SIGN_IN_PAGE + "/provider"
CALLBACK_PAGE = accounts.SIGN_IN_PAGE + "/callback"
_NOT_STARTED = "This sign-in was not started in this browser, or took too long. Start again."
_CANCELLED = "The provider did not sign you in."
_REFUSED = "The provider could not be asked, or your account there may not sign in here. Ask your administrator."
_log = logging.getLogger(__name__)

router = APIRouter(include_in_schema=False)


@router.get(START_PAGE)
def start(browser: AnyBrowser) -> Response:
    """Redirect to the provider."""
    from arka_config.workspace.server.single_sign_on.provider import SignOnFailed  # slow, and only needed with it

    provider = _provider_of(browser)
    next_page = return_path(browser.request.query_params.get("next", ""))
    try:
        url = provider.authorization_url(browser.url + CALLBACK_PAGE, challenge.create(browser.key, next_page))
    except SignOnFailed as failure:
        return _refuse(browser, str(failure), _REFUSED, next_page)
    response = RedirectResponse(url, 303)
    browser.set_cookie(response)
    return response


@router.get(CALLBACK_PAGE)
def finish(
    browser: AnyBrowser, state: str = "", code: str = "", error: str | None = None, iss: str | None = None
) -> Response:
    """Sign in with the provider's answer."""
    from arka_config.workspace.server.single_sign_on.identities import find_user
    from arka_config.workspace.server.single_sign_on.provider import SignOnFailed

    provider = _provider_of(browser)
    check_blocked(browser.workspace, browser.workspace.sign_in_limit, browser.address)
    started = challenge.check(browser.key, state)
    if started is None:
        return _refuse(browser, "the state is not of this browser, or too old", _NOT_STARTED, "")
    next_page = return_path(started.next_page)
    try:
        provider.check_issuer(iss)
        if error is not None or not code:
            return _refuse(browser, "the provider returned an error", _CANCELLED, next_page)
        account = provider.verify(browser.url + CALLBACK_PAGE, code, started)
        with browser.workspace.database.write() as session:
            user = find_user(session, account, provider.settings, address=browser.address)
            key = accounts.start_session(session, user.id, address=browser.address, old_key=browser.key)
    except SignOnFailed as failure:
        return _refuse(browser, str(failure), _REFUSED, next_page)
    response = RedirectResponse(next_page or browser.workspace.tokens_page, 303)
    browser.set_cookie(response, key)
    return response


def _provider_of(browser: Browser) -> Provider:
    provider = browser.workspace.single_sign_on
    if provider is None:
        raise Problem(NOT_FOUND, "this workspace has no single sign-on")
    return provider


def _refuse(browser: Browser, reason: str, fault: str, next_page: str) -> Response:
    """Log the reason for the operator, count the failure, and tell the user what to do."""
    _log.warning("single sign-on: %s", visible(reason))
    limit_failures(browser.workspace, browser.workspace.sign_in_limit, browser.address)
    return render(browser, "sign_in.html", 403, fault=fault, next_page=next_page)
