"""Authenticate API calls by the token in the Authorization header (RFC 6750), looked up for each request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from arka_config.workspace.server import accounts, records, tokens
from arka_config.workspace.server.problems import INSUFFICIENT_SCOPE, INVALID_TOKEN, PRO_REQUIRED, TOO_MANY, Problem

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from arka_config.workspace.server.tables import Token
    from arka_config.workspace.server.workspace import Workspace

_bearer = HTTPBearer(scheme_name="token", description="A token from the tokens page.", auto_error=False)


class Caller(NamedTuple):
    """The caller of the API: a valid token of a user with a Pro plan, and the address that it is used from."""

    workspace: Workspace
    token: Token
    address: str

    def check_may_manage(self) -> None:
        """Raise Problem if the token lacks the scope to list, create and revoke other tokens."""
        if tokens.MANAGE not in self.token.scopes.split():
            challenge = _challenge(self.workspace, f'error="insufficient_scope", scope="{tokens.MANAGE}"')
            raise Problem(INSUFFICIENT_SCOPE, f"the token lacks the scope {tokens.MANAGE}", headers=challenge)

    def lock_token(self, session: Session) -> None:
        """Prevent revocation of the token until the transaction ends. Raises Problem if it was already revoked."""
        if not tokens.lock_if_valid(session, self.token):
            raise invalid_token(self.workspace)


def workspace_of(request: Request) -> Workspace:
    """The workspace that a request was sent to."""
    workspace: Workspace = request.app.state.workspace
    return workspace


def client_address(request: Request) -> str:
    """The client's address. The middleware has replaced that of a trusted proxy with the one that the proxy reports."""
    return request.client.host if request.client else ""


def public_url(request: Request) -> str:
    """The workspace's URL: the configured one, else the one of the request, which the middleware has checked."""
    return workspace_of(request).url or f"{request.url.scheme}://{request.url.netloc}"


def authenticate(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Caller:
    """Return the caller. Raises Problem for a missing or invalid token, or a user without a Pro plan."""
    workspace, address = workspace_of(request), client_address(request)
    if credentials is None or not credentials.credentials:
        raise Problem(INVALID_TOKEN, "the request has no token", headers=_challenge(workspace))
    token = tokens.verify(workspace.database, workspace.app, credentials.credentials)
    if token is None:
        limit_failures(workspace, workspace.bad_token_limit, address)
        raise invalid_token(workspace)
    if token.user.plan != accounts.PRO:
        billing_url = public_url(request) + workspace.billing_page
        raise Problem(PRO_REQUIRED, "the API needs a Pro subscription", billing_url=billing_url)
    return Caller(workspace, token, address)


def limit_failures(workspace: Workspace, limit: records.Limit, address: str) -> None:
    """Count a failed attempt. Raises Problem instead if the address has failed too often."""
    if seconds := records.seconds_to_wait(workspace.database, limit, address):
        raise Problem(TOO_MANY, f"try again in {seconds} seconds", headers={"Retry-After": str(seconds)})
    records.count_failure(workspace.database, limit, address)


def invalid_token(workspace: Workspace) -> Problem:
    """The problem for an invalid token. It does not disclose why the token is invalid."""
    challenge = _challenge(workspace, 'error="invalid_token"')
    return Problem(INVALID_TOKEN, "the token is unknown, expired or revoked", headers=challenge)


def _challenge(workspace: Workspace, error: str = "") -> dict[str, str]:
    realm = "".join(character for character in workspace.app.name if character.isascii() and character.isalnum())
    return {"WWW-Authenticate": f'Bearer realm="{realm}"' + (f", {error}" if error else "")}


CurrentCaller = Annotated[Caller, Depends(authenticate)]
