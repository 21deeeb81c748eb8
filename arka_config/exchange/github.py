"""What a GitHub Actions runner reads: the command that masks a value in the log, and the file of variables.

Source: GitHub's "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

import os

from arka_config.store import files
from arka_config.text import check_printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def mask(secret: str) -> str:
    """The line that has the runner hide a value in all that is logged after it."""
    # A percent sign begins an escape in a command's value.
    return f"::add-mask::{check_printable(secret, 'the token').replace('%', '%25')}"


def append(path: str, variables: Mapping[str, str]) -> None:
    """Adds variables to the file that `GITHUB_ENV` names. Raises InvalidValue, FileError.

    Each value stands between two lines that nobody can guess, so that none of them can end it early.
    """
    lines = []
    for name, value in variables.items():
        border = f"end-{os.urandom(16).hex()}"
        lines += [f"{name}<<{border}", check_printable(value, name), border]
    try:
        _append(path, ("\n".join(lines) + "\n").encode("utf-8"))
    except OSError as error:
        raise files.cannot("write", path, error) from None


def _append(path: str, content: bytes) -> None:
    """Adds all of it, or, on a full disk, nothing: half a variable would spoil those of every other step."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(path, flags, files.PRIVATE_FILE)
    try:
        before = os.fstat(descriptor).st_size
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        except OSError:
            os.ftruncate(descriptor, before)
            raise
    finally:
        os.close(descriptor)
