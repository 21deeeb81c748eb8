"""Answer `GET /api/v1/me` without FastAPI: its dispatch takes longer than the lookup of the token.

This is the request that programs make at each start, and the only one that is answered here. It uses the same functions
as the route in `routes.py`; a test compares the responses of both, byte for byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.security.utils import get_authorization_scheme_param
from starlette.requests import Request

from arka_config.workspace.server.api import auth, schemas
from arka_config.workspace.server.problems import BROKEN, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from arka_config.workspace.server.workspace import Workspace

PATH = "/api/v1/me"


class Shortcut:
    """ASGI middleware that answers the request if it is this one, and leaves every other one to the application."""

    def __init__(self, app: ASGIApp, workspace: Workspace, to_problem: Callable[[Exception], Problem]) -> None:
        self._app = app
        self._workspace = workspace
        self._to_problem = to_problem

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        scheme, token = get_authorization_scheme_param(request.headers.get("authorization"))
        token = token if scheme.lower() == "bearer" else ""
        try:
            caller = await auth.authenticate_token(self._workspace, request, token)
            response = schemas.describe_caller(caller.token)
        except Exception as error:
            problem = self._to_problem(error)
            await problem.response()(scope, receive, send)
            if problem.kind is BROKEN:
                raise  # the server logs it
        else:
            await response(scope, receive, send)
