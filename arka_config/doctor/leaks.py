"""Copies of a token outside of our own files: the Node CLI's file, shell history, start-up files, a git work tree."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING

from arka_config.doctor import commands
from arka_config.doctor.permissions import closing
from arka_config.doctor.problem import ERROR, NOTE, WARNING, Fix, Problem, of
from arka_config.doctor.token_scan import found_in, lines_in_words
from arka_config.errors import ConfigError, MalformedFile, UnsafeFile
from arka_config.exchange import legacy as legacy_file
from arka_config.exchange.env_paths import SUFFIX
from arka_config.store import files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arka_config.doctor.machine import Machine

_SHELLS = (".bashrc", ".bash_profile", ".bash_login", ".profile", ".zshrc", ".zshenv", ".zprofile", ".zlogin", ".kshrc")
_START_UP = (*_SHELLS, ".config/fish/config.fish", ".pam_environment")
_HERE = (".env", ".envrc")
_HISTORIES = (
    *(".bash_history", ".zsh_history", ".zhistory", ".histfile", ".sh_history"),
    *(".python_history", ".node_repl_history", ".psql_history"),
    ".local/share/fish/fish_history",
    ".local/share/powershell/PSReadLine/ConsoleHost_history.txt",
)


def legacy(machine: Machine) -> Iterator[Problem]:
    """The Node CLI's file: whether others can read it, and whether its token is the active profile's."""
    path = machine.legacy
    if path is None or not os.path.exists(path):
        return
    try:
        found = legacy_file.find_token(path, machine.app.token_prefix)
    except UnsafeFile as error:
        closed = (commands.line("chmod", "600", path), commands.line("chmod", "700", os.path.dirname(path)))
        yield of(error, path, command=" && ".join(closed))
        return
    except MalformedFile as error:
        yield of(error, path, command=commands.line("mv", path, f"{path}.broken"))
        return
    except ConfigError as error:
        yield of(error, path)
        return
    if found is not None:
        if sys.platform != "win32":
            yield from _reopened(path)
        yield from _compared(machine, path, found.token.reveal())


def _reopened(path: str) -> Iterator[Problem]:
    """What the Node CLI leaves open: it writes the file as 0644, and only a closed folder then protects it."""
    folder = os.path.dirname(os.path.realpath(path))
    file_mode, folder_mode = (stat.S_IMODE(os.stat(each).st_mode) for each in (path, folder))
    folder_is_open = folder_mode & 0o077
    if folder_is_open and os.path.basename(folder).endswith(SUFFIX):
        exposed = legacy_file.is_exposed(path)
        now = "others can read the token in it" if exposed else "others could read the token that is written to it next"
        yield Problem(
            ERROR if exposed else WARNING,
            folder,
            f"the folder is open (mode {folder_mode:04o}), so that {now}",
            commands.line("chmod", "700", folder),
            fix=Fix(f"closed to others: {folder}", closing([folder], files.PRIVATE_FOLDER)),
        )
    if file_mode & 0o077:
        yield Problem(
            WARNING if folder_is_open else NOTE,
            path,
            f"the Node CLI has made the file readable again (mode {file_mode:04o})"
            + ("" if folder_is_open else "; its folder keeps others out"),
            commands.line("chmod", "600", path),
            fix=Fix(f"closed to others: {path}", closing([os.path.realpath(path)], files.PRIVATE_FILE)),
        )


def _compared(machine: Machine, path: str, token: str) -> Iterator[Problem]:
    """How the Node CLI's token stands to ours."""
    try:
        name, _ = machine.store.selection.active()
    except ConfigError:  # `state` says so
        return
    holder = machine.holder(token)
    program = machine.program
    is_synced = machine.preferences is not None and machine.preferences.legacy_sync
    active = machine.credentials.get(name or "")
    own = machine.token(active) if active is not None else None
    if holder is not None and machine.vault_file is not None and machine.credentials[holder].storage == "sealed":
        command = commands.line(program, "import", "legacy", "--delete", "--profile", holder)
        message = f"the token of profile '{holder}' is sealed, and stands here in plain text for the Node CLI"
        yield Problem(
            WARNING, path, message, "" if is_synced else command, "legacy_sync writes it" if is_synced else ""
        )
    elif own is not None and token != own and is_synced:
        message = f"it has another token than the active profile '{name}', and legacy_sync is on"
        yield Problem(WARNING, path, message, commands.line(program, "export", "legacy", "--profile", name or ""))
    elif own is not None and token != own:
        whose = f"that of profile '{holder}'" if holder else "one that no profile has"
        message = f"the Node CLI uses another token than the active profile '{name}': {whose}"
        yield Problem(NOTE, path, message, commands.line(program, "export", "legacy", "--profile", name or ""))
    elif own is None and active is None and holder is None:
        message = "the Node CLI has a token that no profile has"
        yield Problem(NOTE, path, message, commands.line(program, "import", "legacy", "--profile", "node"))


