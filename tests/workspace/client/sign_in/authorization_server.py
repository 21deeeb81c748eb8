"""An authorization server with a script: its metadata, and the responses of its endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from arka_config.arka import app
from arka_config.workspace.client.connection import Connection
from arka_config.workspace.client.sign_in.metadata import DEVICE_CODE, WELL_KNOWN, Metadata
from arka_config.workspace.client.sign_in.server import AuthorizationServer
from tests.workspace.fake import reply_json

if TYPE_CHECKING:
    from tests.workspace.fake import FakeWorkspace

TOKEN = "arka_" + "s" * 33 + "9f3c"
GRANTED = {"access_token": TOKEN, "token_type": "Bearer", "token_id": "tok_1", "label": "laptop", "user": "a@b.example"}


def document(url: str, **changes: Any) -> dict[str, Any]:
    """Return the metadata of a server with both grants. A member is left out if it is None."""
    members = {
        "issuer": url,
        "authorization_endpoint": f"{url}/oauth/authorize",
        "token_endpoint": f"{url}/oauth/token",
        "device_authorization_endpoint": f"{url}/oauth/device_authorization",
        "revocation_endpoint": f"{url}/oauth/revoke",
        "grant_types_supported": ["authorization_code", DEVICE_CODE],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
    } | changes
    return {name: value for name, value in members.items() if value is not None}


def server_at(fake: FakeWorkspace, **changes: Any) -> AuthorizationServer:
    """Return the client of a fake server with this metadata."""
    return AuthorizationServer(app, Metadata.parse(document(fake.url, **changes), fake.url), Connection())


def answer(fake: FakeWorkspace, *answers: tuple[int, Any]) -> None:
    """Script the answers to the next requests."""
    fake.script += [reply_json(status, document) for status, document in answers]


def sent_forms(fake: FakeWorkspace) -> list[dict[str, str]]:
    """Return the forms that the server received."""
    return [dict(parse_qsl(request.body.decode())) for request in fake.requests if request.path != WELL_KNOWN]
