"""A page for each kind of problem: the `type` of a problem's details is its address (RFC 9457, 3.1.1)."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from arka_config.workspace.server import problems
from arka_config.workspace.server.pages.browser import AnyBrowser
from arka_config.workspace.server.pages.rendering import page
from arka_config.workspace.server.problems import NOT_FOUND, Problem

router = APIRouter(include_in_schema=False)
_KINDS = {kind.name: kind for kind in problems.KINDS}


@router.get("/problems/{name}")
def explain(browser: AnyBrowser, name: str) -> Response:
    """What a kind of problem means, and what to do about it."""
    if name not in _KINDS:
        raise Problem(NOT_FOUND, "there is no such page")
    return page(browser, "problem.html", kind=_KINDS[name], detail="", advice=_KINDS[name].advice)
