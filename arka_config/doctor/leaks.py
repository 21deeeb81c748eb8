"""Checks of group Leaks, for copies of a token outside of our own files, and the check for a git work tree."""

from __future__ import annotations

import os
import stat
from functools import partial
from typing import TYPE_CHECKING

from arka_config.doctor.machine import list_folder, work_tree_of
from arka_config.doctor.permissions import report_exposed
from arka_config.doctor.problem import (
    ERROR,
    NOTE,
    WARNING,
    Fix,
    Problem,
    delete_lines_command,
    shell_command,
    shell_quote,
)
from arka_config.doctor.token_scan import describe_lines, scan_file
from arka_config.errors import ConfigError, MalformedFile
from arka_config.exchange import legacy as legacy_file
from arka_config.exchange.env_paths import SUFFIX
from arka_config.scanning.file_search import history_paths
from arka_config.store import files
from arka_config.store.system import SYSTEM
from arka_config.store.tokens import SEALED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arka_config.doctor.machine import Machine

_SHELLS = (".bashrc", ".bash_profile", ".bash_login", ".profile", ".zshrc", ".zshenv", ".zprofile", ".zlogin", ".kshrc")
_START_UP = (*_SHELLS, ".config/fish/config.fish", ".pam_environment")
_DOTENV = (".env", ".envrc")


def work_tree(machine: Machine) -> Iterator[Problem]:
    """Our folders inside a git work tree, from which they could be pushed."""
    folders = machine.store.folders
    contents = {
        folders.data: "the tokens in it would be committed",
        folders.state: "the active profile, and what unlocks the vault, would be committed",
    }
    for folder, consequence in contents.items():
        root = work_tree_of(folder)
        if root is not None and not _is_ignored(folder):
            path = os.path.join(folder, ".gitignore")
            message = f"the folder is inside the git work tree {root}: {consequence}"
            advice = "if it was committed before, replace the tokens: they stay in the git history"
            fix = Fix(f"created {path}", partial(files.write, path, "*\n", follow_links=False))
            yield Problem(ERROR, folder, message, f"printf '*\\n' > {shell_quote(path)}", advice, fix)
    root = work_tree_of(folders.config) if folders.config not in contents else None
    if root is not None and not _is_ignored(folders.config):
        message = f"the folder is inside the git work tree {root}: it has profiles, URLs and helpers, but no tokens"
        yield Problem(NOTE, folders.config, message, advice="if the repository is yours, no change is needed")


def _is_ignored(folder: str) -> bool:
    """Whether the folder has a `.gitignore` that excludes everything in it."""
    try:
        text = files.read(os.path.join(folder, ".gitignore")) or ""
    except ConfigError:
        return False
    lines = [line.strip() for line in text.splitlines()]
    return "*" in lines and not any(line.startswith("!") for line in lines)


def legacy(machine: Machine) -> Iterator[Problem]:
    """Access to the Node CLI's file, and whether it has the active profile's token."""
    path = machine.legacy_path
    if path is None or not os.path.exists(path):
        return
    try:
        copy = legacy_file.find_token(path, machine.app.token_prefixes)
    except ConfigError as error:
        command = shell_command("mv", path, f"{path}.broken") if isinstance(error, MalformedFile) else ""
        yield Problem.from_error(error, path, command=command)
        return
    if copy is not None:
        if SYSTEM.has_modes:
            yield from _exposed_legacy_file(path)
        yield from _other_token(machine, path, copy.token.reveal())


