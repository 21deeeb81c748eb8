"""Login requests in the database: created, decided by a user, exchanged for a token once, and deleted.

The token is issued when its code is exchanged, so that the database never holds one that is not hashed, and a request
that is approved but never exchanged leaves no token. Each function runs in the caller's transaction, which has to be
committed for an OAuthError too: those are returned, not raised. A row is locked while its code is used, so that several
workers cannot use it at once.

A user code has 34 bits, so its digest could be reversed. It lasts 15 minutes, and a signed-in user can only approve or
deny a request with it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, select

from arka_config.errors import InvalidValue
from arka_config.workspace import user_codes
from arka_config.workspace.server import accounts, records, tokens
from arka_config.workspace.server.database import insert
from arka_config.workspace.server.sign_in.protocol import (
    CODE_GRANT,
    DEVICE_GRANT,
    AuthorizationRequest,
    Details,
    OAuthError,
    is_verifier_of,
    pro_required,
)
from arka_config.workspace.server.tables import LoginRequest, Token, User, digest, new_id, new_secret

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from arka_config.app_identity import AppIdentity
    from arka_config.workspace.server.tokens import Issued

PENDING = "pending"
APPROVED = "approved"
DENIED = "denied"
NO_PRO = "no pro"  # the user has no Pro subscription
USED = "used"

CODE_LIFETIME = timedelta(minutes=1)  # the client is waiting for it
DEVICE_LIFETIME = timedelta(minutes=15)
INTERVAL = 5  # seconds between two polls; also what `slow_down` adds (RFC 8628, 3.5)
_TOLERANCE = timedelta(seconds=1)  # of a poll that arrives early
_KEPT_UNUSED = timedelta(minutes=15)  # after its end, so that a poll learns that it has expired
_KEPT_USED = timedelta(days=7)  # so that a client that lost the response can still withdraw the token


class Login(NamedTuple):
    """What an exchange returns: a new token, and its user."""

    issued: Issued
    user: User


class TokenChoice(NamedTuple):
    """The user's choices for the token."""

    label: str
    expires: datetime | None


def create_device_request(session: Session, details: Details) -> tuple[str, str]:
    """Create a request and return its device code and user code."""
    device_code = new_secret()
    while True:
        user_code = user_codes.generate()
        row = _new_row(session, DEVICE_GRANT, device_code, details, DEVICE_LIFETIME)
        row |= {"user_code": digest(user_code), "state": PENDING}
        statement = insert(session, LoginRequest).values(row).on_conflict_do_nothing(index_elements=["user_code"])
        if session.scalar(statement.returning(LoginRequest.id)) is not None:
            return device_code, user_code


def create_code(session: Session, request: AuthorizationRequest, user_id: str, choice: TokenChoice) -> str:
    """Record the user's approval of an authorization request, and return the code."""
    code = new_secret()
    row = _new_row(session, CODE_GRANT, code, request.details, CODE_LIFETIME)
    row |= {"redirect_uri": request.redirect_uri, "challenge": request.challenge}
    approved = LoginRequest(**row)
    session.add(approved)
    approve(session, approved, user_id, choice, address=request.details.address)
    return code


def _new_row(session: Session, grant: str, code: str, details: Details, lifetime: timedelta) -> dict[str, object]:
    """The columns of a new request. Also deletes old ones."""
    now = datetime.now(UTC)
    session.execute(delete(LoginRequest).where(LoginRequest.remove_after <= now))
    return {
        "id": new_id("req"),
        "grant": grant,
        "digest": digest(code),
        **details._asdict(),
        "created": now,
        "expires": now + lifetime,
        "remove_after": now + lifetime + _KEPT_UNUSED,
        "interval": INTERVAL,
    }


def find_pending(session: Session, user_code: str, *, lock: bool = False) -> LoginRequest | None:
    """Find the device request with this user code, if it still waits for a decision. With `lock`, for deciding it."""
    query = select(LoginRequest).where(
        LoginRequest.user_code == digest(user_code),
        LoginRequest.state == PENDING,
        LoginRequest.expires > datetime.now(UTC),
    )
    return session.scalar(query.with_for_update() if lock else query)


def approve(session: Session, request: LoginRequest, user_id: str, choice: TokenChoice, *, address: str) -> None:
    """Record the user's approval."""
    request.state, request.user_id = APPROVED, user_id
    request.label, request.token_expires = choice
    records.audit(session, records.LOGIN_APPROVED, user_id=user_id, subject=request.id, address=address)


def refuse(session: Session, request: LoginRequest, user_id: str, state: str, *, address: str) -> None:
    """Record that the request was denied, or that its user has no Pro subscription."""
    request.state = state
    records.audit(session, records.LOGIN_DENIED, user_id=user_id, subject=request.id, address=address)


