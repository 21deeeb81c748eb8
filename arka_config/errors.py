"""Every error that arka-config raises, each with a message, a hint that can be pasted, and an exit code.

ConfigError                       1   something is wrong; the message says what and where
├── UsageError                    2   the command line is wrong
│   └── InvalidName               2   not a profile name; the hint suggests one
├── AuthError                     4   there is no token, or it is rejected
│   ├── NoToken                   4   no token is stored, exported or referred to
│   ├── TokenUnavailable          4   a profile refers to a token that is not there
│   ├── InvalidToken              4   not in the app's token format, or rejected by the workspace
│   ├── ExpiredToken              4   the stored token is known to have expired, and may not be used then
│   └── ProRequired               4   the workspace requires a Pro subscription
├── UnknownProfile                1   the named profile does not exist
├── ProfileExists                 1   the profile would be overwritten
├── InvalidUrl                    1   not a URL that a token may be sent to
├── OriginConflict                1   a token and a URL are from different places
├── SettingsError                 1   values that the settings class rejects, all of them at once
├── InvalidValue                  1   a string to store or export contains forbidden characters
├── FileError                     1   a file cannot be read or written
│   ├── MalformedFile             1   it cannot be parsed, or has an unknown key; never overwritten
│   └── UnsafeFile                1   other users own it or can change it, or it is a link
├── TemplateError                 1   templates that cannot be used, with every problem in every file
├── NotApproved                   1   a plan reads or sends something that was not approved
├── PlanConflict                  1   this machine and the templates differ, and neither side was chosen
├── StalePlan                     1   the machine or the templates have changed since the plan was made
├── SealedTokenError              1   a template's token cannot be sealed or opened
├── SealingError                  1   a stored token cannot be sealed or opened
│   ├── VaultLocked               1   no unlocker opens the data key; the message names each
│   ├── VaultChanged              1   `data-key.json` is missing, or is not this machine's
│   ├── WrongPassphrase           1   the passphrase is wrong
│   ├── KeyFileMissing            1   the key file does not exist
│   ├── WrongKeyFile              1   not a key file, or another vault's
│   ├── InvalidSession            1   the session in the environment is damaged, expired or ended
│   ├── KeyringUnavailable        1   the OS keyring is missing, changed or unsuitable, or lacks the entry
│   │   ├── KeyringLocked         1   it is locked
│   │   └── KeyringTimeout        1   it does not answer in time
│   ├── SealedFileDamaged         1   its content has changed since it was written; a MalformedFile too
│   ├── SealedFileMoved           1   it belongs to another profile, vault or app; a MalformedFile too
│   └── NewerFormat               1   a newer program wrote it; a MalformedFile too
├── LockTimeout                   1   another process holds the lock
├── WorkspaceError                1   a request to a workspace failed
│   ├── NoWorkspaceApi            1   the address has no API, or none that can do this
│   ├── WorkspaceUnreachable      1   no response: no network, no TLS, or a timeout
│   ├── NotPermitted              1   the token is valid but may not do this
│   ├── RequestRefused            1   the workspace rejects the request, or does not know the token
│   ├── SignInFailed              1   signing in through the browser ended without a token
│   ├── TooManyRequests           1   the workspace limits the rate of requests
│   ├── RevocationUnknown         1   the token may have been revoked: the response was lost
│   └── WorkspaceFault            1   the workspace failed, or its response is invalid
└── Cancelled                     1   the user said no

Ctrl-C is KeyboardInterrupt and exits with 130; InterruptedBatch says what was done by then. ConfigWarning is for what
works but should be changed.

Messages are lower case and name the file, the key and the layer. No message contains a secret, or the content of a
file that contains one.
"""

from __future__ import annotations

import errno

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

EXIT_ERROR = 1
EXIT_USAGE = 2
EXIT_PENDING = 3  # changes are pending, or a token is expiring
EXIT_AUTH = 4
EXIT_INTERRUPTED = 130


class ConfigError(Exception):
    """Something is wrong. `message` is one sentence; `hint` says what to do, or is empty.

    `lines` is the same text as shown to the user, one string for each line, and `str()` joins them. A newline inside
    one of them is part of a name, such as a file's.
    """

    exit_code = EXIT_ERROR

    def __init__(self, message: str, *, more: Sequence[str] = (), hint: str = "") -> None:
        self.lines = (message, *more)
        self.message = message + (" " if message.endswith(":") else "; ") + "; ".join(more) if more else message
        super().__init__("\n".join(self.lines))
        self.hint = hint


class UsageError(ConfigError):
    """The command line is wrong."""

    exit_code = EXIT_USAGE


class InvalidName(UsageError):
    """Not a profile name."""


class AuthError(ConfigError):
    """There is no token, or it is rejected."""

    exit_code = EXIT_AUTH


class NoToken(AuthError):
    """No layer has a token."""


class TokenUnavailable(AuthError):
    """A profile refers to a token that is not there."""


class InvalidToken(AuthError):
    """The token does not match the app's token format, or the workspace rejected it. `reason` says which, without the
    words "Invalid token"."""

    def __init__(self, message: str, *, more: Sequence[str] = (), reason: str = "", hint: str = "") -> None:
        super().__init__(message, more=more, hint=hint)
        self.reason = reason or message


class ExpiredToken(AuthError):
    """The stored token is known to have expired, and `expiry = "refuse"` or `--strict-expiry` forbids using it."""


class ProRequired(AuthError):
    """The token is valid, but the workspace requires a Pro subscription."""


class UnknownProfile(ConfigError):
    """The named profile does not exist; the hint gives similar names."""


