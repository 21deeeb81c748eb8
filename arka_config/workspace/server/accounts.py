"""Who may sign in, and on which plan."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from arka_config.errors import UsageError
from arka_config.text import is_printable
from arka_config.workspace.server import audit
from arka_config.workspace.server.database import insert
from arka_config.workspace.server.digests import new_id
from arka_config.workspace.server.tables import LONGEST_EMAIL, User

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

FREE = "free"
PRO = "pro"
PLANS = (FREE, PRO)


def check_email(email: str) -> str:
    """The address in the one way that it is kept: small letters, and no blanks around it.

    Raises UsageError for what is no address. Only its shape is looked at: who has it finds out by signing in.
    """
    email = email.strip().lower()  # first: what a letter becomes may be longer than it
    if len(email) <= LONGEST_EMAIL and is_printable(email) and re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", email):
        return email
    raise UsageError("that is not an e-mail address", hint="write it as name@example.com")


def add(session: Session, email: str, plan: str | None = None, *, address: str = audit.LOCAL) -> tuple[User, bool]:
    """The user with this address, made where there is none, on the plan where one is given; and whether it is new."""
    email = check_email(email)
    new = {"id": new_id("usr"), "email": email, "plan": _checked(plan or FREE), "created": datetime.now(UTC)}
    # One statement, so that of two who add the same address at the same time one finds the other's.
    added = insert(session, User).values(new).on_conflict_do_nothing(index_elements=["email"]).returning(User.id)
    is_new = session.scalar(added) is not None
    user = session.scalars(select(User).where(User.email == email).with_for_update()).one()
    if is_new:
        audit.record(session, audit.USER_ADDED, user_id=user.id, subject=user.plan, address=address)
    else:
        set_plan(session, user, plan or user.plan, address=address)
    return user, is_new


def set_plan(session: Session, user: User, plan: str, *, address: str = audit.LOCAL) -> None:
    """Puts the user on a plan; nothing where they are on it."""
    if user.plan != _checked(plan):
        user.plan = plan
        audit.record(session, audit.PLAN_CHANGED, user_id=user.id, subject=plan, address=address)


def _checked(plan: str) -> str:
    if plan not in PLANS:
        raise UsageError("there is no such plan", hint=f"use one of {', '.join(PLANS)}")
    return plan
