"""The ASGI application of a workspace: the API and the pages, behind the security middleware."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Match

from arka_config.workspace.server import outages, problems
from arka_config.workspace.server.api import leaks, problem_schemas, routes
from arka_config.workspace.server.api.auth import public_url
from arka_config.workspace.server.api.shortcut import Shortcut
from arka_config.workspace.server.health import HealthChecks
from arka_config.workspace.server.middleware import SecurityMiddleware
from arka_config.workspace.server.pages import account, activity, found, rendering, single_sign_on, tokens
from arka_config.workspace.server.pages.browser import Browser, Redirect
from arka_config.workspace.server.problems import Problem
from arka_config.workspace.server.request_observer import RequestObserver, RouteRecorder
from arka_config.workspace.server.sign_in import approval, endpoints
from arka_config.workspace.server.sign_in.protocol import OAuthError, RedirectedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp

    from arka_config.workspace.server.metrics import Metrics
    from arka_config.workspace.server.proxies import Network
    from arka_config.workspace.server.workspace import Workspace

OPENAPI = "/openapi.json"
_VERSION = version("arka-config")
_METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")


class _Application(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, which is built once."""
        if not self.openapi_schema:
            document = super().openapi()
            leaks.add_report_schema(document)
            problem_schemas.add_problem_schemas(document)
        assert self.openapi_schema is not None
        return self.openapi_schema


def create_application(
    workspace: Workspace,
    hosts: Iterable[str] = (),
    trusted_proxies: Sequence[Network] = (),
    *,
    access_log: bool = False,
    metrics: Metrics | None = None,
) -> ASGIApp:
    """Create the application of a workspace. `hosts` are accepted in addition to loopback and the workspace's URL."""
    application = _Application(
        title=f"{workspace.app.title} workspace",
        version=_VERSION,
        description="Issues, lists and revokes tokens. Errors are problem details (RFC 9457).",
        separate_input_output_schemas=False,
        openapi_url=OPENAPI,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        routes=_create_routes(
            workspace.tokens_page,
            workspace.activity_page,
            workspace.billing_page if workspace.app.has_plans else None,
        ),
    )
    application.state.workspace = workspace
    workspace.database.outages.is_worker = True
    for kind in (Problem, RequestValidationError, HTTPException, *outages.UNAVAILABLE, Exception):
        application.add_exception_handler(kind, _handle_error)
    application.add_exception_handler(Redirect, _redirect)
    application.add_exception_handler(OAuthError, _answer_oauth_error)
    application.add_exception_handler(RedirectedError, approval.redirect_error)
    shortcut = Shortcut(application, workspace, _to_problem)
    checked = SecurityMiddleware(RouteRecorder(shortcut), url=workspace.url, hosts=hosts, trusted=trusted_proxies)
    return RequestObserver(
        HealthChecks(checked, workspace.database), access_log=access_log, metrics=metrics, trusted=trusted_proxies
    )


@cache
def _create_routes(tokens_page: str, activity_page: str, billing_page: str | None) -> list[BaseRoute]:
    """Create the routes of all applications with these pages.

    FastAPI takes several times as long for them as for a request, and a test suite creates hundreds of applications.
    """
    router = APIRouter()
    for each in (routes, endpoints, leaks, approval, account, single_sign_on):
        router.include_router(each.router)
    if billing_page is not None:
        router.include_router(account.billing_router, prefix=billing_page)
    router.include_router(rendering.problem_router)
    router.include_router(tokens.router, prefix=tokens_page)
    router.include_router(activity.router, prefix=activity_page)
    router.include_router(found.router)
    router.mount(rendering.STATIC, rendering.Static())
    return router.routes


async def _handle_error(request: Request, error: Exception) -> Response:
    """Answer a failed request: with problem details for programs, a page for browsers."""
    problem = _to_problem(error)
    if problem.kind is problems.NOT_ALLOWED:
        problem.headers["Allow"] = _allowed_methods(request)
    path = request.url.path
    if path.startswith("/api/") or path == OPENAPI or path in endpoints.PROGRAM_PATHS:
        return problem.response()
    if problem.kind.status >= 500:  # a page needs the database, which may be what failed
        text = f"{problem.kind.title}. {problem.kind.advice}\n"
        return PlainTextResponse(text, problem.kind.status, headers=problem.headers)
    return await run_in_threadpool(lambda: rendering.render_problem(Browser(request), problem))


async def _redirect(_: Request, error: Exception) -> Response:
    assert isinstance(error, Redirect)
    return RedirectResponse(error.path, 303)


async def _answer_oauth_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, OAuthError)
    return error.response(public_url(request))


def _to_problem(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        fields = [(_field_name(fault), fault["msg"].removeprefix("Value error, ")) for fault in error.errors()]
        return problems.invalid_request(*fields)
    if isinstance(error, HTTPException):
        return problems.from_status(error.status_code, error.headers)
    if isinstance(error, outages.UNAVAILABLE):  # logged when the outage began
        return Problem(problems.UNAVAILABLE, "the database does not respond", headers={"Retry-After": "2"})
    return problems.from_status(500)  # uvicorn logs the traceback


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
