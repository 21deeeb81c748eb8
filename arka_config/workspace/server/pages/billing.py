"""The billing page. An embedded workspace sends no bill: the button sets the plan."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from arka_config.workspace.server import accounts
from arka_config.workspace.server.pages.browser import SentByUser, SignedIn
from arka_config.workspace.server.pages.rendering import page
from arka_config.workspace.server.problems import INVALID_REQUEST, Problem
from arka_config.workspace.server.tables import User


def router(path: str) -> APIRouter:
    """The page at its path: each app has its own."""
    made = APIRouter(include_in_schema=False)
    made.add_api_route(path, show, methods=["GET"])
    made.add_api_route(path, change_plan, methods=["POST"])
    return made


def show(browser: SignedIn, note: str = "") -> Response:
    """The plans, and which of them is the user's."""
    return page(browser, "billing.html", note=note)


def change_plan(browser: SentByUser, plan: Annotated[str, Form()] = "") -> Response:
    """Puts the user on a plan."""
    if plan not in accounts.PLANS:
        raise Problem(INVALID_REQUEST, "there is no such plan")
    with browser.workspace.database.writing() as session:
        user = session.get(User, browser.user_id)
        if user is not None:
            accounts.set_plan(session, user, plan, address=browser.address)
    return RedirectResponse(f"{browser.workspace.billing_page}?note=changed", 303)