def work_tree(machine: Machine) -> Iterator[Problem]:
    """Folders of ours inside a git work tree, from where they could be pushed."""
    folders = machine.store.folders
    what = {
        folders.data: "the tokens in it would be committed with it",
        folders.state: "what opens the vault, and which profile is active, would be committed with it",
    }
    for folder, lost in what.items():
        root = _work_tree_of(folder)
        if root is not None and not _is_ignored(folder):
            path = os.path.join(folder, ".gitignore")
            yield Problem(
                ERROR,
                folder,
                f"the folder is inside the git work tree {root}: {lost}",
                f"printf '*\\n' > {commands.quoted(path)}",
                "if it was committed before, replace the tokens: it is in the history for good",
                fix=Fix(f"had git ignore {folder}", lambda path=path: files.write(path, "*\n")),  # type: ignore[misc]  # mypy knows no default of a lambda
            )
    root = _work_tree_of(folders.config) if folders.config not in what else None
    if root is not None and not _is_ignored(folders.config):
        message = (
            f"the folder is in the git work tree {root}: profiles, URLs and helpers are shared with it, and no token"
        )
        yield Problem(NOTE, folders.config, message, advice="leave it so where that repository is yours")


def _work_tree_of(folder: str) -> str | None:
    """The git work tree that a folder of ours lies in, links followed."""
    if not os.path.isdir(folder):
        return None
    folder = os.path.realpath(folder)
    while not os.path.lexists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
    return folder


def _is_ignored(folder: str) -> bool:
    """Whether a `.gitignore` in the folder keeps all of it out, as the one does that is written here."""
    try:
        text = files.read(os.path.join(folder, ".gitignore")) or ""
    except ConfigError:
        return False
    lines = [line.strip() for line in text.splitlines()]
    return "*" in lines and not any(line.startswith("!") for line in lines)


def history(machine: Machine) -> Iterator[Problem]:
    """Tokens in the history of a shell. It is told where, and the token is not; nothing is taken out unasked."""
    home, environ = machine.home, machine.store.environ
    paths = [os.path.join(home, name) for name in _HISTORIES]
    paths += [os.path.expanduser(environ["HISTFILE"])] if environ.get("HISTFILE") else []
    data = environ.get("XDG_DATA_HOME", "")
    paths += [os.path.join(data, "fish", "fish_history")] if os.path.isabs(data) else []
    for path in dict.fromkeys(map(os.path.abspath, paths)):
        yield from _copies(
            machine,
            path,
            "in the history of a shell",
            "end the shells that are open first: they write their history at their end. ",
        )


def exports(machine: Machine) -> Iterator[Problem]:
    """Tokens in start-up files and in the dotenv files of this directory: they hide profiles, and are plain text."""
    paths = [os.path.join(machine.home, name) for name in _START_UP]
    environment = os.path.join(machine.home, ".config", "environment.d")
    if os.path.isdir(environment):
        paths += sorted(os.path.join(environment, name) for name in os.listdir(environment) if name.endswith(".conf"))
    paths += [os.path.join(machine.directory, name) for name in _HERE] if machine.directory else []
    for path in dict.fromkeys(paths):
        yield from _copies(
            machine,
            path,
            "in plain text",
            f"store it with {machine.program} login, and hand it on with {machine.program} exec. ",
        )


def _copies(machine: Machine, path: str, where: str, first: str) -> Iterator[Problem]:
    found = found_in(path, machine.app)
    if not found:
        return
    holders = sorted({name for each in found for token in each.tokens if (name := machine.holder(token))})
    whose = f", that of profile {' and '.join(map(repr, holders))}," if holders else ""
    replace = f"{machine.program} rotate --profile {holders[0]}" if holders else "revoke it on the tokens page"
    yield Problem(
        WARNING,
        f"{path}:{found[0].first}",
        f"a token{whose} stands {where}, in {lines_in_words(found)}",
        commands.without_lines(path, [(each.first, each.last) for each in found]),
        f"{first}Who saw it has it: {replace}",
    )
