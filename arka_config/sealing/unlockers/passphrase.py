"""Passphrases: where one comes from, and the secret that Argon2id makes of it."""

from __future__ import annotations

import os

from arka_config.errors import FileError, SealingError
from arka_config.sealing import cipher
from arka_config.store import files
from arka_config.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from arka_config.app_identity import AppIdentity
    from arka_config.sealing.data_key import Unlocker

# RFC 9106, section 4, the second recommended option: 64 MiB, 3 passes, 4 lanes.
PARAMETERS: dict[str, object] = {"memory": 65536, "passes": 3, "lanes": 4}

# What a file may ask for. Below, it would be a passphrase made cheap to guess; above, a machine brought to its knees.
# The least memory is that of the weakest setting that OWASP's cheat sheet on password storage names.
_BOUNDS = {"memory": (7 << 10, 1 << 20), "passes": (1, 10), "lanes": (1, 16)}

COMMAND_PATIENCE = 60.0  # seconds: a person may have to touch a key or type a password


def secret(passphrase: str, unlocker: Unlocker, path: str) -> bytes:
    """The secret that a passphrase gives. Raises SealingError where the file asks for more or less than it may."""
    asked = {key: int(str(unlocker.details[key])) for key in _BOUNDS}
    for key, (least, most) in _BOUNDS.items():
        if not least <= asked[key] <= most:
            raise SealingError(
                f"{path}: unlocker '{unlocker.name}': {key} is {asked[key]}, and may be {least} to {most}; "
                "nothing was tried",
                hint="take the file from a backup: this program does not write such a one",
            )
    found = cipher.stretched(
        passphrase, unlocker.salt, memory=asked["memory"], passes=asked["passes"], lanes=asked["lanes"]
    )
    if found is None:
        raise SealingError(
            f"there is not enough memory to try a passphrase: it takes {asked['memory'] >> 10} MiB",
            hint="end other programs, or raise the limit: ulimit -v",
        )
    return found


def given(app: AppIdentity, environ: Mapping[str, str]) -> tuple[str, str] | None:
    """The passphrase that the environment gives, or leads to, and the variable's name; None where it does not.

    Raises SealingError where it leads nowhere.
    """
    for name in ("PASSPHRASE", "PASSPHRASE_FILE", "PASSPHRASE_COMMAND"):
        variable = app.variable(name)
        value = environ.get(variable, "")
        if not value:
            continue
        if name == "PASSPHRASE_FILE":
            value = _of_file(value, variable)
        elif name == "PASSPHRASE_COMMAND":
            value = _of_command(app, environ, value, variable)
        if not value:
            raise SealingError(f"{variable} leads to an empty passphrase", hint=f"unset {variable}, or mend it")
        return value, variable
    return None


def _of_file(value: str, variable: str) -> str:
    try:
        text = files.read(os.path.expanduser(value), secret=True)
    except FileError as error:
        raise SealingError(f"{variable}: {error.message}", hint=error.hint) from None
    if text is None:
        raise SealingError(f"{variable}: {visible(value)} does not exist", hint=f"unset {variable}, or make the file")
    return _line(text)


def _of_command(app: AppIdentity, environ: Mapping[str, str], value: str, variable: str) -> str:
    """What a command prints. No shell runs it, and it gets no secret of ours, nor this variable."""
    import shlex
    import subprocess

    inherited = {name: content for name, content in environ.items() if name not in app.secret_variables}
    try:
        done = subprocess.run(  # noqa: S603  # the user's own environment names the command
            shlex.split(value), stdout=subprocess.PIPE, env=inherited, timeout=COMMAND_PATIENCE, check=False
        )
        if done.returncode == 0:
            return _line(done.stdout.decode("utf-8"))
        why = f"ended with {done.returncode}"
    except subprocess.TimeoutExpired:
        why = "did not answer in time"
    except (OSError, IndexError):
        why = "cannot be run"
    except UnicodeDecodeError:
        why = "printed something that is no text"
    except ValueError:
        why = "lacks the other half of a quotation mark"
    # Outside of the handlers: those errors hold what the command has printed.
    raise SealingError(f"{variable}: the command {why}", hint="run it by hand")


def _line(text: str) -> str:
    return text.removesuffix("\n").removesuffix("\r")
