"""Verification: the result of asking a workspace about a token, as data instead of an exception."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from arka_config.errors import AuthError, ConfigError, InvalidToken, NoWorkspaceApi, ProRequired, WorkspaceError

if TYPE_CHECKING:
    from arka_config.workspace.client.client import WorkspaceClient
    from arka_config.workspace.client.models import Identity


class State(StrEnum):
    """The result. The values are those of `state` in JSON output."""

    VALID = "valid"
    INVALID = "invalid"
    NEEDS_PRO = "needs_pro"
    NO_API = "no_api"
    UNREACHABLE = "unreachable"  # or it failed, or its response is malformed
    NO_TOKEN = "no_token"
    NOT_ASKED = "not_asked"
    BROKEN = "broken"  # a file or a setting of the profile cannot be used, so the workspace was not asked


class Skipped(StrEnum):
    """Why the workspace was not asked. The values are those of `reason` in JSON output."""

    OFFLINE = "--offline"
    NO_VERIFY = "--no-verify"
    NO_TOKEN = "there is no token"
    TOKEN_UNAVAILABLE = "the token is not available"
    HELPER_NOT_RUN = "the helper that prints the token was not run"
    HELPER_NOT_NAMED = "a helper prints the token; name the profile to run it"
    VAULT_LOCKED = "the vault is locked"


class Verification:
    """A state, and what goes with it: the token's user if it is valid, the error if the workspace was asked or could
    not be, and why it was not asked."""

    __slots__ = ("error", "identity", "skipped", "state")

    def __init__(
        self,
        state: State,
        *,
        identity: Identity | None = None,
        error: ConfigError | None = None,
        skipped: Skipped | None = None,
    ) -> None:
        self.state = state
        self.identity = identity
        self.error = error
        self.skipped = skipped

    def __repr__(self) -> str:
        return f"Verification({self.state})"

    @classmethod
    def from_error(cls, error: ConfigError) -> Verification:
        """The verification that failed with this error."""
        return cls(_state_for(error), error=error)

    @property
    def reason(self) -> str:
        """Why the token was not verified, in one line; empty if it was."""
        if self.error is not None:
            return self.error.lines[0]
        return "" if self.skipped is None else self.skipped.value

    @property
    def is_refusal(self) -> bool:
        """Whether the workspace was asked and rejected the token."""
        return self.state in (State.INVALID, State.NEEDS_PRO)


def _state_for(error: ConfigError) -> State:
    if isinstance(error, InvalidToken):
        return State.INVALID
    if isinstance(error, ProRequired):
        return State.NEEDS_PRO
    if isinstance(error, AuthError):
        return State.NO_TOKEN
    if isinstance(error, WorkspaceError):
        return State.NO_API if isinstance(error, NoWorkspaceApi) else State.UNREACHABLE
    return State.BROKEN


def verify(client: WorkspaceClient) -> Verification:
    """Ask the workspace about the client's token. Raises ConfigError for a setting that cannot be used."""
    try:
        return Verification(State.VALID, identity=client.get_identity())
    except (AuthError, WorkspaceError) as error:
        return Verification.from_error(error)
