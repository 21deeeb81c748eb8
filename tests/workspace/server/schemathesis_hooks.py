"""What Schemathesis cannot read from the OpenAPI document. It loads this module; `test_openapi.py` runs it.

Every request has a token of its own, since one of them may revoke the token that it is sent with: with one for all, the
rest of the run would meet nothing but 401, and find nothing.
"""

from __future__ import annotations

import os
from typing import Any

import schemathesis

from arka_config.arka import app
from arka_config.workspace.server.workspace import Workspace
from tests.workspace.server.calling import ANN, MANAGE

_LEAP_YEAR_TO_COME = "2996"
_workspace = Workspace.open(app, os.environ["TEST_DATABASE_URL"])


@schemathesis.auth(refresh_interval=None)
class Tokens:
    """A token for each request."""

    def get(self, case: schemathesis.Case[Any], context: schemathesis.AuthContext) -> str:
        return _workspace.issue(ANN, "Schemathesis", [MANAGE]).secret.reveal()

    def set(self, case: schemathesis.Case[Any], data: str, context: schemathesis.AuthContext) -> None:
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case[Any], kwargs: dict[str, Any]) -> None:
    """Turns what fits the schema into what makes sense: no schema says that a moment is to come, or a cursor ours."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    case.query.pop("cursor", None)
    expires = case.body.get("expires") if isinstance(case.body, dict) else None
    if isinstance(case.body, dict) and isinstance(expires, str):
        case.body["expires"] = _LEAP_YEAR_TO_COME + expires[4:]
