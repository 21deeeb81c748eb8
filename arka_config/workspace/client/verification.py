"""Verification: the result of asking a workspace about a token, as data instead of an exception."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from arka_config.errors import (
    AuthError,
    ConfigError,
    InvalidToken,
    NoWorkspaceApi,
    ProRequired,
    TooManyRequests,
    WorkspaceError,
)

if TYPE_CHECKING:
    from arka_config.workspace.client.client import WorkspaceClient
    from arka_config.workspace.client.models import Identity


class State(StrEnum):
    """The result. The values are those of `state` in JSON output."""

    VALID = "valid"
    INVALID = "invalid"
    NEEDS_PRO = "needs_pro"
    NO_API = "no_api"
    TOO_MANY_REQUESTS = "too_many_requests"
    UNREACHABLE = "unreachable"  # or it failed, or its response is malformed
    NO_TOKEN = "no_token"
    NOT_ASKED = "not_asked"
    BROKEN = "broken"  # a file or a setting of the profile cannot be used, so the workspace was not asked


_STATES: tuple[tuple[type[ConfigError], State], ...] = (
    (InvalidToken, State.INVALID),
    (ProRequired, State.NEEDS_PRO),
    (AuthError, State.NO_TOKEN),
    (NoWorkspaceApi, State.NO_API),
    (TooManyRequests, State.TOO_MANY_REQUESTS),
    (WorkspaceError, State.UNREACHABLE),
)


class Skipped(StrEnum):
    """Why the workspace was not asked. The values are those of `reason` in JSON output."""

    OFFLINE = "--offline"
    NO_VERIFY = "--no-verify"
    NO_TOKEN = "there is no token"
    HELPER_NOT_RUN = "the helper that prints the token was not run"
    HELPER_NOT_NAMED = "a helper prints the token; name the profile to run it"
    VAULT_LOCKED = "the vault is locked"
    ORIGIN_NOT_USED = "only a variable names its workspace, which you have not used before"


class Verification(NamedTuple):
    """A state, and what goes with it: the token's user if it is valid, the error if the workspace was asked or could
    not be, and why it was not asked."""

    state: State
    identity: Identity | None = None
    error: ConfigError | None = None
    skipped: Skipped | None = None

    @classmethod
    def from_error(cls, error: ConfigError) -> Verification:
        """The verification that failed with this error."""
        state = next((state for kind, state in _STATES if isinstance(error, kind)), State.BROKEN)
        return cls(state, error=error)

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


def verify(client: WorkspaceClient) -> Verification:
    """Ask the workspace about the client's token. Raises ConfigError for a setting that cannot be used."""
    try:
        return Verification(State.VALID, identity=client.get_identity())
    except (AuthError, WorkspaceError) as error:
        return Verification.from_error(error)
