"""The ASGI application of a workspace: the API and the pages, behind the guard."""

from __future__ import annotations

import logging
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Match

from arka_config.workspace.server import problems
from arka_config.workspace.server.api import responses, routes
from arka_config.workspace.server.middleware import Guard
from arka_config.workspace.server.pages import billing, help_pages, rendering, sign_in, tokens
from arka_config.workspace.server.pages.browser import Browser, Elsewhere
from arka_config.workspace.server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request

    from arka_config.workspace.server.workspace import Workspace

OPENAPI = "/openapi.json"
_METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")
_UNAVAILABLE = (InterfaceError, NoConnectionFree, OperationalError)  # the database is away, or busy for too long
_log = logging.getLogger(__name__)


def application(workspace: Workspace, hosts: Iterable[str] = ()) -> Guard:
    """The application for a workspace. `hosts` are names that it is reached by beside loopback's and its URL's."""
    made = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    made.state.workspace = workspace
    for kind in (Problem, RequestValidationError, HTTPException, *_UNAVAILABLE, Exception):
        made.add_exception_handler(kind, _answer)
    made.add_exception_handler(Elsewhere, _send_on)
    made.include_router(routes.router)
    made.include_router(sign_in.router)
    made.include_router(help_pages.router)
    made.include_router(tokens.router(workspace.tokens_page))
    made.include_router(billing.router(workspace.billing_page))
    made.mount(rendering.STATIC, rendering.Static())
    _add_description(made, workspace)
    return Guard(made, url=workspace.url, hosts=hosts)


def _add_description(made: FastAPI, workspace: Workspace) -> None:
    @cache
    def description() -> dict[str, Any]:
        return responses.describe(made, workspace.app.title, version("arka-config"))

    async def openapi(_: Request) -> Response:
        import json

        return Response(json.dumps(description()), media_type="application/json")

    made.add_route(OPENAPI, openapi, include_in_schema=False)


async def _answer(request: Request, error: Exception) -> Response:
    """The answer to a request that failed: a problem for programs, a page for people."""
    problem = _problem(error)
    if problem.kind is problems.NOT_ALLOWED:
        problem.headers["Allow"] = _allowed(request)
    if request.url.path.startswith("/api/") or request.url.path == OPENAPI:
        return problem.response()
    if problem.kind.status >= 500:  # where the database is what broke, no page can be made
        text = f"{problem.kind.title}. {problem.kind.advice}\n"
        return PlainTextResponse(text, problem.kind.status, headers=problem.headers)
    return await run_in_threadpool(lambda: rendering.problem_page(Browser(request), problem))


async def _send_on(_: Request, error: Exception) -> Response:
    assert isinstance(error, Elsewhere)
    return RedirectResponse(error.path, 303)


def _problem(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        # A field's name, unlike its value, is ours: for one that nobody knows, the place is told and not the name.
        fields = [
            {"field": _field(fault), "detail": fault["msg"].removeprefix("Value error, ")} for fault in error.errors()
        ]
        kind = problems.INVALID_REQUEST
        return Problem(kind, kind.advice, errors=fields)
    if isinstance(error, HTTPException):
        return problems.of_status(error.status_code, error.headers)
    if isinstance(error, _UNAVAILABLE):
        _log.error("the database does not answer: %s", _in_a_line(error))
        return problems.unavailable()
    return problems.of_status(500)  # its traceback is uvicorn's to log


def _in_a_line(error: Exception) -> str:
    """The driver's own words: those of SQLAlchemy repeat the statement."""
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]


def _allowed(request: Request) -> str:
    """The methods that there are at this path, whichever route has them."""

    def is_there(method: str) -> bool:
        scope = {**request.scope, "method": method}
        return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)

    found = [method for method in _METHODS if is_there(method)]
    return ", ".join(sorted([*found, *(["HEAD"] if "GET" in found else [])]))


def _field(fault: dict[str, Any]) -> str:
    if fault["type"] == "json_invalid":  # its place is that of a character
        return "body"
    known = [str(part) for part in fault["loc"][1:] if isinstance(part, int) or fault["type"] != "extra_forbidden"]
    return ".".join(known) or str(fault["loc"][0])
