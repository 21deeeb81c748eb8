"""Finding a program, and running one that prints a secret: a token helper, or a passphrase command."""

from __future__ import annotations

import os

from arka_config import debug
from arka_config.store.child_environment import child_environment
from arka_config.store.system import SYSTEM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arka_config.app_identity import AppIdentity

TIMEOUT = 60.0  # seconds: the user may have to touch a key or type a password


class ProgramError(Exception):
    """The program failed. The message is a clause without a subject, and contains nothing of its output."""


def find_program(name: str, environ: Mapping[str, str]) -> str | None:
    """Return a program's file: the path itself, or the file in the PATH of an environment; None if there is none.

    An empty or relative entry of PATH is skipped, so that nothing is run from the working directory (GO-2022-0395).
    Windows would search that first.
    """
    return name if os.path.dirname(name) else SYSTEM.find_program(name, folders_of_path(environ))


def folders_of_path(environ: Mapping[str, str]) -> list[str]:
    """Return the folders that an environment's PATH has by their full paths."""
    return [folder for folder in environ.get("PATH", os.defpath).split(os.pathsep) if os.path.isabs(folder)]


def read_output(command: Sequence[str], app: AppIdentity, environ: Mapping[str, str], name: str) -> str:
    """Run a program and return what it prints on stdout. Raises ProgramError.

    No shell runs it. It inherits the environment without the app's secrets, and may use stderr and the terminal.
    `name` is for the debug log.
    """
    import subprocess

    inherited = child_environment(app, environ)
    try:
        program = find_program(command[0], inherited)
        if program is None:
            raise FileNotFoundError
        done = subprocess.run(  # noqa: S603  # the user's own configuration names the command
            [program, *command[1:]], stdout=subprocess.PIPE, env=inherited, timeout=TIMEOUT, check=False
        )
        debug.log(f"{name} ended with exit code {done.returncode}")
        if done.returncode == 0:
            return done.stdout.decode("utf-8")
        fault = f"ended with {done.returncode}"
    except subprocess.TimeoutExpired:
        fault = "did not answer in time"
    except (OSError, IndexError):  # IndexError: an empty command
        fault = "cannot be run"
    except UnicodeDecodeError:
        fault = "printed something that is not text"
    # Raised outside of the handlers: those errors contain the program's output.
    raise ProgramError(fault)
