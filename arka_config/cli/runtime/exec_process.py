"""Run a command with the token in its environment, in place of this process."""

from __future__ import annotations

import errno
import os
import sys

from arka_config.errors import ConfigError
from arka_config.store.child_environment import child_environment

TYPE_CHECKING = False  # without typing: `exec` takes the fast path
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from arka_config.cli.runtime.session import Session

CANNOT_RUN = 126  # the exit codes that a shell uses
NOT_FOUND = 127


class CommandFailed(ConfigError):
    """The command could not be started."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def run(session: Session, words: Sequence[str], *, strict_expiry: bool = False) -> NoReturn:
    """Replace this process with the command. Raises CommandFailed, and what `session.token()` raises."""
    environ = environment(session, strict_expiry=strict_expiry)
    program = _find_program(words[0], environ.get("PATH", os.defpath))
    sys.stdout.flush()
    sys.stderr.flush()
    if sys.platform == "win32":  # which has no exec
        import subprocess

        raise SystemExit(subprocess.run([program, *words[1:]], env=environ, check=False).returncode)  # noqa: S603  # the command that the user typed
    _replace_this_process(program, words, environ)


def environment(session: Session, *, strict_expiry: bool = False) -> dict[str, str]:
    """The environment for the child: the token, its URL and the profile, without our other secrets and tokens."""
    app = session.app
    effective = session.token(strict_expiry=strict_expiry)
    environ = child_environment(app, session.environ, session.store, session.resolution.profile.profile)
    environ[app.token_field.variable] = effective.secret.reveal()
    environ[app.url_field.variable] = str(effective.url.value)
    environ.pop(app.profile_field.variable, None)
    if session.resolution.name is not None:
        environ[app.profile_field.variable] = session.resolution.name
    return environ


def _find_program(name: str, path: str) -> str:
    """Find the program's file: the path itself, or a name in PATH. An empty or relative entry of PATH is skipped, so
    that nothing is run from the working directory (GO-2022-0395)."""
    if os.path.dirname(name):
        return name
    folders = [folder for folder in path.split(os.pathsep) if os.path.isabs(folder)]
    if sys.platform == "win32":  # where PATHEXT counts
        import shutil

        program = shutil.which(name, path=os.pathsep.join(folders))
    else:  # does what shutil.which does here; importing shutil would take longer than the rest of this run
        files = (os.path.join(folder, name) for folder in folders)
        program = next((file for file in files if os.path.isfile(file) and os.access(file, os.X_OK)), None)
    if program is None:
        raise CommandFailed(f"{name}: command not found", NOT_FOUND)
    return program


def _replace_this_process(program: str, words: Sequence[str], environ: dict[str, str]) -> NoReturn:
    import signal

    # Python ignores these two, and a child would inherit that: `exec -- yes | head -1` must end.
    ignored = (signal.SIGPIPE, signal.SIGXFSZ)
    before = [signal.signal(number, signal.SIG_DFL) for number in ignored]
    try:
        os.execve(program, list(words), environ)  # the command that the user typed
    except OSError as error:
        code = NOT_FOUND if error.errno in (errno.ENOENT, errno.ENOTDIR) else CANNOT_RUN
        raise CommandFailed(f"{program}: {(error.strerror or 'cannot be run').lower()}", code) from None
    finally:  # after a failure this process continues, and may write to a closed pipe
        for number, handler in zip(ignored, before, strict=True):
            signal.signal(number, handler)
