"""The pages to sign in, sign out, and change the plan.

Opening a sign-in link does not use up its code, since chat programs preview links: submitting the form does. A
workspace sends no bills: the billing page sets the plan directly, if the operator allows it.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from arka_config.workspace.server import accounts
from arka_config.workspace.server.accounts import SIGN_IN_PAGE
from arka_config.workspace.server.api.auth import limit_failures
from arka_config.workspace.server.pages.browser import (
    AnyBrowser,
    Browser,
    FormBrowser,
    SignedInBrowser,
    SignedInFormBrowser,
)
from arka_config.workspace.server.pages.rendering import render
from arka_config.workspace.server.problems import INVALID_REQUEST, PLANS_ARE_SET, Problem
from arka_config.workspace.server.sign_in.protocol import return_path
from arka_config.workspace.server.tables import User, new_secret

router = APIRouter(include_in_schema=False)
billing_router = APIRouter(include_in_schema=False)  # the app sets its path


@router.get("/")
def open_home(browser: AnyBrowser) -> Response:
    """Redirect to the tokens page, which redirects to the sign-in page if needed."""
    return RedirectResponse(browser.workspace.tokens_page, 303)


@router.get(SIGN_IN_PAGE)
def show_sign_in(browser: AnyBrowser) -> Response:
    """Show the page that a sign-in link opens. `next` is the page that needed a user, for after signing in."""
    next_page = return_path(browser.request.query_params.get("next", ""))
    if browser.user is not None and next_page:
        return RedirectResponse(next_page, 303)
    if browser.user is not None and not browser.request.query_params:
        return render(browser, "signed_in.html")
    return render(browser, "sign_in.html", fault="", next_page=next_page)


@router.post(SIGN_IN_PAGE)
def sign_in(
    browser: FormBrowser, code: Annotated[str, Form()] = "", next_page: Annotated[str, Form(alias="next")] = ""
) -> Response:
    """Sign in with a code. The response to an invalid code does not tell why it is invalid."""
    provider = browser.workspace.single_sign_on
    if provider is not None and provider.settings.only:
        fault = "Links do not sign in to this workspace."
        return render(browser, "sign_in.html", 403, fault=fault, next_page=return_path(next_page))
    key = _start_session(browser, accounts.extract_code(code))
    if key is None:
        return _reject_code(browser, return_path(next_page))
    response = RedirectResponse(return_path(next_page) or browser.workspace.tokens_page, 303)
    browser.set_cookie(response, key)
    return response


def _start_session(browser: Browser, code: str) -> str | None:
    """Return the key of a new session. An invalid code only reads, so that it does not block writers."""
    database = browser.workspace.database
    with database.read() as session:
        if not accounts.is_code_valid(session, code):
            return None
    with database.write() as session:
        return accounts.sign_in(session, code, address=browser.address, old_key=browser.key)


def _reject_code(browser: Browser, next_page: str) -> Response:
    limit_failures(browser.workspace, browser.workspace.sign_in_limit, browser.address)
    fault = "That code does not work. It may have been used, or have expired."
    return render(browser, "sign_in.html", 403, fault=fault, next_page=next_page)


@router.post("/sign-out")
def sign_out(browser: SignedInFormBrowser) -> Response:
    """End the session."""
    with browser.workspace.database.write() as session:
        accounts.sign_out(session, browser.key, browser.user_id, address=browser.address)
    response = RedirectResponse(SIGN_IN_PAGE, 303)
    browser.set_cookie(response, new_secret())
    return response


@billing_router.get("")
def show_billing(browser: SignedInBrowser, note: str = "") -> Response:
    """Show the plans, and the user's."""
    return render(browser, "billing.html", note=note)


@billing_router.post("")
def change_plan(browser: SignedInFormBrowser, plan: Annotated[str, Form()] = "") -> Response:
    """Change the user's plan. Raises Problem unless the operator allows it."""
    if not browser.workspace.allow_upgrade:
        raise Problem(PLANS_ARE_SET, "users of this workspace cannot change their plan")
    if plan not in accounts.PLANS:
        raise Problem(INVALID_REQUEST, "there is no such plan")
    with browser.workspace.database.write() as session:
        user = session.get(User, browser.user_id)
        if user is not None:
            accounts.set_plan(session, user, plan, address=browser.address)
    return RedirectResponse(f"{browser.workspace.billing_page}?note=changed", 303)
