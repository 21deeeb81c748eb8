"""Ask before a token goes to a workspace that only the environment names, and that the user has not used before.

A variable can come from a repository, such as from its `.env`. Its author would get the token (CVE-2026-21852).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.precedence.origin import Origin
from arka_config.precedence.values import DEFAULT, FLAG, PROFILE

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session
    from arka_config.precedence.values import ResolvedValue

_OWN_LAYERS = (FLAG, PROFILE, DEFAULT)  # the user wrote these; an app's own layer may read a file of the repository


def approve_origin(session: Session, url: ResolvedValue, *, remember: bool = True) -> None:
    """Return if a token may be sent to the URL: the user has named it, used its origin before, or approves it now.

    An approval is recorded if `remember`. Raises Cancelled, UsageError without a terminal.
    """
    if is_approved(session, url):
        return
    from arka_config.templates.approvals import Approvals

    origin = str(Origin.of(str(url.value), url.place))
    session.confirm(
        f"The token would be sent to {origin}, which {url.place} names and you have not used before. "
        "Is that your workspace?",
        flag=f"{session.app.url_field.option} {url.value}",
    )
    if remember:
        with session.store.lock:
            Approvals(session.store.folders.state).record_origin(origin)
    session.approved_origins.add(origin)


def is_approved(session: Session, url: ResolvedValue) -> bool:
    """Whether a token may be sent to the URL without a question."""
    if url.layer in _OWN_LAYERS:
        return True
    origin = str(Origin.of(str(url.value), url.place))
    if origin in session.approved_origins:
        return True
    from arka_config.templates.approvals import Approvals

    return Approvals(session.store.folders.state).has_used(session.store, origin)