class ProfileExists(ConfigError):
    """A profile with that name exists and would be overwritten."""


class InvalidUrl(ConfigError):
    """Not a URL that a token may be sent to."""


class OriginConflict(ConfigError):
    """A token is for one origin, but a URL from another source has a different one. `url_source` is that source: a
    variable, an option or a file; empty if unknown."""

    def __init__(self, message: str, *, hint: str = "", url_source: str = "") -> None:
        super().__init__(message, hint=hint)
        self.url_source = url_source


class SettingsError(ConfigError):
    """Values that the settings class rejects. `problems` has a sentence for each."""

    def __init__(self, problems: Iterable[str], *, hint: str = "") -> None:
        self.problems = tuple(problems)
        first, *more = self.problems or ("",)
        super().__init__(first, more=more, hint=hint)


class InvalidValue(ConfigError):
    """A string contains a forbidden character: a line break, an escape, a direction mark."""


class FileError(ConfigError):
    """A file cannot be read or written. `path` is the file, and `code` the errno if the system refused."""

    def __init__(self, message: str, *, path: str, hint: str = "", code: int = 0) -> None:
        super().__init__(message, hint=hint)
        self.path = path
        self.code = code

    @property
    def is_refusal(self) -> bool:
        """Whether this user may not write at that path, so that trying again is useless."""
        return self.code in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR)


class MalformedFile(FileError):
    """A file that cannot be parsed, or has an unknown key. It is never overwritten.

    `correction` says what to write instead, if that is known. It replaces the hint.
    """

    def __init__(self, message: str, *, path: str, hint: str = "", correction: str = "") -> None:
        super().__init__(message, path=path, hint=correction or hint)
        self.correction = correction


class UnsafeFile(FileError):
    """A file that other users own or can change, or that is a link to another one."""


class TemplateError(ConfigError):
    """Templates that cannot be used. `problems` has a sentence for each problem, with file, line and column."""

    def __init__(self, problems: Iterable[str], *, hint: str = "") -> None:
        self.problems = tuple(problems)
        first, *more = self.problems or ("",)
        super().__init__(first, more=more, hint=hint)


class NotApproved(ConfigError):
    """A plan reads or sends something that was not approved."""


class PlanConflict(ConfigError):
    """This machine and the templates differ, and neither side was chosen."""


class StalePlan(ConfigError):
    """The machine or the templates have changed since the plan was made."""


class SealedTokenError(ConfigError):
    """A template's token cannot be sealed or opened."""


class SealingError(ConfigError):
    """A stored token cannot be sealed or opened."""


class VaultLocked(SealingError):
    """No unlocker opens the data key. The message names each, with the reason."""


class VaultChanged(SealingError, FileError):
    """The vault is not the one that this machine knows: `data-key.json` was removed or replaced."""


class WrongPassphrase(SealingError):
    """The passphrase is wrong."""


class KeyFileMissing(SealingError):
    """The key file that `data-key.json` names does not exist."""


class WrongKeyFile(SealingError):
    """The file is not a key file, or another vault's."""


class InvalidSession(SealingError):
    """The session in the environment is damaged, expired or ended."""


class KeyringUnavailable(SealingError):
    """The OS keyring is missing, insecure or not the one used before, or lacks the entry.

    `command` is the shell command that solves it, if there is one; it is the hint too.
    """

    def __init__(self, message: str, *, hint: str = "", command: str = "") -> None:
        super().__init__(message, hint=hint or command)
        self.command = command


class KeyringLocked(KeyringUnavailable):
    """The OS keyring is locked."""


class KeyringTimeout(KeyringUnavailable):
    """The OS keyring does not answer in time."""


class SealedFileDamaged(SealingError, MalformedFile):
    """A sealed file or `data-key.json` has changed since it was written. It is not overwritten unasked."""


class SealedFileMoved(SealingError, MalformedFile):
    """A sealed file has another profile's name, or is in the folder of another vault or app."""


class NewerFormat(SealingError, MalformedFile):
    """A file in a newer format than this program reads."""


class LockTimeout(ConfigError):
    """Another process holds the lock."""


class WorkspaceError(ConfigError):
    """A request to a workspace failed. `may_have_arrived` if the workspace may have carried it out nevertheless."""

    may_have_arrived = False


class NoWorkspaceApi(WorkspaceError):
    """The address has no API, or none that can do this."""


class WorkspaceUnreachable(WorkspaceError):
    """The workspace did not respond; the message says why."""


class NotPermitted(WorkspaceError):
    """The token is valid but may not do this."""


class RequestRefused(WorkspaceError):
    """The workspace rejects the request, or does not know the token."""


class SignInFailed(WorkspaceError):
    """Signing in through the browser ended without a token: denied, expired, or not as it should."""


class TooManyRequests(WorkspaceError):
    """The workspace limits the rate of requests."""


class RevocationUnknown(WorkspaceError):
    """The response to a revocation was lost. The hint is the command to run again, which is safe."""


class WorkspaceFault(WorkspaceError):
    """The workspace failed, or its response is invalid."""


class Cancelled(ConfigError):
    """The user said no."""


class InterruptedBatch(KeyboardInterrupt):
    """Ctrl-C during changes to several things. `lines` say which were made; the hint says how to go on, or is empty."""

    def __init__(self, lines: Sequence[str], *, hint: str = "") -> None:
        super().__init__("; ".join(lines))
        self.lines = tuple(lines)
        self.hint = hint


class ConfigWarning(UserWarning):
    """Something works but should be changed. `hint` says how, or is empty."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message + (f"; hint: {hint}" if hint else ""))
        self.message = message
        self.hint = hint
