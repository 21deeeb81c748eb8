"""Which user an account at the provider is: by issuer and subject, never by an address that may change hands."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from arka_config.errors import UsageError
from arka_config.workspace.server import accounts, records
from arka_config.workspace.server.single_sign_on.provider import SignOnFailed
from arka_config.workspace.server.single_sign_on.settings import CREATE, REFUSE
from arka_config.workspace.server.tables import Identity, User

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from arka_config.workspace.server.single_sign_on.provider import VerifiedAccount
    from arka_config.workspace.server.single_sign_on.settings import Settings


def find_user(session: Session, account: VerifiedAccount, settings: Settings, *, address: str) -> User:
    """Return the user that an account is, linked or created if the operator wants that. Raises SignOnFailed."""
    linked = session.get(Identity, (account.issuer, account.subject))
    if linked is not None:
        user = session.get(User, linked.user_id)
        assert user is not None, "deleting a user deletes their identities"
        return user
    if settings.policy == REFUSE:
        raise SignOnFailed("the account is not linked to a user")
    if not account.email:
        raise SignOnFailed("the account has no verified e-mail address")
    user = _find_by_email(session, account, settings, address)
    session.add(Identity(issuer=account.issuer, subject=account.subject, user_id=user.id, created=datetime.now(UTC)))
    records.audit(session, records.IDENTITY_LINKED, user_id=user.id, subject=account.issuer[:200], address=address)
    return user


def _find_by_email(session: Session, account: VerifiedAccount, settings: Settings, address: str) -> User:
    try:
        email = accounts.normalize_email(account.email)
    except UsageError:
        raise SignOnFailed("the account's e-mail address is not one") from None
    user = session.scalar(select(User).where(User.email == email).with_for_update())
    if user is None:
        if settings.policy != CREATE:
            raise SignOnFailed("there is no user with the account's e-mail address")
        return accounts.add(session, email, settings.plan, address=address)[0]
    # The provider may have given the address to someone else since the user was linked.
    other = select(Identity.subject).where(Identity.user_id == user.id, Identity.issuer == account.issuer)
    if session.scalar(other.limit(1)) is not None:
        raise SignOnFailed("the user with the account's e-mail address is linked to another account")
    return user
