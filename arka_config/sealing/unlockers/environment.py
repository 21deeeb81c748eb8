"""A secret from the environment: in a variable, in the file that a variable names, or printed by a command."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from arka_config.errors import ConfigError, FileError, SealingError
from arka_config.store import files
from arka_config.store.folders import check_full_path
from arka_config.store.programs import ProgramError, read_output
from arka_config.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arka_config.app_identity import AppIdentity


def secret_from(
    app: AppIdentity, environ: Mapping[str, str], name: str, *, may_run: bool = True
) -> tuple[str, str] | None:
    """Return the secret and the variable it comes from: NAME, NAME_FILE or NAME_COMMAND. None if none of them is set.

    Reads the file or, if it `may_run` one, runs the command. Raises SealingError if that gives no secret.
    """
    for suffix in ("", "_FILE", "_COMMAND") if may_run else ("", "_FILE"):
        variable = app.variable(name + suffix)
        secret = environ.get(variable, "")
        if not secret:
            continue
        if suffix:
            text = _read(secret, variable) if suffix == "_FILE" else _run(secret, variable, app, environ)
            secret = text.removesuffix("\n").removesuffix("\r")
        if not secret:
            raise SealingError(f"{variable} gives an empty value", hint=f"unset {variable}, or correct it")
        if any("\ud800" <= character <= "\udfff" for character in secret):  # how Python decodes other bytes
            raise SealingError(f"{variable} is not UTF-8 text", hint=f"correct {variable}")
        return secret, variable
    return None


def _read(path: str, variable: str) -> str:
    try:
        text = files.read(check_full_path(variable, os.path.expanduser(path)), secret=True)
    except FileError as error:
        raise SealingError(f"{variable}: {error.message}", hint=error.hint) from None
    except ConfigError as error:
        raise SealingError(error.message, hint=error.hint) from None
    if text is None:
        raise SealingError(f"{variable}: {visible(path)} does not exist", hint=f"unset {variable}, or create the file")
    return text


def _run(line: str, variable: str, app: AppIdentity, environ: Mapping[str, str]) -> str:
    try:
        command = shlex.split(line)
    except ValueError:
        command = []
    if not command:
        raise SealingError(
            f"{variable}: not a command: empty, or with an unbalanced quotation mark", hint=f"correct {variable}"
        )
    if os.path.dirname(command[0]):
        try:
            check_full_path(variable, os.path.expanduser(command[0]))
        except ConfigError as error:
            raise SealingError(error.message, hint=error.hint) from None
    try:
        return read_output(command, app, environ, variable)
    except ProgramError as error:
        raise SealingError(f"{variable}: the command {error}", hint="run it yourself to see why") from None
