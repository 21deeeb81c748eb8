"""What programs call: the metadata (RFC 8414), the device request, the token request, and the withdrawal (RFC 7009)."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request
from sqlalchemy.exc import IntegrityError
from starlette.responses import JSONResponse, Response

from arka_config import timestamps
from arka_config.workspace import user_codes
from arka_config.workspace.server import tokens
from arka_config.workspace.server.api.auth import (
    check_blocked,
    client_address,
    limit_failures,
    public_url,
    workspace_of,
)
from arka_config.workspace.server.sign_in import login_requests, protocol
from arka_config.workspace.server.sign_in.login_requests import Login
from arka_config.workspace.server.sign_in.protocol import CODE_GRANT, DEVICE_GRANT, OAuthError

if TYPE_CHECKING:
    from arka_config.workspace.server.workspace import Workspace

PROGRAM_PATHS = (protocol.METADATA, protocol.DEVICE_AUTHORIZATION, protocol.TOKEN, protocol.REVOKE)
_FORM = "application/x-www-form-urlencoded"

router = APIRouter(include_in_schema=False)


async def _read_form(request: Request) -> dict[str, str]:
    """Read the parameters in the body, and check the client. Raises OAuthError."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        body = (await request.body()).decode("ascii")
    except UnicodeDecodeError:
        body = None
    if media_type != _FORM or body is None:
        raise OAuthError("invalid_request", f"the body has to be {_FORM}")
    parameters = protocol.collect(parse_qsl(body, keep_blank_values=True))
    protocol.check_client(parameters, workspace_of(request).app.client_id)
    return parameters


Parameters = Annotated[dict[str, str], Depends(_read_form)]


@router.get(protocol.METADATA)
async def describe(request: Request) -> Response:
    """Return the metadata of this authorization server."""
    issuer = public_url(request)
    metadata = {
        "issuer": issuer,
        "authorization_endpoint": issuer + protocol.AUTHORIZE,
        "token_endpoint": issuer + protocol.TOKEN,
        "device_authorization_endpoint": issuer + protocol.DEVICE_AUTHORIZATION,
        "revocation_endpoint": issuer + protocol.REVOKE,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [CODE_GRANT, DEVICE_GRANT],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
    }
    return JSONResponse(metadata)


@router.post(protocol.DEVICE_AUTHORIZATION)
def start_device_login(request: Request, parameters: Parameters) -> Response:
    """Create a device request (RFC 8628, 3.2). Limited for each address, since each request takes a row."""
    workspace, address = workspace_of(request), client_address(request)
    details = protocol.read_details(parameters, parameters["client_id"], address, workspace.app.sign_in_scope)
    limit_failures(workspace, workspace.login_request_limit, address)
    with workspace.database.write() as session:
        device_code, user_code = login_requests.create_device_request(session, details)
    page, shown = public_url(request) + protocol.DEVICE_PAGE, user_codes.show(user_code)
    answer = {
        "device_code": device_code,
        "user_code": shown,
        "verification_uri": page,
        "verification_uri_complete": f"{page}?user_code={shown}",
        "expires_in": int(login_requests.DEVICE_LIFETIME.total_seconds()),
        "interval": login_requests.INTERVAL,
    }
    return JSONResponse(answer)


@router.post(protocol.TOKEN)
def exchange(request: Request, parameters: Parameters) -> Response:
    """Exchange a code for a token. Unknown codes are limited like unknown tokens."""
    workspace, address = workspace_of(request), client_address(request)
    try:
        outcome = _exchange(workspace, parameters, address, _read_key(request))
    except IntegrityError:
        raise OAuthError("invalid_request", "a request with this Idempotency-Key has issued a token") from None
    if isinstance(outcome, OAuthError):
        if outcome.error == "invalid_grant":
            check_blocked(workspace, workspace.bad_token_limit, address)
            limit_failures(workspace, workspace.bad_token_limit, address)
        raise outcome
    return JSONResponse(_describe(outcome))


def _read_key(request: Request) -> str:
    """The key with which the client can withdraw the token, if it loses the response and has another token later."""
    key = request.headers.get("idempotency-key", "")
    if key and not tokens.REQUEST_KEY.fullmatch(key):
        raise OAuthError("invalid_request", "Idempotency-Key has to be 22 to 64 letters, digits, _ or -")
    return key


def _exchange(workspace: Workspace, parameters: dict[str, str], address: str, key: str) -> Login | OAuthError:
    app, client_id = workspace.app, parameters["client_id"]
    grant = parameters.get("grant_type")
    if grant not in (CODE_GRANT, DEVICE_GRANT):
        raise OAuthError("unsupported_grant_type", "grant_type has to be one of the metadata's")
    code = _require(parameters, "code" if grant == CODE_GRANT else "device_code")
    with workspace.database.read() as session:
        if not login_requests.is_known(session, code):
            return login_requests.unknown_code()
    if grant == DEVICE_GRANT:
        with workspace.database.write() as session:
            return login_requests.poll(session, app, code, client_id=client_id, address=address, key=key)
    bound = {"client_id": client_id, "redirect_uri": _require(parameters, "redirect_uri")}
    verifier = _require(parameters, "code_verifier")
    with workspace.database.write() as session:
        return login_requests.exchange_code(session, app, code, **bound, verifier=verifier, address=address, key=key)


@router.post(protocol.REVOKE)
def withdraw(request: Request, parameters: Parameters) -> Response:
    """Withdraw a login request by its code, with the token that it was exchanged for; or revoke a token."""
    secret = _require(parameters, "token")
    database, address = workspace_of(request).database, client_address(request)
    with database.read() as session:
        can_withdraw = login_requests.can_withdraw(session, secret)
    if can_withdraw:
        with database.write() as session:
            login_requests.withdraw(session, secret, client_id=parameters["client_id"], address=address)
    return JSONResponse({})


def _require(parameters: dict[str, str], name: str) -> str:
    if name not in parameters:
        raise OAuthError("invalid_request", f"{name} is missing")
    return parameters[name]


def _describe(login: Login) -> dict[str, object]:
    """The response of the token endpoint (RFC 6749, 5.1), with what the client stores besides the token.

    The API's name `expires` is kept, since OAuth libraries take an `expires_at` for a number of seconds.
    """
    token = login.issued.token
    answer: dict[str, object] = {
        "access_token": login.issued.secret.reveal(),
        "token_type": "Bearer",
        "token_id": token.id,
        "label": token.label,
        "user": login.user.email,
        "expires": timestamps.to_text(token.expires) if token.expires else None,
    }
    if token.expires is not None:
        answer["expires_in"] = math.floor((token.expires - datetime.now(UTC)).total_seconds())
    return answer
