"""Every error that arka-config raises, each with a message, a hint that can be pasted, and an exit code.

ConfigError                       1   something is wrong, and the message says what and where
├── UsageError                    2   the command's words are off
│   └── InvalidName               2   not a profile name; the hint suggests one
├── AuthError                     4   there is no token, or it is refused
│   ├── NoToken                   4   nothing is stored, exported or referred to
│   ├── TokenUnavailable          4   a profile refers to a token that is not there
│   ├── InvalidToken              4   the token cannot be one of this app's, or the workspace refuses it
│   └── ProRequired               4   the workspace wants a Pro subscription for it
├── UnknownProfile                1   a profile was named that does not exist
├── ProfileExists                 1   a profile would be written over
├── InvalidUrl                    1   not a URL that a token may go to
├── OriginConflict                1   a token and a URL from different places would meet
├── SettingsError                 1   values that do not fit the settings class, all of them at once
├── InvalidValue                  1   a stored or exported string holds characters that it may not
├── FileError                     1   a file cannot be read or written
│   ├── MalformedFile             1   it cannot be parsed, or has a key that nobody reads; never overwritten
│   └── UnsafeFile                1   others can write to it
├── TemplateError                 1   templates that cannot be used, with every problem of every file
├── NotAgreed                     1   a plan reads or sends what nobody has agreed to
├── PlanConflict                  1   this machine and the templates do not agree, and nobody says who gives way
├── StalePlan                     1   the machine or the templates moved on since the plan was made
├── SealedTokenError              1   a token cannot be sealed, or a sealed one cannot be opened
├── SealingError                  1   a token cannot be sealed or opened
│   ├── VaultLocked               1   no unlocker opens the data key; the message names each
│   ├── WrongPassphrase           1   the passphrase is another one
│   ├── KeyFileMissing            1   there is no key file where the data key's file says
│   ├── WrongKeyFile              1   it is no key file, or another vault's
│   ├── InvalidSession            1   the session in the environment is damaged, expired or ended
│   ├── KeyringUnavailable        1   the OS keyring is absent, changed or unfit, or lacks the entry
│   │   ├── KeyringLocked         1   it is there, and locked
│   │   └── KeyringTimeout        1   it does not answer in time
│   ├── SealedFileDamaged         1   it is not what was written: a MalformedFile too
│   ├── SealedFileMoved           1   it belongs to another profile, vault or app: a MalformedFile too
│   └── NewerFormat               1   a newer program wrote it: a MalformedFile too
├── LockTimeout                   1   another process holds the lock
├── WorkspaceError                1   a workspace was asked, and what was asked for did not happen
│   ├── NoWorkspaceApi            1   there is no API at that address, or none that can do this
│   ├── WorkspaceUnreachable      1   no answer came: no network, no TLS, no time
│   ├── NotPermitted              1   the token is good, and may not do this
│   ├── RequestRefused            1   the workspace does not take what was asked for, or knows no such token
│   ├── TooManyRequests           1   the workspace asks for fewer requests
│   └── WorkspaceFault            1   the workspace failed, or its answer makes no sense
└── Cancelled                     1   the user said no

Ctrl-C is KeyboardInterrupt, and exits with 130. ConfigWarning is for what still works and should not stay as it is.

Messages are lower case and name the file, the key and the layer. No message ever holds a secret, or the content of
a file that holds one.
"""

from __future__ import annotations

import errno

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

EXIT_ERROR = 1
EXIT_USAGE = 2
EXIT_PENDING = 3
EXIT_AUTH = 4
EXIT_INTERRUPTED = 130


class ConfigError(Exception):
    """Something is wrong. `message` says what, in one sentence; `hint` is the way out, or empty.

    `lines` are the same as a person reads them, one below the other, and so does `str()` give them. A line end inside
    of one came in with what it names, a file's name say, and is no line of ours.
    """

    exit_code = EXIT_ERROR

    def __init__(self, message: str, *, more: Sequence[str] = (), hint: str = "") -> None:
        self.lines = (message, *more)
        self.message = message + (" " if message.endswith(":") else "; ") + "; ".join(more) if more else message
        super().__init__("\n".join(self.lines))
        self.hint = hint


class UsageError(ConfigError):
    """The command's words are off."""

    exit_code = EXIT_USAGE


class InvalidName(UsageError):
    """Not a profile name."""


class AuthError(ConfigError):
    """There is no token, or it is refused."""

    exit_code = EXIT_AUTH


class NoToken(AuthError):
    """No layer has a token."""


class TokenUnavailable(AuthError):
    """A profile refers to a token that is not where it says."""


class InvalidToken(AuthError):
    """The token does not match the app's token format, or the workspace rejected it. `reason` says which, without the
    words "Invalid token"."""

    def __init__(self, message: str, *, more: Sequence[str] = (), reason: str = "", hint: str = "") -> None:
        super().__init__(message, more=more, hint=hint)
        self.reason = reason or message