def _exposed_legacy_file(path: str) -> Iterator[Problem]:
    """Access for others. The Node CLI writes the file with mode 0644 or 0666, so only its folder can protect it."""
    folder = os.path.dirname(os.path.realpath(path))
    file_mode, folder_mode = (stat.S_IMODE(os.stat(each).st_mode) for each in (path, folder))
    if legacy_file.is_writable_by_all(path):
        command = f"{shell_command('chmod', '600', path)} && {shell_command('chmod', '700', folder)}"
        message = f"it can be written by every user (mode {file_mode:04o}): the token in it may be another user's"
        yield Problem(ERROR, path, message, command, "look at the token in it first")
        return
    is_folder_open = folder_mode & 0o077
    if is_folder_open and os.path.basename(folder).endswith(SUFFIX):
        is_exposed = legacy_file.is_exposed(path)
        consequence = "others can read the token in it" if is_exposed else "others could read the next token in it"
        message = f"others can open the folder (mode {folder_mode:04o}): {consequence}"
        yield report_exposed(ERROR if is_exposed else WARNING, folder, message, [folder], files.PRIVATE_FOLDER)
    if file_mode & 0o077:
        protection = "" if is_folder_open else "; its folder protects it"
        message = f"the Node CLI made the file readable for others again (mode {file_mode:04o}){protection}"
        problem = report_exposed(
            WARNING if is_folder_open else NOTE, path, message, [os.path.realpath(path)], files.PRIVATE_FILE
        )
        yield problem._replace(command=shell_command("chmod", "600", path))


def _other_token(machine: Machine, path: str, token: str) -> Iterator[Problem]:
    """Compare the Node CLI's token with the active profile's and with all others."""
    try:
        name, _ = machine.store.selection.read_active()
    except ConfigError:  # reported by `state`
        return
    holder = machine.find_holder(token)
    is_synced = machine.preferences is not None and machine.preferences.legacy_sync
    active = machine.credentials.get(name or "")
    active_token = machine.reveal(active) if active is not None else None
    if holder is not None and machine.vault_file is not None and machine.credentials[holder].storage == SEALED:
        command = "" if is_synced else machine.command("import", "legacy", "--delete", "--profile", holder)
        message = f"the token of profile '{holder}' is sealed, but the Node CLI's file has it in plain text"
        yield Problem(WARNING, path, message, command, "legacy_sync writes it" if is_synced else "")
    elif active_token is not None and token != active_token:
        which = f"the one of profile '{holder}'" if holder else "one that no profile has"
        message = f"the Node CLI uses another token than the active profile '{name}': {which}"
        if is_synced:
            message = f"it has another token than the active profile '{name}', although legacy_sync is on"
        command = machine.command("export", "legacy", "--profile", name or "")
        yield Problem(WARNING if is_synced else NOTE, path, message, command)
    elif active is None and holder is None:
        command = machine.command("import", "legacy", "--profile", "node")
        yield Problem(NOTE, path, "the Node CLI has a token that no profile has", command)


def history(machine: Machine) -> Iterator[Problem]:
    """Tokens in the history of a shell. The lines are named, but the token is not shown and nothing is removed."""
    advice = "first close all other shells, because they write their history when they end"
    for path in history_paths(machine.home, machine.store.environ):
        yield from _copies(machine, path, "in a shell history", advice)


def exports(machine: Machine) -> Iterator[Problem]:
    """Tokens in start-up files and in this directory's dotenv files, which hide profiles and are plain text."""
    paths = [os.path.join(machine.home, name) for name in _START_UP]
    environment = os.path.join(machine.home, ".config", "environment.d")
    if os.path.isdir(environment) and not os.access(environment, os.R_OK | os.X_OK):
        command = shell_command("chmod", "u+rx", environment)
        yield Problem(ERROR, environment, "the folder cannot be opened, so its files were not checked", command)
    paths += list_folder(environment, ".conf")
    paths += [os.path.join(machine.directory, name) for name in _DOTENV] if machine.directory else []
    advice = f"store it with {machine.program} login, and pass it to programs with {machine.program} exec"
    for path in dict.fromkeys(paths):
        yield from _copies(machine, path, "in plain text", advice)


def _copies(machine: Machine, path: str, place: str, advice: str) -> Iterator[Problem]:
    matches = scan_file(path, machine.app)
    if not matches:
        return
    holders = sorted({name for match in matches for token in match.tokens if (name := machine.find_holder(token))})
    subject = f"the token of profile {' and '.join(map(repr, holders))}" if holders else "a token"
    replace = "revoke it"
    if holders:
        replace = f"replace it: {machine.program} {machine.app.replacing_command} --profile {holders[0]}"
    message = f"{subject} is {place}, on {describe_lines(matches)}"
    command = delete_lines_command(path, [(match.first, match.last) for match in matches])
    advice = f"{advice}. If others may have read it, {replace}"
    yield Problem(WARNING, f"{path}:{matches[0].first}", message, command, advice)
