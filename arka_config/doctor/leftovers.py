"""What was begun and not ended: temporary files, a lock that was not given back, a change of the vault, an apply."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from arka_config.doctor import commands
from arka_config.doctor.problem import WARNING, Fix, Problem
from arka_config.errors import ConfigError
from arka_config.sealing import migration
from arka_config.sealing.data_key import DISABLE
from arka_config.store import files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arka_config.doctor.machine import Machine

_PATIENCE = 60  # seconds; a writer needs a temporary file for some thousandths of one


def temporary(machine: Machine) -> Iterator[Problem]:
    """Temporary files that a killed writer left: one of them may hold a token."""
    folders = [os.path.realpath(folder) for folder in machine.store.written_folders]
    if machine.legacy is not None:
        folders.append(os.path.dirname(os.path.realpath(machine.legacy)))
    for folder in dict.fromkeys(folders):
        stale = [path for path in files.temporaries(folder) if _age(path) > _PATIENCE]
        if stale:
            what = "a temporary file" if len(stale) == 1 else f"{len(stale)} temporary files"
            yield Problem(
                WARNING,
                stale[0] if len(stale) == 1 else folder,
                f"a killed command left {what} here, which may hold a token",
                commands.line("rm", "-f", *stale),
                fix=Fix(f"removed {what} of {folder}", lambda stale=stale: _remove(stale)),  # type: ignore[misc]  # mypy knows no default of a lambda
            )


def _age(path: str) -> float:
    try:
        return time.time() - os.lstat(path).st_mtime
    except OSError:
        return 0


def _remove(paths: list[str]) -> None:
    for path in paths:
        files.remove(path)


def lock(machine: Machine) -> Iterator[Problem]:
    """A lock that its holder did not give back: the kernel has freed it, and something may be half done."""
    holder = machine.store.lock.signature()
    if holder is None or sys.platform == "win32" or _is_alive(holder[0]):
        return
    yield Problem(
        WARNING,
        machine.store.lock.path,
        f"process {holder[0]} ({holder[1]}) was killed while it wrote; nobody waits for it, and what it left behind is "
        "swept away by the next command that writes",
        commands.line(machine.program, "doctor", "--fix"),
        fix=Fix("swept up after the process that was killed", lambda: None),  # which taking the lock does
    )


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # it is another user's
        return True
    return True


def unfinished(machine: Machine) -> Iterator[Problem]:
    """A change of the vault, or an apply, that was interrupted."""
    file = machine.vault_file
    if file is not None and file.unfinished:
        fix = None
        if file.unfinished != DISABLE and machine.opens_at_once:
            fix = Fix(f"finished 'vault {file.unfinished}'", lambda: migration.settle(machine.store.vault))
        yield Problem(
            WARNING,
            machine.store.data_key_path,
            f"'vault {file.unfinished}' was interrupted; every token opens, and some are not as you wanted them",
            commands.line(
                machine.program, "vault", file.unfinished, *(["--yes"] if file.unfinished == DISABLE else [])
            ),
            fix=fix,
        )
    yield from _pending_apply(machine)


def _pending_apply(machine: Machine) -> Iterator[Problem]:
    from arka_config.templates.ledger import LedgerFile

    file = LedgerFile(machine.store.folders.state)
    try:
        ledger, pending = file.read(), file.pending()
    except ConfigError:  # `state` says so
        return
    if pending is None:
        return
    changed = [entry for name in ledger.unlike(pending) if (entry := pending.entries.get(name)) is not None]
    where = sorted({entry.folder for entry in changed if os.path.isdir(entry.folder)})
    yield Problem(
        WARNING,
        file.pending_path,
        "'apply' was interrupted, and may have carried out a part of its plan",
        commands.line(machine.program, "apply", where[0]) if len(where) == 1 else "",
        "" if len(where) == 1 else f"run it again: {machine.program} apply PATH…",
    )
