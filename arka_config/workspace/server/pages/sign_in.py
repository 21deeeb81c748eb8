"""The sign-in page. Opening a link only shows it: a code is used up by the form, and not by who previews links."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from arka_config.workspace.server import limits, sign_in
from arka_config.workspace.server.digests import new_secret
from arka_config.workspace.server.pages.browser import AnyBrowser, Browser, SentByUser, SentForm
from arka_config.workspace.server.pages.rendering import page
from arka_config.workspace.server.problems import too_many

router = APIRouter(include_in_schema=False)


@router.get("/")
def first_page(browser: AnyBrowser) -> Response:
    """The tokens page, which sends on who is not signed in."""
    return RedirectResponse(browser.workspace.tokens_page, 303)


@router.get(sign_in.PAGE)
def show_sign_in(browser: AnyBrowser) -> Response:
    """The page that a sign-in link opens."""
    if browser.user is not None and not browser.request.query_params:
        return page(browser, "signed_in.html")
    return page(browser, "sign_in.html", fault="")


@router.post(sign_in.PAGE)
def use_code(browser: SentForm, code: Annotated[str, Form()] = "") -> Response:
    """Signs in with a code. The answer to one that does not work is the same, whatever the reason."""
    code = sign_in.code_in(code)
    key = _new_session(browser, code)
    if key is None:
        return _refusal(browser)
    response = RedirectResponse(browser.workspace.tokens_page, 303)
    browser.keep(response, key)
    return response


def _new_session(browser: Browser, code: str) -> str | None:
    """The key of a new session. Who tries codes that do not work only reads, and keeps nobody waiting."""
    database = browser.workspace.database
    with database.reading() as session:
        if not sign_in.is_open(session, code):
            return None
    with database.writing() as session:
        return sign_in.sign_in(session, code, address=browser.address, before=browser.key)


def _refusal(browser: Browser) -> Response:
    workspace = browser.workspace
    seconds = limits.seconds_to_wait(workspace.database, workspace.sign_in_limit, browser.address)
    if seconds:
        raise too_many(seconds)
    limits.count_failure(workspace.database, workspace.sign_in_limit, browser.address)
    return page(browser, "sign_in.html", 403, fault="That code does not work. It may have been used, or be too old.")


@router.post("/sign-out")
def leave(browser: SentByUser) -> Response:
    """Ends the session."""
    with browser.workspace.database.writing() as session:
        sign_in.sign_out(session, browser.key, browser.user_id, address=browser.address)
    response = RedirectResponse(sign_in.PAGE, 303)
    browser.keep(response, new_secret())
    return response
