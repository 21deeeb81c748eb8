"""The page to revoke a found token. It needs no account, and never tells if there was such a token."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from arka_config.workspace.server import leaks
from arka_config.workspace.server.api.auth import limit_failures
from arka_config.workspace.server.pages.browser import AnyBrowser, FormBrowser, SignedInFormBrowser
from arka_config.workspace.server.pages.rendering import REVOKE_PAGE, render

router = APIRouter(include_in_schema=False)


@router.get(REVOKE_PAGE)
def show_form(browser: AnyBrowser, done: str | None = None) -> Response:
    """Show the form."""
    return render(browser, "found.html", is_done=done is not None)


@router.post(REVOKE_PAGE)
def revoke(browser: FormBrowser, token: Annotated[str, Form()] = "") -> Response:
    """Revoke the token, if there is one."""
    workspace = browser.workspace
    limit_failures(workspace, workspace.found_token_limit, browser.address)
    leaks.revoke_found(workspace.database, token.strip(), address=browser.address)
    return RedirectResponse(f"{REVOKE_PAGE}?done", 303)


@router.post(f"{REVOKE_PAGE}/dismiss")
def dismiss(browser: SignedInFormBrowser, leak: Annotated[str, Form(alias="id")] = "") -> Response:
    """Do not show the owner of a leaked token its notice any more."""
    with browser.workspace.database.write() as session:
        leaks.dismiss(session, browser.user_id, leak)
    return RedirectResponse(browser.workspace.tokens_page, 303)
