"""The API's operations. Their docstrings are the descriptions in the OpenAPI document."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Header, Path, Query, Request, Response
from sqlalchemy.exc import IntegrityError

from arka_config.errors import InvalidValue
from arka_config.workspace import scopes
from arka_config.workspace.scopes import ISSUE, MANAGE
from arka_config.workspace.server import issuing, records, tokens
from arka_config.workspace.server.api.auth import CurrentCaller, invalid_token, workspace_of
from arka_config.workspace.server.api.problem_schemas import PROBLEM_RESPONSES
from arka_config.workspace.server.api.schemas import (
    LINK_RESPONSE,
    MAX_PAGE_SIZE,
    ActivityEntry,
    ActivityPage,
    IssuedToken,
    ListedToken,
    Me,
    Metadata,
    NewToken,
    Revocation,
    RevokedTokens,
    Rotation,
    Time,
    TokenPage,
    TokenQuery,
    Withdrawal,
    describe_caller,
)
from arka_config.workspace.server.problems import ALREADY_ISSUED, NOT_FOUND, OUT_OF_BOUNDS, Problem, invalid_request
from arka_config.workspace.server.selection import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Iterator

CURRENT = "current"

router = APIRouter(prefix="/api/v1", tags=["API"], responses=PROBLEM_RESPONSES)

Limit = Annotated[int, Query(ge=1, le=100, description="How many to return at most.")]
Since = Annotated[Time | None, Query(description="Return only entries that are not older.")]
CursorText = Annotated[
    str | None,
    Query(max_length=tokens.MAX_CURSOR_LENGTH, description="The `next_cursor` of the previous page."),
]
TokenId = Annotated[
    str, Path(description="A token's id, or `current` for the token that authenticates the request.", max_length=40)
]
_KEY = f"^{tokens.REQUEST_KEY.pattern}$"
RequestKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=_KEY,
        description="A random text of the client. A second request with it is refused, and what it issued can be "
        "withdrawn without knowing the token's id.",
    ),
]


@router.get("/me", response_model=Me)
async def me(caller: CurrentCaller) -> Response:
    """Return the token's user and details."""
    return describe_caller(caller.token)


@router.get("/metadata")
def metadata(request: Request) -> Metadata:
    """Return what a client can know without a token: the format of tokens."""
    workspace = workspace_of(request)
    with workspace.database.read() as session:
        checksum = tokens.checksum(session, workspace.app)
    prefix, length = workspace.app.new_prefix, workspace.app.length_of(workspace.app.new_prefix)
    return Metadata.model_validate({"token_format": {"prefix": prefix, "length": length, "checksum": checksum}})


@router.get("/tokens", responses=LINK_RESPONSE)
def list_tokens(
    caller: CurrentCaller, request: Request, response: Response, wanted: Annotated[TokenQuery, Query()]
) -> TokenPage:
    """List the user's tokens, newest first, or those that meet all conditions.

    Needs the scope `tokens:manage` or `read`. With `tokens:issue`, the list has the tokens that the token has created;
    with `tokens:manage-all`, those of another `user` can be listed.

    There is no limit on the number of pages: follow the `Link` to the next one (RFC 8288), or its cursor.
    """
    after = tokens.Cursor.decode(wanted.cursor)
    if after is None and "cursor" in request.query_params:
        raise invalid_request(("cursor", "it is not a cursor of this workspace"))
    with caller.workspace.database.read() as session:
        user_id, selection = caller.reach(session, wanted.selection(), wanted.user, reads=True)
        rows = tokens.list_tokens(session, user_id, wanted.limit + 1, after, selection)
    page, more = rows[: wanted.limit], rows[wanted.limit :]
    next_cursor = tokens.Cursor(page[-1].created, page[-1].id).encode() if more else None
    if next_cursor is not None:
        response.headers["Link"] = f'<{request.url.include_query_params(cursor=next_cursor)}>; rel="next"'
    documents = [ListedToken.model_validate(token) for token in page]
    return TokenPage(tokens=documents, next_cursor=next_cursor, user=wanted.user or caller.token.user.email)


@router.post("/tokens", status_code=201)
def create_token(caller: CurrentCaller, new: NewToken, key: RequestKey = None) -> IssuedToken:
    """Create a token. It is returned only once. Needs `tokens:manage`, or `tokens:issue` within its bounds."""
    is_bounded = caller.has(ISSUE) and not caller.has(MANAGE)
    if not is_bounded:
        caller.check_may_manage()
    with _report_refusal(), caller.workspace.database.write() as session:
        issuer = caller.lock_issuer(session) if is_bounded else None
        if issuer is None:
            caller.lock_token(session)
        issued = tokens.issue(
            session,
            caller.workspace.app,
            caller.token.user_id,
            new.label,
            new.expires,
            scopes.join(*new.scopes),
            address=caller.address,
            acting_token=caller.token.id,
            token_id=tokens.id_for_request(caller.token.user_id, key) if key else None,
            bounds=new.issue.bounds() if new.issue else None,
            issuer=issuer,
        )
    return IssuedToken.of(issued)


