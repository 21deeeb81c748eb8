"""The calls of the API."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, NoReturn

from fastapi import APIRouter, Path, Query, Response

from arka_config.errors import InvalidValue
from arka_config.workspace.server import tokens
from arka_config.workspace.server.api import cursors
from arka_config.workspace.server.api.auth import CallerOf, invalid
from arka_config.workspace.server.api.responses import PROBLEMS
from arka_config.workspace.server.api.schemas import (
    IssuedToken,
    Me,
    NewToken,
    Rotation,
    TokenDocument,
    TokenPage,
    UserDocument,
)
from arka_config.workspace.server.problems import NOT_FOUND, Problem, invalid_request
from arka_config.workspace.server.tokens import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

CURRENT = "current"

router = APIRouter(prefix="/api/v1", tags=["API"], responses=PROBLEMS)

Limit = Annotated[int, Query(ge=1, le=100, description="How many at most.")]
Cursor = Annotated[str | None, Query(max_length=cursors.LONGEST, description="The `next_cursor` of the page before.")]
TokenId = Annotated[str, Path(description="A token's id, or `current` for the token that asks.", max_length=40)]


@router.get("/me")
async def me(caller: CallerOf) -> Me:
    """Who the token belongs to, and what is known of it."""
    return Me(user=UserDocument.of(caller.user), token=TokenDocument.of(caller.token))


@router.get("/tokens")
def list_tokens(caller: CallerOf, limit: Limit = 50, cursor: Cursor = None) -> TokenPage:
    """The user's tokens, the newest first. Needs the scope `tokens:manage`."""
    caller.check_may_manage()
    after = None
    if cursor is not None and (after := cursors.read(cursor)) is None:
        _refuse("cursor", "it is not one that this workspace gave")
    with caller.workspace.database.reading() as session:
        found = tokens.listed(session, caller.user.id, limit + 1, after)
    page, more = found[:limit], found[limit:]
    next_cursor = cursors.written(Place(page[-1].created, page[-1].id)) if more else None
    return TokenPage(tokens=[TokenDocument.of(token) for token in page], next_cursor=next_cursor)


@router.post("/tokens", status_code=201)
def create_token(caller: CallerOf, new: NewToken) -> IssuedToken:
    """Makes a token, and shows it this once. Needs the scope `tokens:manage`."""
    caller.check_may_manage()
    with _told_as("expires"), caller.workspace.database.writing() as session:
        caller.check_still_works(session)
        issued = tokens.issue(
            session,
            caller.workspace.app,
            caller.user.id,
            new.label,
            new.expires,
            " ".join(sorted(set(new.scopes))),
            address=caller.address,
        )
    return IssuedToken.of(issued)


@router.delete("/tokens/{id}", status_code=204)
def revoke_token(caller: CallerOf, token_id: Annotated[TokenId, Path(alias="id")]) -> Response:
    """Revokes a token, at once and for good. Needs the scope `tokens:manage`, or to be that token."""
    own = token_id in (CURRENT, caller.token.id)
    if not own:
        caller.check_may_manage()
    with caller.workspace.database.writing() as session:
        if not own:
            caller.check_still_works(session)
        wanted = caller.token.id if own else token_id
        revoked = tokens.revoke(session, caller.user.id, wanted, address=caller.address)
    if not revoked:
        raise invalid(caller.workspace) if own else Problem(NOT_FOUND, "there is no such token")
    return Response(status_code=204)


@router.post("/tokens/current/rotate", status_code=201)
def rotate_token(caller: CallerOf, rotation: Rotation | None = None) -> IssuedToken:
    """Makes a successor of the token that asks, with its label, scopes and lifetime, and shows it this once.

    The token that asks goes on working until it is revoked. A successor that was never used is revoked.
    """
    same_lifetime = rotation is None or "expires" not in rotation.model_fields_set
    with _told_as("expires"), caller.workspace.database.writing() as session:
        issued = tokens.rotate(
            session,
            caller.workspace.app,
            caller.token.id,
            expires=rotation.expires if rotation else None,
            same_lifetime=same_lifetime,
            address=caller.address,
        )
    if issued is None:
        raise invalid(caller.workspace)
    return IssuedToken.of(issued)


@contextmanager
def _told_as(field: str) -> Iterator[None]:
    """Tells of a value that the workspace does not take as of one that does not fit the description."""
    reason = ""
    try:
        yield
    except InvalidValue as error:
        reason = error.message
    if reason:
        _refuse(field, reason)


def _refuse(field: str, detail: str) -> NoReturn:
    raise invalid_request({field: detail})
