"""The ASGI application of a workspace: the API and the pages, behind the security middleware."""

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
from arka_config.workspace.server.api import routes, schemas
from arka_config.workspace.server.middleware import SecurityMiddleware
from arka_config.workspace.server.pages import account, rendering, tokens
from arka_config.workspace.server.pages.browser import Browser, Redirect
from arka_config.workspace.server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request

    from arka_config.workspace.server.workspace import Workspace

OPENAPI = "/openapi.json"
_METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")
_DATABASE_ERRORS = (InterfaceError, NoConnectionFree, OperationalError)  # the database is down, or busy for too long
_log = logging.getLogger(__name__)


def create_application(workspace: Workspace, hosts: Iterable[str] = ()) -> SecurityMiddleware:
    """Create the application of a workspace. `hosts` are accepted in addition to loopback and the workspace's URL."""
    application = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    application.state.workspace = workspace
    for kind in (Problem, RequestValidationError, HTTPException, *_DATABASE_ERRORS, Exception):
        application.add_exception_handler(kind, _handle_error)
    application.add_exception_handler(Redirect, _redirect)
    application.include_router(routes.router)
    application.include_router(account.router(workspace.billing_page))
    application.include_router(rendering.problem_router)
    application.include_router(tokens.router(workspace.tokens_page))
    application.mount(rendering.STATIC, rendering.Static())
    _add_openapi(application, workspace)
    return SecurityMiddleware(application, url=workspace.url, hosts=hosts)


def _add_openapi(application: FastAPI, workspace: Workspace) -> None:
    @cache
    def document() -> dict[str, Any]:
        return schemas.build_openapi(application, workspace.app.title, version("arka-config"))

    async def openapi(_: Request) -> Response:
        import json

        return Response(json.dumps(document()), media_type="application/json")

    application.add_route(OPENAPI, openapi, include_in_schema=False)


async def _handle_error(request: Request, error: Exception) -> Response:
    """Answer a failed request: with problem details for programs, a page for browsers."""
    problem = _to_problem(error)
    if problem.kind is problems.NOT_ALLOWED:
        problem.headers["Allow"] = _allowed_methods(request)
    if request.url.path.startswith("/api/") or request.url.path == OPENAPI:
        return problem.response()
    if problem.kind.status >= 500:  # a page needs the database, which may be what failed
        text = f"{problem.kind.title}. {problem.kind.advice}\n"
        return PlainTextResponse(text, problem.kind.status, headers=problem.headers)
    return await run_in_threadpool(lambda: rendering.render_problem(Browser(request), problem))


async def _redirect(_: Request, error: Exception) -> Response:
    assert isinstance(error, Redirect)
    return RedirectResponse(error.path, 303)


def _to_problem(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        fields = [
            {"field": _field_name(fault), "detail": fault["msg"].removeprefix("Value error, ")}
            for fault in error.errors()
        ]
        kind = problems.INVALID_REQUEST
        return Problem(kind, kind.advice, errors=fields)
    if isinstance(error, HTTPException):
        return problems.from_status(error.status_code, error.headers)
    if isinstance(error, _DATABASE_ERRORS):
        _log.error("the database does not respond: %s", _driver_message(error))
        return problems.unavailable()
    return problems.from_status(500)  # uvicorn logs the traceback


def _driver_message(error: Exception) -> str:
    """The first line of the driver's message. SQLAlchemy's own message repeats the statement."""
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]


def _allowed_methods(request: Request) -> str:
    """The methods that any route has at this path."""

    def is_allowed(method: str) -> bool:
        scope = {**request.scope, "method": method}
        return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)

    methods = [method for method in _METHODS if is_allowed(method)]
    return ", ".join(sorted([*methods, *(["HEAD"] if "GET" in methods else [])]))


def _field_name(fault: dict[str, Any]) -> str:
    """The path of an invalid field. The name of an unknown field is left out: it is input, and is not repeated."""
    if fault["type"] == "json_invalid":  # its location is a character position
        return "body"
    names = [str(part) for part in fault["loc"][1:] if isinstance(part, int) or fault["type"] != "extra_forbidden"]
    return ".".join(names) or str(fault["loc"][0])
