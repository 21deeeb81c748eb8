"""Hooks that Schemathesis loads for what the OpenAPI document cannot say. `test_openapi.py` runs it.

Every request has its own token, because it may revoke that token. If they shared one, all later requests would get a
401.
"""

from __future__ import annotations

import os
from typing import Any

import schemathesis

from arka_config.arka import app
from arka_config.workspace.server.workspace import Workspace
from tests.workspace.server.clients import ANN, MANAGE

_FUTURE_LEAP_YEAR = "2996"
_workspace = Workspace.open(app, os.environ["TEST_DATABASE_URL"], migrate=True)


@schemathesis.auth(refresh_interval=None)
class Tokens:
    """A token for each request."""

    def get(self, case: schemathesis.Case[Any], context: schemathesis.AuthContext) -> str:
        return _workspace.issue(ANN, "Schemathesis", [MANAGE]).secret.reveal()

    def set(self, case: schemathesis.Case[Any], data: str, context: schemathesis.AuthContext) -> None:
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case[Any], kwargs: dict[str, Any]) -> None:
    """Make valid input meaningful: no schema can say that a time is in the future, a cursor ours, or a key new."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    case.query.pop("cursor", None)
    case.headers.pop("Idempotency-Key", None)  # if a key was used before, it is refused
    expires = case.body.get("expires") if isinstance(case.body, dict) else None
    if isinstance(case.body, dict) and isinstance(expires, str):
        case.body["expires"] = _FUTURE_LEAP_YEAR + expires[4:]