@router.delete("/tokens/requests/{key}")
def withdraw_request(caller: CurrentCaller, key: Annotated[str, Path(pattern=_KEY)]) -> Withdrawal:
    """Revoke the token that a request with this `Idempotency-Key` issued. It is not an error if it issued none.

    Any token of the user may do this: to know the key is to have made the request.
    """
    target = tokens.id_for_request(caller.token.user_id, key)
    with caller.workspace.database.write() as session:
        caller.lock_token(session)
        is_revoked = tokens.revoke(
            session, caller.token.user_id, target, address=caller.address, acting_token=caller.token.id
        )
    return Withdrawal(revoked=is_revoked)


@router.post("/revocations")
def revoke_tokens(caller: CurrentCaller, wanted: Revocation) -> RevokedTokens:
    """Revoke the user's tokens that meet all conditions, immediately and irreversibly.

    Needs the scope `tokens:manage`; `tokens:issue` for the tokens that the token has created; `tokens:manage-all` for
    those of another `user`.

    At most a thousand are revoked: repeat the request while `more` is true. The token that authenticates the request is
    never among them.
    """
    with caller.workspace.database.write() as session:
        user_id, selection = caller.reach(session, wanted.selection(), wanted.user, reads=False)
        caller.lock_token(session)
        revoked = tokens.revoke_selected(
            session,
            user_id,
            selection,
            MAX_PAGE_SIZE,
            address=caller.address,
            acting_token=caller.token.id,
        )
    documents = [ListedToken.model_validate(token) for token in revoked]
    return RevokedTokens(revoked=documents, more=len(revoked) == MAX_PAGE_SIZE)


@router.delete("/tokens/{id}", status_code=204)
def revoke_token(caller: CurrentCaller, token_id: Annotated[TokenId, Path(alias="id")]) -> Response:
    """Revoke a token, immediately and irreversibly.

    Needs the scope `tokens:manage` to revoke another token than itself, or the one that it was rotated from; with
    `tokens:issue`, a token can revoke those that it has created.
    """
    is_own = token_id in (CURRENT, caller.token.id)
    issued_by = None
    with caller.workspace.database.write() as session:
        if not is_own:
            if token_id != caller.token.successor_of:  # revoking that one completes a rotation
                issued_by = caller.reach(session, EVERYTHING, "", reads=False)[1].issued_by
            caller.lock_token(session)
        target = caller.token.id if is_own else token_id
        is_revoked = tokens.revoke(
            session,
            caller.token.user_id,
            target,
            address=caller.address,
            acting_token=caller.token.id,
            issued_by=issued_by,
        )
    if not is_revoked:
        raise invalid_token(caller.workspace) if is_own else Problem(NOT_FOUND, "there is no such token")
    return Response(status_code=204)


@router.post("/tokens/current/rotate", status_code=201)
def rotate_token(caller: CurrentCaller, rotation: Rotation | None = None, key: RequestKey = None) -> IssuedToken:
    """Create a successor of the authenticating token, with its label, scopes and expiry. It is returned only once.

    The old token keeps working until it is revoked. An earlier successor that was never used is revoked. Only a token
    with the scope `tokens:manage` can be given a later expiry than its own.
    """
    same_end = rotation is None or "expires" not in rotation.model_fields_set
    with _report_refusal(), caller.workspace.database.write() as session:
        issued = tokens.rotate(
            session,
            caller.workspace.app,
            caller.token.id,
            expires=rotation.expires if rotation else None,
            same_end=same_end,
            address=caller.address,
            key=key,
        )
    if issued is None:
        raise invalid_token(caller.workspace)
    return IssuedToken.of(issued)


@router.get("/activity")
def list_activity(
    caller: CurrentCaller, limit: Limit = 50, cursor: CursorText = None, since: Since = None
) -> ActivityPage:
    """List the user's entries in the audit log, newest first. Needs the scope `tokens:manage`."""
    caller.check_may_manage()
    before = None if cursor is None else records.parse_entry_id(cursor)
    if cursor is not None and before is None:
        raise invalid_request(("cursor", "it is not a cursor of this workspace"))
    with caller.workspace.database.read() as session:
        rows = records.list_entries(session, caller.token.user_id, limit + 1, before=before, since=since)
    page, more = rows[:limit], rows[limit:]
    entries = [ActivityEntry.model_validate(entry) for entry in page]
    return ActivityPage(entries=entries, next_cursor=str(page[-1].id) if more else None)


@contextmanager
def _report_refusal() -> Iterator[None]:
    """Report an invalid expiry as a problem with this field, a bound of the token, and a key that was used before.

    Labels and scopes have already been checked.
    """
    try:
        yield
    except issuing.OutOfBounds as error:
        raise Problem(OUT_OF_BOUNDS, error.message) from None
    except InvalidValue as error:
        raise invalid_request(("expires", error.message)) from None
    except IntegrityError:
        raise Problem(ALREADY_ISSUED, "a request with this Idempotency-Key has issued a token") from None
