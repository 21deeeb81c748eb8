"""Have the workspace issue tokens, each in the journal until it is stored or revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config import timestamps
from arka_config.errors import AuthError, ConfigError, WorkspaceError
from arka_config.store.tokens import Credential
from arka_config.workspace.client.models import CURRENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from arka_config.precedence.origin import Origin
    from arka_config.store.journal import Entry
    from arka_config.workspace.client.client import WorkspaceClient
    from arka_config.workspace.client.models import Issued


def request_token(entry: Entry, workspace: WorkspaceClient, send: Callable[[str], Issued]) -> Issued:
    """Send a request for a token with the entry's key, and record the new token's id before anything else happens.

    If the workspace refuses, the entry is finished. If it may have issued a token all the same, that is withdrawn, and
    the entry is kept if that fails too.
    """
    try:
        issued = send(entry.key)
    except ConfigError as error:
        if not (isinstance(error, WorkspaceError) and error.may_have_arrived) or _withdraw(entry, workspace):
            entry.finish()
        raise
    try:
        entry.identify(issued.details.id)
    except ConfigError:
        if revoke_unused(workspace.with_token(issued.token)) is None:
            entry.finish()
        raise
    return issued


def _withdraw(entry: Entry, workspace: WorkspaceClient) -> bool:
    """Revoke what a request has issued if its answer was lost. Return False if that is not known."""
    try:
        return workspace.withdraw(entry.key)
    except (AuthError, WorkspaceError):
        return False


def credential_of(issued: Issued, origin: Origin, *, label: str = "", user: str = "") -> Credential:
    """The credential to store for a new token. `label` is used if the workspace reports none."""
    details = issued.details
    return Credential(
        issued.token,
        origin,
        label=details.label or label,
        created=details.created or timestamps.to_text(timestamps.now()),
        expires=details.stored_expires,
        user=user,
    )


def revoke_unused(workspace: WorkspaceClient, token_id: str = CURRENT) -> AuthError | WorkspaceError | None:
    """Revoke a token that was issued but not stored. Return the error if the workspace did not revoke it."""
    try:
        workspace.revoke(token_id)
    except (AuthError, WorkspaceError) as error:
        return error
    return None
