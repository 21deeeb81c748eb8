"""What every kind of token reference can do. Not part of the fast path: `typing` is expensive to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arka_config.app_identity import AppIdentity
    from arka_config.references.context import Context
    from arka_config.secret import Secret
    from arka_config.store.preferences import Preferences


class Fault(NamedTuple):
    """Something `doctor` reports about a reference: what is wrong, and what fixes it.

    `path` is the file to report it for; empty means the profile's. `command` is an argument list that fixes it, and
    `edit` a file to open in an editor.
    """

    message: str
    path: str = ""
    command: tuple[str, ...] = ()
    edit: str = ""
    advice: str = ""


class ReferenceKind(Protocol):
    """A kind of token reference. `target` is what the profile gives: a variable, a path, a helper's name.

    `help` describes the kind in the templates' JSON schema. `runs_program` is true if fetching runs a program, which
    may ask the user something.
    """

    help: str
    runs_program: bool

    def describe(self, target: str) -> str:
        """Return the reference in words: `$WORK_TOKEN`."""

    def fetch(self, target: str, subject: str, context: Context) -> Secret | None:
        """Return the token, or None if it is empty or not set.

        Raises TokenUnavailable; the message begins with `subject`: "profile 'work' takes its token from $X".
        """

    def remedy(self, target: str, context: Context) -> str:
        """Return what to do if no token is there, in words."""

    def command_to_set(self, target: str) -> str:
        """Return a shell command that puts a token there without echo, or an empty string."""

    def missing(self, target: str, context: Context) -> str:
        """Return why no token can be fetched, or an empty string. Runs no program."""

    def check(self, target: str, subject: str, context: Context) -> Iterator[Fault]:
        """Yield what is wrong, other than the token itself. Runs no program."""

    def malformed(self, target: str, app: AppIdentity) -> str:
        """Return why this cannot be a target on any machine, in words, or an empty string."""

    def policy(self, target: str, app: AppIdentity, preferences: Preferences) -> str:
        """Return why the user's config.toml does not let a template name this target, or an empty string."""