def is_known(session: Session, code: str) -> bool:
    """Whether there is a request with this code. Only reads: a guessed code does not block writers."""
    return session.scalar(select(LoginRequest.id).where(LoginRequest.digest == digest(code))) is not None


def exchange_code(
    session: Session,
    app: AppIdentity,
    code: str,
    *,
    client_id: str,
    redirect_uri: str,
    verifier: str,
    address: str,
    key: str = "",
) -> Login | OAuthError:
    """Exchange an authorization code for a token. A code that is used wrongly cannot be used any more."""
    request = _find(session, CODE_GRANT, code)
    if request is None:
        return unknown_code()
    is_bound = (
        request.client_id == client_id
        and request.redirect_uri == redirect_uri
        and is_verifier_of(verifier, request.challenge or "")
    )
    if request.state != APPROVED or not is_bound or request.expires <= datetime.now(UTC):
        _discard(session, request, address)
        return unknown_code()
    return _issue(session, app, request, address, key)


def poll(
    session: Session, app: AppIdentity, device_code: str, *, client_id: str, address: str, key: str = ""
) -> Login | OAuthError:
    """Exchange a device code for a token, if the user has approved it (RFC 8628, 3.5)."""
    request = _find(session, DEVICE_GRANT, device_code)
    if request is None or request.client_id != client_id:
        return unknown_code()
    if request.state == USED:
        _discard(session, request, address)
        return unknown_code()
    if request.state == DENIED:
        return OAuthError("access_denied", "the request was denied")
    if request.state == NO_PRO:
        return pro_required()
    now = datetime.now(UTC)
    if request.expires <= now:
        return OAuthError("expired_token", "the code has expired")
    if request.state == APPROVED:
        return _issue(session, app, request, address, key)
    is_early = request.polled is not None and request.polled + timedelta(seconds=request.interval) - _TOLERANCE > now
    request.polled = now
    if is_early:
        request.interval += INTERVAL
        return OAuthError("slow_down", f"wait for {request.interval} seconds between two requests")
    return OAuthError("authorization_pending", "the user has not decided yet")


def can_withdraw(session: Session, secret: str) -> bool:
    """Whether this is a code of a request, or a token. Only reads, as `is_known`."""
    is_token = select(Token.id).where(Token.digest == digest(secret))
    return is_known(session, secret) or session.scalar(is_token) is not None


def withdraw(session: Session, secret: str, *, client_id: str, address: str) -> None:
    """Delete the request with this device code or authorization code, and revoke the token that it was exchanged for.

    The secret may also be a token (RFC 7009). Nothing tells whether it was valid.
    """
    request = session.scalar(select(LoginRequest).where(LoginRequest.digest == digest(secret)).with_for_update())
    if request is not None and request.client_id == client_id:
        _discard(session, request, address)
        return
    token = session.scalar(select(Token).where(Token.digest == digest(secret)))
    if token is not None:
        tokens.revoke(session, token.user_id, token.id, address=address, acting_token=token.id)


def _find(session: Session, grant: str, code: str) -> LoginRequest | None:
    query = select(LoginRequest).where(LoginRequest.digest == digest(code), LoginRequest.grant == grant)
    return session.scalar(query.with_for_update())


def unknown_code() -> OAuthError:
    """The error for any invalid code: it does not disclose why the code is invalid."""
    return OAuthError("invalid_grant", "the code is unknown, used or expired, or is for another request")


def _discard(session: Session, request: LoginRequest, address: str) -> None:
    """Delete a request, and revoke its token if it has one: someone else may have it (RFC 6749, 4.1.2)."""
    if request.token_id is not None and request.user_id is not None:
        tokens.revoke(session, request.user_id, request.token_id, address=address)
    session.delete(request)


def _issue(session: Session, app: AppIdentity, request: LoginRequest, address: str, key: str) -> Login | OAuthError:
    user = session.get(User, request.user_id)
    assert user is not None, "deleting a user deletes their requests"
    if not accounts.may_use_api(app, user.plan):
        return pro_required()
    token_id = tokens.id_for_request(user.id, key) if key else None
    try:
        issued = tokens.issue(
            session, app, user.id, request.label, request.token_expires, address=address, token_id=token_id
        )
    except InvalidValue:  # the expiry that the user chose has passed meanwhile
        _discard(session, request, address)
        return unknown_code()
    request.state, request.token_id = USED, issued.token.id
    request.remove_after = datetime.now(UTC) + _KEPT_USED
    return Login(issued, user)
