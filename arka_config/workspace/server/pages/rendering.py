"""How a page is made of a template. Whatever stands in one is escaped, unless it is the template's own."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from arka_config import timestamps
from arka_config.text import visible
from arka_config.workspace.server import accounts, sign_in, tokens

if TYPE_CHECKING:
    import os
    from datetime import datetime

    from starlette.responses import Response
    from starlette.types import Scope

    from arka_config.workspace.server.pages.browser import Browser
    from arka_config.workspace.server.problems import Problem

_HERE = Path(__file__).parent
STATIC = "/static"


def _day(when: datetime) -> str:
    return f"{when.day} {when:%b %Y}"


_templates = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters.update(day=_day, time=timestamps.stored, in_words=timestamps.in_words, visible=visible)
_templates.globals.update(static=STATIC, sign_in_page=sign_in.PAGE, PRO=accounts.PRO, MANAGE=tokens.MANAGE)


def page(browser: Browser, template: str, status: int = 200, **values: object) -> Response:
    """A page for a browser, which keeps its key."""
    text = _templates.get_template(template).render(
        workspace=browser.workspace,
        app=browser.workspace.app,
        user=browser.user,
        form_key=browser.form_key,
        now=timestamps.now(),
        **values,
    )
    response = HTMLResponse(text, status)
    browser.keep(response)
    return response


def problem_page(browser: Browser, problem: Problem) -> Response:
    """A problem, for a person."""
    kind, detail, advice = problem.kind, problem.detail, problem.kind.advice
    seconds = problem.headers.get("Retry-After", "")
    if seconds.isdigit():  # which no browser shows
        minutes = math.ceil(int(seconds) / 60)
        detail = "too many attempts from your address have failed"
        advice = f"Try again in {minutes} minutes." if minutes > 1 else "Try again in a minute."
    response = page(
        browser, "problem.html", kind.status, kind=kind, detail=detail if detail != advice else "", advice=advice
    )
    response.headers.update(problem.headers)
    return response


class Static(StaticFiles):
    """The script, the style and the icon. A browser asks each time whether they have changed."""

    def __init__(self) -> None:
        super().__init__(directory=_HERE / "static")

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """A file's answer."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "no-cache"
        return response
