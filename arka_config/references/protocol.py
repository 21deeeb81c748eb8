"""What every kind of token reference can do, and what it gets and reports."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Protocol

    from arka_config.app_identity import AppIdentity
    from arka_config.secret import Secret
    from arka_config.store.preferences import Preferences
else:
    Protocol = object  # `typing` is expensive to import


class Context:
    """The app, the environment, and the user's config.toml, which is read on first use."""

    def __init__(
        self, app: AppIdentity, environ: Mapping[str, str], load_preferences: Callable[[], Preferences]
    ) -> None:
        self.app = app
        self.environ = environ
        self._load_preferences = load_preferences

    @property
    def preferences(self) -> Preferences:
        """The user's config.toml. Raises MalformedFile."""
        return self._load_preferences()


class Fault:
    """Something `doctor` reports about a reference: what is wrong, and what fixes it.

    `path` is the file to report it for; empty means the profile's. `command` is an argument list that fixes it, and
    `edit` a file to open in an editor.
    """

    def __init__(
        self, message: str, path: str = "", *, command: tuple[str, ...] = (), edit: str = "", advice: str = ""
    ) -> None:
        self.message = message
        self.path = path
        self.command = command
        self.edit = edit
        self.advice = advice


class ReferenceKind(Protocol):
    """A kind of token reference. `target` is what the profile gives: a variable, a path, a helper's name.

    `help` describes the kind in the templates' JSON schema. `runs_program` is true if fetching runs a program, which
    may ask the user something.
    """

    help: str
    runs_program: bool = False

    def describe(self, target: str) -> str:
        """Return the reference in words: `$WORK_TOKEN`."""

    def variable(self, target: str) -> str:
        """Return the environment variable that the token is in, or an empty string."""
        return ""

    def fetch(self, target: str, subject: str, context: Context) -> Secret | None:
        """Return the token, or None if it is empty or not set.

        Raises TokenUnavailable; the message begins with `subject`: "profile 'work' takes its token from $X".
        """

    def remedy(self, target: str, context: Context) -> str:
        """Return what to do if no token is there, in words."""

    def policy(self, target: str, app: AppIdentity, preferences: Preferences) -> str:
        """Return why the user's config.toml does not let a template name this target, or an empty string."""

    def spellings(self, target: str) -> tuple[str, ...]:
        """Return the targets that name the same place on this machine: a path as written, and with links resolved."""
        return (target,)

    def command_to_set(self, target: str) -> str:
        """Return a shell command that puts a token there without echo, or an empty string."""
        return ""

    def why_missing(self, target: str, context: Context) -> str:
        """Return why no token can be fetched, or an empty string. Runs no program."""
        return ""

    def check(self, target: str, subject: str, context: Context) -> Iterable[Fault]:
        """Return what is wrong, other than the token itself. Runs no program."""
        return ()

    def describe_malformed(self, target: str, app: AppIdentity) -> str:
        """Return why this cannot be a target on any machine, in words, or an empty string."""
        return ""


def refuse_token(target: str, noun: str) -> str:
    """Return why a target that looks like a token is malformed, or an empty string: long, with digits and letters."""
    is_mixed = any(letter.islower() for letter in target) and any(letter.isdigit() for letter in target)
    if len(target) < 20 or not is_mixed:
        return ""
    return (
        "it looks like a token in plain text, so it is not repeated here: if it is one, revoke it, "
        f"and name a {noun} instead"
    )