class ProRequired(AuthError):
    """The token is good, and the workspace wants a Pro subscription for it."""


class UnknownProfile(ConfigError):
    """A profile was named that does not exist; the hint gives the nearest names."""


class ProfileExists(ConfigError):
    """A profile of that name is there already, and would be written over."""


class InvalidUrl(ConfigError):
    """Not a URL that a token may go to."""


class OriginConflict(ConfigError):
    """A token is for one origin, but a URL from another source has a different one. `url_source` is that source: a
    variable, an option or a file; empty if unknown."""

    def __init__(self, message: str, *, hint: str = "", url_source: str = "") -> None:
        super().__init__(message, hint=hint)
        self.url_source = url_source


class SettingsError(ConfigError):
    """Values that do not fit the settings class. `problems` holds a sentence for each."""

    def __init__(self, problems: Iterable[str], *, hint: str = "") -> None:
        self.problems = tuple(problems)
        first, *more = self.problems or ("",)
        super().__init__(first, more=more, hint=hint)


class InvalidValue(ConfigError):
    """A string holds a character that it may not: a line break, an escape, a direction mark."""


class FileError(ConfigError):
    """A file cannot be read or written. `path` is the one, and `code` the system's number where it was the system."""

    def __init__(self, message: str, *, path: str, hint: str = "", code: int = 0) -> None:
        super().__init__(message, hint=hint)
        self.path = path
        self.code = code

    @property
    def is_refusal(self) -> bool:
        """Whether nothing can be written at that path, now or later, by this user or by anybody."""
        return self.code in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR)


class MalformedFile(FileError):
    """A file that cannot be parsed, or has an unknown key. It is never overwritten.

    `correction` says what to write instead, if that is known. It replaces the hint.
    """

    def __init__(self, message: str, *, path: str, hint: str = "", correction: str = "", code: int = 0) -> None:
        super().__init__(message, path=path, hint=correction or hint, code=code)
        self.correction = correction


class UnsafeFile(FileError):
    """A file of secrets that somebody else can write to."""


class TemplateError(ConfigError):
    """Templates that cannot be used. `problems` holds a sentence for each, with file, line and column."""

    def __init__(self, problems: Iterable[str], *, hint: str = "") -> None:
        self.problems = tuple(problems)
        first, *more = self.problems or ("",)
        super().__init__(first, more=more, hint=hint)


class NotAgreed(ConfigError):
    """A plan reads or sends what nobody has agreed to."""


class PlanConflict(ConfigError):
    """This machine and the templates do not agree, and nobody has said who gives way."""


class StalePlan(ConfigError):
    """The machine or the templates moved on since the plan was made."""


class SealedTokenError(ConfigError):
    """A token cannot be sealed, or a sealed one cannot be opened."""


class SealingError(ConfigError):
    """A token cannot be sealed or opened."""


class VaultLocked(SealingError):
    """No unlocker opens the data key. The message names each, and why it does not."""


class WrongPassphrase(SealingError):
    """The passphrase is not the one that the data key is wrapped with."""


class KeyFileMissing(SealingError):
    """There is no key file at the path that the data key's file names."""


class WrongKeyFile(SealingError):
    """The key file is none, or opens another vault."""


class InvalidSession(SealingError):
    """The session in the environment is damaged, has expired, or was ended."""


class KeyringUnavailable(SealingError):
    """The OS keyring is absent, unfit or another one than before, or no longer has what was put there."""


class KeyringLocked(KeyringUnavailable):
    """The OS keyring is there, and locked."""


class KeyringTimeout(KeyringUnavailable):
    """The OS keyring does not answer in time."""


class SealedFileDamaged(SealingError, MalformedFile):
    """A sealed file, or the data key's, is not what was written. It is never overwritten unasked."""


class SealedFileMoved(SealingError, MalformedFile):
    """A sealed file stands under the name of another profile, or in the folder of another vault or app."""


class NewerFormat(SealingError, MalformedFile):
    """A file of a format that only a newer program knows."""


class LockTimeout(ConfigError):
    """Another process holds the lock, and went on holding it."""


class WorkspaceError(ConfigError):
    """A workspace was asked, and what was asked for did not happen."""


class NoWorkspaceApi(WorkspaceError):
    """There is no API at that address, or none that can do what was asked for."""


class WorkspaceUnreachable(WorkspaceError):
    """No answer came from the workspace; the message says why in words."""


class NotPermitted(WorkspaceError):
    """The token is good, and may not do what was asked for."""


class RequestRefused(WorkspaceError):
    """The workspace does not take what was asked for, or knows no such token."""


class TooManyRequests(WorkspaceError):
    """The workspace asks for fewer requests."""


class WorkspaceFault(WorkspaceError):
    """The workspace failed, or its answer makes no sense."""


class Cancelled(ConfigError):
    """The user was asked, and said no."""


class ConfigWarning(UserWarning):
    """Something works, and should not stay as it is."""
