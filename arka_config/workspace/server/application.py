"""The ASGI application of a workspace: the API and the pages, behind the guard."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from arka_config.workspace.server import problems
from arka_config.workspace.server.api import responses, routes
from arka_config.workspace.server.guard import Guard
from arka_config.workspace.server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request

    from arka_config.workspace.server.workspace import Workspace

OPENAPI = "/openapi.json"


def application(workspace: Workspace, hosts: Iterable[str] = ()) -> Guard:
    """The application for a workspace. `hosts` are names that it is reached by beside loopback's and its URL's."""
    made = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    made.state.workspace = workspace
    for kind in (Problem, RequestValidationError, HTTPException, Exception):
        made.add_exception_handler(kind, _answer)
    made.include_router(routes.router)
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
    return _problem(error).response()


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
    return problems.of_status(500)


def _field(fault: dict[str, Any]) -> str:
    known = [str(part) for part in fault["loc"][1:] if isinstance(part, int) or fault["type"] != "extra_forbidden"]
    return ".".join(known) or str(fault["loc"][0])
