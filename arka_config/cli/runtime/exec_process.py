"""Run a command with the token in its environment, in place of this process."""

from __future__ import annotations

import sys

from arka_config.errors import ConfigError
from arka_config.store.child_environment import child_environment
from arka_config.store.programs import find_program
from arka_config.store.system import NOT_FOUND, SYSTEM, NotStarted

TYPE_CHECKING = False  # without typing: `exec` takes the fast path
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from arka_config.cli.runtime.session import Session


class CommandFailed(ConfigError):
    """The command could not be started."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def run(session: Session, words: Sequence[str], *, strict_expiry: bool = False) -> NoReturn:
    """Replace this process with the command. Raises CommandFailed, and what `session.fetch_token()` raises."""
    environ = environment(session, strict_expiry=strict_expiry)
    program = find_program(words[0], environ)
    if program is None:
        raise CommandFailed(f"{words[0]}: command not found", NOT_FOUND)
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        SYSTEM.become(program, words, environ)
    except NotStarted as error:
        raise CommandFailed(f"{program}: {error.reason}", error.exit_code) from None


def environment(session: Session, *, strict_expiry: bool = False) -> dict[str, str]:
    """The environment for the child: the token, its URL and the profile, without our other secrets and tokens."""
    app = session.app
    effective = session.fetch_token(strict_expiry=strict_expiry)
    environ = child_environment(app, session.environ, session.store, session.resolution.profile.profile)
    environ[app.token_field.variable] = effective.secret.reveal()
    environ[app.url_field.variable] = str(effective.url.value)
    environ.pop(app.profile_field.variable, None)
    if session.resolution.name is not None:
        environ[app.profile_field.variable] = session.resolution.name
    return environ
