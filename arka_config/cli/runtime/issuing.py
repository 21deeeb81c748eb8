"""Has the workspace issue tokens for profiles, with the token in force: what a template's `issue` asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config import timestamps
from arka_config.cli.output import terminal
from arka_config.cli.runtime import workspace_access
from arka_config.errors import AuthError, OriginConflict, WorkspaceError
from arka_config.store.tokens import Credential

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arka_config.cli.runtime.session import Session
    from arka_config.precedence.origin import Origin
    from arka_config.secret import Secret
    from arka_config.workspace.client.client import WorkspaceClient


class Issuer:
    """Issues tokens at the workspace of the token in force, which is asked at the first of them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._workspace: WorkspaceClient | None = None
        self._issued: dict[str, Secret] = {}

    def __call__(self, label: str, expires: str, origin: Origin) -> Credential:
        """A new token. Raises OriginConflict where it is for another workspace, and what the workspace raises."""
        workspace = self._in_force()
        if workspace.origin != origin:
            raise OriginConflict(
                f"a token for {origin} cannot be issued with the token in force, which is for {workspace.origin}",
                hint=f"name the profile that may make tokens there: {self._session.app.name} apply --profile NAME …",
            )
        issued = workspace.create(label, expires=timestamps.stored(timestamps.end(expires)) if expires else "")
        details = issued.details
        self._issued[details.id] = issued.token
        created = details.created or timestamps.stored(timestamps.now())
        return Credential(issued.token, origin, label=details.label, created=created, expires=details.expires)

    def _in_force(self) -> WorkspaceClient:
        if self._workspace is None:
            self._workspace = workspace_access.in_force(self._session)
        return self._workspace

    def withdraw(self, *, except_for: Sequence[Secret]) -> None:
        """Revokes what was issued and is not stored: nobody would ever have it."""
        for token_id, token in self._issued.items():
            if token in except_for:
                continue
            try:
                self._in_force().revoke(token_id)
            except (AuthError, WorkspaceError) as error:
                terminal.warn(f"a token was issued, not stored, and not revoked: {error.message}; hint: {error.hint}")
