"""`/healthz` and `/readyz`: whether this worker runs, and whether it can verify tokens.

Load balancers send these requests to an address instead of the public name, so they are exempt from the Host check.
Their responses are constant and say nothing about the database.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from arka_config.workspace.server.database import Database

ALIVE = "/healthz"
READY = "/readyz"
PATHS = (ALIVE, READY)
_TIMEOUT = 2.0  # seconds for the database to answer
_REMEMBER = 1.0  # seconds: requests do not cost a query each


class HealthChecks:
    """ASGI middleware that answers the two requests, and leaves every other one to the application."""

    def __init__(self, app: ASGIApp, database: Database) -> None:
        self._app = app
        self._database = database
        self._is_ready = False
        self._checked = float("-inf")
        self._check: asyncio.Task[bool] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["path"] not in PATHS or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        is_well = scope["path"] == ALIVE or await self._can_serve()
        text, status = ("ok\n", 200) if is_well else ("the database does not respond\n", 503)
        await PlainTextResponse(text, status, headers={"Cache-Control": "no-store"})(scope, receive, send)

    async def _can_serve(self) -> bool:
        """Whether the database answers. Concurrent requests wait for one query."""
        if time.monotonic() - self._checked < _REMEMBER:
            return self._is_ready
        if self._check is None or self._check.done():
            self._check = asyncio.create_task(run_in_threadpool(self._query))
        done, _ = await asyncio.wait([self._check], timeout=_TIMEOUT)
        self._is_ready = bool(done) and self._check.result()
        self._checked = time.monotonic()
        return self._is_ready

    def _query(self) -> bool:
        try:
            self._database.look_up(select(1), {})
        except SQLAlchemyError:
            return False
        return True
