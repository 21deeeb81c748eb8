"""Issue tokens at the workspace, and revoke those that could not be stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config import timestamps
from arka_config.cli.output import terminal
from arka_config.cli.runtime import workspace_access
from arka_config.errors import AuthError, OriginConflict, WorkspaceError
from arka_config.store.tokens import Credential
from arka_config.workspace.client.client import CURRENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arka_config.cli.runtime.session import Session
    from arka_config.precedence.origin import Origin
    from arka_config.secret import Secret
    from arka_config.workspace.client.client import WorkspaceClient
    from arka_config.workspace.client.models import Issued


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


class TemplateIssuer:
    """Issues the tokens that templates ask for with `issue`, using the effective token."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._workspace: WorkspaceClient | None = None
        self._issued: dict[str, Secret] = {}

    def __call__(self, label: str, expires: str, origin: Origin) -> Credential:
        """Issue a token. Raises OriginConflict if the effective token is for another workspace."""
        workspace = self._effective_workspace()
        if workspace.origin != origin:
            raise OriginConflict(
                f"a token for {origin} cannot be issued with the effective token, which is for {workspace.origin}",
                hint=f"name a profile that may create tokens there: {self._session.app.name} apply --profile NAME …",
            )
        issued = workspace.create(
            label, expires=timestamps.to_text(timestamps.parse_expiry(expires)) if expires else ""
        )
        self._issued[issued.details.id] = issued.token
        return credential_of(issued, origin)

    def _effective_workspace(self) -> WorkspaceClient:
        if self._workspace is None:
            self._workspace = workspace_access.effective_workspace(self._session)
        return self._workspace

    def revoke_unused(self, *, stored: Sequence[Secret]) -> None:
        """Revoke every token that was issued and is not among the stored ones."""
        for token_id, token in self._issued.items():
            if token not in stored and (error := revoke_unused(self._effective_workspace(), token_id)) is not None:
                terminal.warn(f"a token was issued, not stored, and not revoked: {error.message}", hint=error.hint)
