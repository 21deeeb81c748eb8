"""WorkspaceVerifier: the API of a workspace, which also lists, creates, rotates and revokes tokens."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from arka_config.secret import Secret
    from arka_config.workspace.client.models import Identity
    from arka_config.workspace.client.verifier import ApiOrigin, Refusal, Unsupported


class WorkspaceVerifier:
    """Asks a workspace: `GET /api/v1/me`. The app gets every command that manages tokens."""

    __slots__ = ()
    has_workspace_api = True

    def __repr__(self) -> str:
        return "WorkspaceVerifier()"

    def verify(self, token: Secret, origin: ApiOrigin, /) -> Identity | Refusal | Unsupported:
        """Ask the workspace for the token's user and details."""
        from arka_config.errors import AuthError, NoWorkspaceApi
        from arka_config.workspace.client.verifier import Refusal, Unsupported

        client = origin.client
        asking = client if client.token is token else client.with_token(token)
        try:
            identity = asking.get_identity()
        except AuthError as error:
            return Refusal(error.message, error.hint, error)
        except NoWorkspaceApi as error:
            return Unsupported(error.message)
        return identity if origin.app.has_plans else identity._replace(plan="")
