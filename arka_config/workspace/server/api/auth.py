"""Who calls the API: the token in the Authorization header (RFC 6750), looked up anew at every request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from arka_config.workspace.server import accounts, limits, tokens
from arka_config.workspace.server.problems import INSUFFICIENT_SCOPE, INVALID_TOKEN, PRO_REQUIRED, Problem, too_many

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from arka_config.workspace.server.tables import Token
    from arka_config.workspace.server.workspace import Workspace

_bearer = HTTPBearer(scheme_name="token", description="A token from the tokens page.", auto_error=False)


class Caller:
    """A token that works, of a user with a Pro plan, and the address that it is used from."""

    def __init__(self, workspace: Workspace, token: Token, address: str) -> None:
        self.workspace = workspace
        self.token = token
        self.user = token.user
        self.address = address

    @property
    def may_manage(self) -> bool:
        """Whether it may see, make and revoke the user's other tokens."""
        return tokens.MANAGE in self.token.scopes.split()

    def check_may_manage(self) -> None:
        """Raises Problem, saying which scope is missing."""
        if not self.may_manage:
            challenge = _challenge(self.workspace, f'error="insufficient_scope", scope="{tokens.MANAGE}"')
            raise Problem(INSUFFICIENT_SCOPE, f"the token lacks the scope {tokens.MANAGE}", headers=challenge)

    def check_still_works(self, session: Session) -> None:
        """Raises Problem where the token was revoked since the request came in; else it is not, while this writes."""
        if not tokens.still_works(session, self.token):
            raise invalid(self.workspace)


def workspace_of(request: Request) -> Workspace:
    """The workspace that a request came to."""
    workspace: Workspace = request.app.state.workspace
    return workspace


def address_of(request: Request) -> str:
    """Where a request came from. uvicorn has put the proxy's word for it in place, where a proxy is trusted."""
    return request.client.host[:64] if request.client else ""


def url_of(request: Request) -> str:
    """The workspace's address: the one it was given, else the one that was asked for, which the guard has checked."""
    return workspace_of(request).url or f"{request.url.scheme}://{request.url.netloc}"


def caller(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Caller:
    """The caller. Raises Problem for no token, one that does not work, and one of a user without a Pro plan."""
    workspace, address = workspace_of(request), address_of(request)
    if given is None or not given.credentials:
        raise Problem(INVALID_TOKEN, "the request has no token", headers=_challenge(workspace))
    token = tokens.verify(workspace.database, workspace.app, given.credentials)
    if token is None:
        raise _refusal(workspace, address)
    if token.user.plan != accounts.PRO:
        billing_url = url_of(request) + workspace.billing_page
        raise Problem(PRO_REQUIRED, "the API needs a Pro subscription", billing_url=billing_url)
    return Caller(workspace, token, address)


def invalid(workspace: Workspace) -> Problem:
    """That the token does not work; why not, nobody is told."""
    challenge = _challenge(workspace, 'error="invalid_token"')
    return Problem(INVALID_TOKEN, "the token is unknown, expired or revoked", headers=challenge)


def _refusal(workspace: Workspace, address: str) -> Problem:
    seconds = limits.seconds_to_wait(workspace.database, workspace.bad_token_limit, address)
    if seconds:
        return too_many(seconds)
    limits.count_failure(workspace.database, workspace.bad_token_limit, address)
    return invalid(workspace)


def _challenge(workspace: Workspace, error: str = "") -> dict[str, str]:
    realm = "".join(character for character in workspace.app.name if character.isascii() and character.isalnum())
    return {"WWW-Authenticate": f'Bearer realm="{realm}"' + (f", {error}" if error else "")}


CallerOf = Annotated[Caller, Depends(caller)]
