"""Verification: what a workspace says of a token, as one of a few words, and never as an exception."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.errors import AuthError, ConfigError, InvalidToken, NoWorkspaceApi, ProRequired, WorkspaceError

if TYPE_CHECKING:
    from arka_config.workspace.client.client import WorkspaceClient
    from arka_config.workspace.client.models import Identity

VALID = "valid"
INVALID = "invalid"
NEEDS_PRO = "needs_pro"
NO_API = "no_api"
UNREACHABLE = "unreachable"  # or it failed, or its answer makes no sense: nobody can tell
NO_TOKEN = "no_token"
NOT_ASKED = "not_asked"
BROKEN = "broken"  # a file or a setting of the profile cannot be used, so nobody was asked


class Verification:
    """One of the words above; who the token belongs to where it is valid; the error where it is not, or nobody can
    tell; and why nobody was asked."""

    __slots__ = ("error", "identity", "state", "why")

    def __init__(
        self, state: str, *, identity: Identity | None = None, error: ConfigError | None = None, why: str = ""
    ) -> None:
        self.state = state
        self.identity = identity
        self.error = error
        self.why = why or (error.lines[0] if error is not None else "")

    def __repr__(self) -> str:
        return f"Verification({self.state})"

    @property
    def is_refusal(self) -> bool:
        """Whether the workspace was asked, and the token will not do."""
        return self.state in (INVALID, NEEDS_PRO)


def of(error: ConfigError) -> Verification:
    """The verdict that an error of a call amounts to."""
    if isinstance(error, InvalidToken):
        return Verification(INVALID, error=error)
    if isinstance(error, ProRequired):
        return Verification(NEEDS_PRO, error=error)
    if isinstance(error, AuthError):
        return Verification(NO_TOKEN, error=error)
    if isinstance(error, WorkspaceError):
        return Verification(NO_API if isinstance(error, NoWorkspaceApi) else UNREACHABLE, error=error)
    return Verification(BROKEN, error=error)


def ask(workspace: WorkspaceClient) -> Verification:
    """What the workspace says of its token. Raises ConfigError for a setting that cannot be used."""
    try:
        return Verification(VALID, identity=workspace.me())
    except (AuthError, WorkspaceError) as error:
        return of(error)
