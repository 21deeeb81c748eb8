"""Verification: the result of asking a workspace about a token, as data instead of an exception."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from arka_config import debug
from arka_config.errors import (
    AuthError,
    ConfigError,
    InvalidToken,
    InvalidValue,
    NoWorkspaceApi,
    ProRequired,
    TooManyRequests,
    WorkspaceError,
    WorkspaceFault,
)
from arka_config.store.tokens import NEVER
from arka_config.text import check_printable
from arka_config.workspace.client.models import read_text, read_timestamp

if TYPE_CHECKING:
    from collections.abc import Collection

    from arka_config.workspace.client.client import WorkspaceClient
    from arka_config.workspace.client.models import Identity
    from arka_config.workspace.client.verifier import Refusal, Unsupported


_LEAST_SECRET = 8  # characters; a shorter one could be a part of any name


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
    NO_VERIFIER = "this program has no API to ask"
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
    """Let the app's verifier ask about the client's token. Raises ConfigError for a setting that cannot be used."""
    verifier = client.app.verifier
    if verifier is None:
        return Verification(State.NOT_ASKED, skipped=Skipped.NO_VERIFIER)
    from arka_config.workspace.client.verifier import ApiOrigin  # `status --offline` sends no request

    try:
        origin = ApiOrigin(client)
        return _interpret(verifier.verify(client.token, origin), client, origin.sent)
    except (AuthError, WorkspaceError) as error:
        return Verification.from_error(error)
    except ConfigError:
        raise
    except Exception as error:  # noqa: BLE001  # its message and traceback may show the token
        import traceback

        place = traceback.extract_tb(error.__traceback__)[-1]
        debug.log(f"{type(error).__name__} in {place.filename}, line {place.lineno}")
        name = type(error).__name__
    failure = WorkspaceFault(f"{client.origin} was not asked: the verifier of {client.app.name} failed with {name}")
    return Verification.from_error(failure)


def _interpret(
    answer: Identity | Refusal | Unsupported, client: WorkspaceClient, sent: Collection[str]
) -> Verification:
    """The verification that an answer means. What the API says is shown to the user, so it is checked here."""
    from arka_config.workspace.client import api_errors
    from arka_config.workspace.client.verifier import Refusal, Unsupported

    app = client.app
    if isinstance(answer, Refusal):
        error = answer.error
        if error is None:
            reason = api_errors.quotable(answer.reason, app, sent)
            error = api_errors.invalid_token(app, client.url, client.replacement, reason)
            error.hint = api_errors.quotable(answer.hint, app, sent) or error.hint
        return Verification.from_error(error)
    if isinstance(answer, Unsupported):
        reason = api_errors.quotable(answer.reason, app, sent) or f"{client.origin} has no API to verify a token"
        return Verification.from_error(NoWorkspaceApi(reason))
    try:
        for key in ("user", "id", "plan"):
            read_text(answer._asdict(), key, "")
        details = answer.token
        for text in (details.id, details.label, *details.scopes):
            check_printable(text, "what it says of the token")
        for text in (answer.user, answer.id, answer.plan, details.id, details.label, *details.scopes):
            # It would be stored and shown in plain text.
            if any(secret in text for secret in sent if len(secret) >= _LEAST_SECRET):
                raise InvalidValue("what it says of the token repeats it")
        expires = NEVER if details.expires == NEVER else read_timestamp(details._asdict(), "expires")
    except InvalidValue as error:
        return Verification.from_error(api_errors.invalid_response(client.origin, error.message))
    if expires == NEVER:
        details = details._replace(expires="", includes_expires=True)
    else:
        details = details._replace(expires=expires, includes_expires=details.includes_expires or bool(expires))
    return Verification(State.VALID, identity=answer._replace(token=details))
