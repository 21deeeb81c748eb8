"""Checks for what interrupted commands left: temporary files, a lock, an unfinished change of the vault or apply."""

from __future__ import annotations

import os
import time
from functools import partial
from typing import TYPE_CHECKING

from arka_config.doctor.problem import WARNING, Fix, Problem, shell_command
from arka_config.errors import ConfigError
from arka_config.sealing import operations
from arka_config.sealing.data_key import DISABLE
from arka_config.sealing.vault import vault_of
from arka_config.store import files
from arka_config.store.system import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arka_config.doctor.machine import Machine

_MIN_AGE = 60  # seconds; a running command needs its temporary file for milliseconds


def temporary_files(machine: Machine) -> Iterator[Problem]:
    """Temporary files of killed commands, which may contain a token."""
    folders = [os.path.realpath(folder) for folder in machine.store.folders_to_sweep]
    if machine.legacy_path is not None:
        folders.append(os.path.dirname(os.path.realpath(machine.legacy_path)))
    for folder in dict.fromkeys(folders):
        stale = [path for path in files.temporary_files(folder) if _age(path) > _MIN_AGE]
        if stale:
            what = "a temporary file" if len(stale) == 1 else f"{len(stale)} temporary files"
            place = stale[0] if len(stale) == 1 else folder
            message = f"a killed command left {what} here, which may contain a token"
            fix = Fix(f"removed {what} from {folder}", partial(_remove, stale))
            yield Problem(WARNING, place, message, shell_command("rm", "-f", *stale), fix=fix)


def _age(path: str) -> float:
    try:
        return time.time() - os.lstat(path).st_mtime
    except OSError:
        return 0


def _remove(paths: list[str]) -> None:
    for path in paths:
        files.remove(path)


def lock(machine: Machine) -> Iterator[Problem]:
    """A lock file that names a killed process. The kernel has released the lock, but a change may be incomplete."""
    holder = machine.store.lock.read_holder()
    if holder is None or SYSTEM.is_alive(holder[0]):
        return
    message = (
        f"process {holder[0]} ({holder[1]}) was killed while it was writing; no command waits for it, and the next one "
        "that writes cleans up"
    )
    fix = Fix("cleaned up after the killed process", lambda: None)  # taking the lock does it
    yield Problem(WARNING, machine.store.lock.path, message, machine.command("doctor", "--fix"), fix=fix)


def unfinished_changes(machine: Machine) -> Iterator[Problem]:
    """An interrupted change of the vault, or an interrupted apply."""
    file = machine.vault_file
    if file is not None and file.unfinished:
        is_disable = file.unfinished == DISABLE
        fix = None
        if not is_disable and machine.opens_at_once:
            finish = partial(operations.finish_interrupted, vault_of(machine.store))
            fix = Fix(f"finished 'vault {file.unfinished}'", finish)
        message = f"'vault {file.unfinished}' was interrupted; all tokens can be opened, but some are not yet changed"
        command = machine.command("vault", file.unfinished, *(["--yes"] if is_disable else []))
        yield Problem(WARNING, machine.store.data_key_path, message, command, fix=fix)
    yield from _pending_apply(machine)
    yield from _unfinished_requests(machine)


def _pending_apply(machine: Machine) -> Iterator[Problem]:
    from arka_config.templates.ledger import LedgerFile

    file = LedgerFile(machine.store.folders.state)
    try:
        ledger, pending = file.read(), file.read_pending()
    except ConfigError:  # reported by `state`
        return
    if pending is None:
        return
    changed = [entry for name in ledger.differences(pending) if (entry := pending.entries.get(name)) is not None]
    sources = sorted({entry.folder for entry in changed if os.path.isdir(entry.folder)})
    command = machine.command("apply", sources[0]) if len(sources) == 1 else ""
    advice = "" if command else f"run it again: {machine.program} apply PATH…"
    message = "'apply' was interrupted, and may have carried out only a part of its plan"
    yield Problem(WARNING, file.pending_path, message, command, advice)


def _unfinished_requests(machine: Machine) -> Iterator[Problem]:
    """Tokens that a killed command had issued, or was about to replace, and that no profile may hold."""
    journal = machine.store.journal
    try:
        left = journal.left_behind()
    except ConfigError:  # reported by `state`
        return
    for entry in left:
        where = f"for profile '{entry.profile}' at {entry.origin}" if entry.profile else f"at {entry.origin}"
        message = (
            f"a '{entry.kind}' begun {entry.begun} was killed: {entry} {where} may work, and no profile may hold it"
        )
        if entry.is_revocation:
            message = f"{entry} {where} may still work: the response to '{entry.kind}' was lost"
        fix = None
        if machine.finish is not None:
            done = f"no token of the killed '{entry.kind}' is left {where}"
            fix = Fix(done, partial(machine.finish, entry), asks_workspace=True)
        page = machine.app.page(machine.app.tokens_page, entry.origin)
        command = machine.command("doctor", "--fix")
        advice = f"asks the workspace, and revokes it unless a profile holds it; or revoke it on {page}"
        yield Problem(WARNING, journal.path, message, command, advice, fix=fix, token_id=entry.id)
