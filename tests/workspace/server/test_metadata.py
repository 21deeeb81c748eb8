"""What a workspace discloses without a token: the format of tokens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from arka_config import App
from arka_config.workspace.server.serving import serve_in_thread
from arka_config.workspace.server.tables import Token
from tests.workspace.server.clients import ANN, Api

if TYPE_CHECKING:
    from arka_config.workspace.server.serving import RunningWorkspace


def checksum(workspace: RunningWorkspace) -> str:
    with Api(workspace) as client:
        response = client.get("metadata")
    assert response.status_code == 200
    token_format = response.json()["token_format"]
    assert token_format | {"checksum": ""} == {"prefix": "arka_", "length": 42, "checksum": ""}
    return str(token_format["checksum"])


def test_checksum_is_required_unless_an_older_token_works(workspace: RunningWorkspace) -> None:
    assert checksum(workspace) == "required"
    token = workspace.issue(ANN, "Older").token
    assert checksum(workspace) == "required"
    older = update(Token).where(Token.id == token.id)
    with workspace.workspace.database.write() as session:
        session.execute(older.values(has_checksum=False))
    assert checksum(workspace) == "optional"
    with workspace.workspace.database.write() as session:
        session.execute(older.values(expires=datetime.now(UTC) - timedelta(seconds=1)))
    assert checksum(workspace) == "required"


@pytest.mark.parametrize("declared", ["none", "required"])
def test_checksum_is_what_the_app_declares(declared: str) -> None:
    app = App("acme", token_prefix="acme_", token_checksum=declared)  # type: ignore[arg-type]  # a Literal
    with serve_in_thread(app) as workspace, Api(workspace) as client:
        assert client.get("metadata").json() == {
            "token_format": {"prefix": "acme_", "length": None, "checksum": declared}
        }
