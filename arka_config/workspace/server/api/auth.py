"""Authenticate API calls by the token in the Authorization header (RFC 6750), looked up for each request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple, NoReturn

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from arka_config.workspace.scopes import ISSUE, MANAGE, MANAGE_ALL, READ
from arka_config.workspace.server import accounts, issuing, records, tokens
from arka_config.workspace.server.problems import INSUFFICIENT_SCOPE, INVALID_TOKEN, PRO_REQUIRED, TOO_MANY, Problem
from arka_config.workspace.server.tables import digest
from arka_config.workspace.server.verified_token import Sender

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from arka_config.workspace.server.selection import Selection
    from arka_config.workspace.server.tables import Token
    from arka_config.workspace.server.verified_token import VerifiedToken
    from arka_config.workspace.server.workspace import Workspace

_bearer = HTTPBearer(scheme_name="token", description="A token from the tokens page.", auto_error=False)


class Caller(NamedTuple):
    """The caller of the API: a valid token of a user with a Pro plan, and the address that it is used from."""

    workspace: Workspace
    token: VerifiedToken
    address: str

    def has(self, *scopes: str) -> bool:
        """Whether the token has one of these scopes."""
        return not set(scopes).isdisjoint(self.token.scopes.split())

    def check_may_manage(self) -> None:
        """Raise Problem if the token lacks the scope to create any tokens, and to see what was done with them."""
        if not self.has(MANAGE):
            raise self.lacks(MANAGE)

    def lacks(self, scope: str) -> Problem:
        """The problem if the token lacks a scope."""
        challenge = _challenge(self.workspace, f'error="insufficient_scope", scope="{scope}"')
        return Problem(INSUFFICIENT_SCOPE, f"the token lacks the scope {scope}", headers=challenge)

    def reach(self, session: Session, selection: Selection, user: str, *, reads: bool) -> tuple[str, Selection]:
        """Return the user of the tokens, and the selection limited to those that the token may list or revoke.

        `user` is an e-mail address, or empty for the token's own user. Raises Problem if it may not.
        """
        if user and user != self.token.user.email:
            if not self.has(MANAGE_ALL):
                raise self.lacks(MANAGE_ALL)
            return accounts.find_id(session, user) or "", selection
        if self.has(MANAGE, MANAGE_ALL) or (reads and self.has(READ)):
            return self.token.user_id, selection
        if not self.has(ISSUE):
            raise self.lacks(MANAGE)
        return self.token.user_id, selection._replace(issued_by=issuing.line_of(session, self.token.id) or "")

    def lock_token(self, session: Session) -> None:
        """Prevent revocation of the token until the transaction ends. Raises Problem if it was already revoked."""
        if not tokens.lock_if_valid(session, self.token.id):
            raise invalid_token(self.workspace)

    def lock_issuer(self, session: Session) -> Token:
        """Do the same for a token with the scope `tokens:issue`, and return its row."""
        token = issuing.lock(session, self.token.id)
        if token is None:
            raise invalid_token(self.workspace)
        return token


def workspace_of(request: Request) -> Workspace:
    """The workspace that a request was sent to."""
    workspace: Workspace = request.app.state.workspace
    return workspace


def client_address(request: Request) -> str:
    """The client's address. The middleware has replaced that of a trusted proxy with the one that the proxy reports."""
    return request.client.host if request.client else ""


def public_url(request: Request) -> str:
    """The workspace's URL: the configured one, else the one of the request, which the middleware has checked."""
    return workspace_of(request).url or request_url(request)


def request_url(request: Request) -> str:
    """The scheme, host and port of a request."""
    return f"{request.url.scheme}://{request.url.netloc}"


async def authenticate(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Caller:
    """Return the caller of a route."""
    return await authenticate_token(workspace_of(request), request, credentials.credentials if credentials else "")


async def authenticate_token(workspace: Workspace, request: Request, text: str) -> Caller:
    """Return the caller with this token.

    Raises Problem if the token is missing or invalid, or if its user has no Pro plan.
    """
    address = client_address(request)
    if not text:
        raise Problem(INVALID_TOKEN, "the request has no token", headers=_challenge(workspace))
    sender = Sender(address, lambda: request.headers.get("user-agent", ""))
    token = await workspace.verifier.verify(text, sender)
    if token is None:
        _reject(workspace, address, text)
    if not accounts.may_use_api(workspace.app, token.user.plan):
        billing_url = (workspace.url or request_url(request)) + workspace.billing_page
        raise Problem(PRO_REQUIRED, "the API needs a Pro subscription", billing_url=billing_url)
    return Caller(workspace, token, address)


def check_blocked(workspace: Workspace, limit: records.Limit, address: str) -> None:
    """Raise Problem if this worker knows that the address has failed too often."""
    if seconds := workspace.blocked.seconds_to_wait(limit, address):
        raise too_many(seconds)


def _reject(workspace: Workspace, address: str, text: str) -> NoReturn:
    """Count a bad token, and raise the problem for it.

    Others may share the address. So once it has sent too many, only a token that it repeats gets TOO_MANY; the first
    time, it still gets INVALID_TOKEN. Neither is counted any more, which would be a write.
    """
    limit = workspace.bad_token_limit
    if not workspace.blocked.seconds_to_wait(limit, address):
        workspace.bad_tokens.count(limit, address)
        raise invalid_token(workspace)
    seconds = workspace.blocked.seconds_to_wait(limit, address)
    if seconds and workspace.blocked.is_repeated(limit, address, digest(text)):
        problem = too_many(seconds)
        problem.detail = f"the token is unknown, expired or revoked, and was sent too often; {problem.detail}"
        problem.headers |= _challenge(workspace, 'error="invalid_token"')
        raise problem
    raise invalid_token(workspace)


def limit_failures(workspace: Workspace, limit: records.Limit, address: str) -> None:
    """Count a failed attempt. Raises Problem instead if the address has failed too often."""
    if seconds := records.seconds_to_wait(workspace.database, limit, address):
        workspace.blocked.add(limit, address, seconds)
        raise too_many(seconds)
    records.count_failure(workspace.database, limit, address)


def too_many(seconds: int) -> Problem:
    """The problem for a client that has failed too often."""
    return Problem(TOO_MANY, f"try again in {seconds} seconds", headers={"Retry-After": str(seconds)})


def invalid_token(workspace: Workspace) -> Problem:
    """The problem for an invalid token. It does not disclose why the token is invalid."""
    challenge = _challenge(workspace, 'error="invalid_token"')
    return Problem(INVALID_TOKEN, "the token is unknown, expired or revoked", headers=challenge)


def _challenge(workspace: Workspace, error: str = "") -> dict[str, str]:
    realm = "".join(character for character in workspace.app.name if character.isascii() and character.isalnum())
    return {"WWW-Authenticate": f'Bearer realm="{realm}"' + (f", {error}" if error else "")}


CurrentCaller = Annotated[Caller, Depends(authenticate)]
