"""Render pages from templates, with everything escaped, and serve the static files and the problem pages."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import APIRouter
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from arka_config import timestamps
from arka_config.text import visible
from arka_config.workspace import scopes
from arka_config.workspace.server import accounts, problems
from arka_config.workspace.server.pages.browser import AnyBrowser, Browser
from arka_config.workspace.server.problems import NOT_FOUND, Problem

if TYPE_CHECKING:
    import os

    from starlette.types import Scope

STATIC = "/static"
REVOKE_PAGE = "/revoke"
_HERE = Path(__file__).parent
_KINDS = {kind.name: kind for kind in problems.KINDS}

problem_router = APIRouter(include_in_schema=False)


_templates = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters.update(
    day=lambda time: f"{time.day} {time:%b %Y}",
    clock=lambda time: f"{time:%H:%M}",
    time=timestamps.to_text,
    in_words=timestamps.describe,
    visible=visible,
)
_templates.globals.update(
    static=STATIC, revoke_page=REVOKE_PAGE, sign_in_page=accounts.SIGN_IN_PAGE, PRO=accounts.PRO, scopes=scopes
)


def render(browser: Browser, template: str, status: int = 200, **values: object) -> Response:
    """Render a page, and set the browser's cookie."""
    text = _templates.get_template(template).render(
        workspace=browser.workspace,
        app=browser.workspace.app,
        user=browser.user,
        form_key=browser.form_key,
        login_command=browser.login_command,
        now=timestamps.now(),
        **values,
    )
    response = HTMLResponse(text, status)
    browser.set_cookie(response)
    return response


def render_problem(browser: Browser, problem: Problem) -> Response:
    """Render a problem as a page."""
    kind, detail, advice = problem.kind, problem.detail, problem.kind.advice
    seconds = problem.headers.get("Retry-After", "")
    if seconds.isdigit():  # browsers do not show this header
        minutes = math.ceil(int(seconds) / 60)
        detail = "too many attempts from your address have failed"
        advice = f"Try again in {minutes} minutes." if minutes > 1 else "Try again in a minute."
    response = render(
        browser, "problem.html", kind.status, kind=kind, detail=detail if detail != advice else "", advice=advice
    )
    response.headers.update(problem.headers)
    return response


@problem_router.get("/problems/{name}")
def explain_problem(browser: AnyBrowser, name: str) -> Response:
    """Explain a kind of problem: the `type` of problem details is the address of this page (RFC 9457, 3.1.1)."""
    if name not in _KINDS:
        raise Problem(NOT_FOUND, "there is no such page")
    return render(browser, "problem.html", kind=_KINDS[name], detail="", advice=_KINDS[name].advice)


class Static(StaticFiles):
    """The script, the style sheet and the icon. Browsers revalidate them at each use."""

    def __init__(self) -> None:
        super().__init__(directory=_HERE / "static")

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Serve a file."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "no-cache"
        return response
