"""Checks of group Contents: files that cannot be parsed, unknown keys, invalid values, newer formats."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from arka_config.doctor.machine import list_folder
from arka_config.doctor.problem import ERROR, WARNING, Fix, Problem, edit_command, shell_command
from arka_config.doctor.renaming import describe, rewrite_profile
from arka_config.errors import ConfigError, MalformedFile, NewerFormat, UnsafeFile
from arka_config.store import files
from arka_config.store.resolution import Resolution
from arka_config.store.tokens import SEALED
from arka_config.text import is_profile_name, suggest_profile_name, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from arka_config.doctor.machine import Machine
    from arka_config.store.profiles import Profile


def preferences(machine: Machine) -> Iterator[Problem]:
    """Mistakes in config.toml."""
    path = os.path.join(machine.store.folders.config, "config.toml")
    try:
        read = machine.store.preferences
    except MalformedFile as error:
        yield _unreadable(error, path)
        return
    except UnsafeFile:  # reported by `config-modes` or `owners`
        return
    for message, correction in read.unknown:
        yield Problem(WARNING, path, f"{message}; {correction}", edit_command(path))
    if read.storage == SEALED and not files.exists(machine.store.data_key_path):
        message = 'storage = "sealed" is set, but sealing is off, so no new token can be stored'
        yield Problem(ERROR, path, message, machine.command("vault", "enable"))
    yield from _literal_token(machine, path)


def _unreadable(error: ConfigError, path: str) -> Problem:
    """Report a file that the user edits, with the correction if it is known."""
    problem = Problem.from_error(error, path, command=edit_command(path))
    correction = error.correction if isinstance(error, MalformedFile) else ""
    return problem._replace(message=f"{problem.message}; {correction}") if correction else problem


def profiles(machine: Machine) -> Iterator[Problem]:
    """Mistakes in profiles: syntax, keys, settings, file names, and a token in the file."""
    folder = machine.store.profiles.folder
    for name, profile in machine.profiles.items():
        yield from _settings(machine, name, profile)
        yield from _literal_token(machine, profile.path)
    for path, error in machine.read_errors.items():
        if os.path.dirname(path) == folder:
            if not isinstance(error, UnsafeFile):  # reported by `config-modes` or `owners`
                yield _unreadable(error, path)
            yield from _literal_token(machine, path)
    try:
        misnamed = machine.store.profiles.misnamed_files()
    except ConfigError:  # reported by `folders`
        return
    message = "its name is not a profile name (a-z, 0-9, '-' and '_'), so the file is not used"
    for name in misnamed:
        path, better = os.path.join(folder, name), suggest_profile_name(name.removesuffix(".toml"))
        is_free = better and not machine.store.profiles.holds(better)
        command = shell_command("mv", path, machine.store.profiles.path(better)) if is_free else ""
        yield Problem(WARNING, path, message, command, "" if command else "rename or remove it")


def _settings(machine: Machine, name: str, profile: Profile) -> Iterator[Problem]:
    """Settings that the settings class does not have, and invalid values."""
    if machine.app.settings is None or not profile.settings:
        return
    from arka_config.templates.policy import SettingsValidator

    validator = SettingsValidator(machine.app)
    for key, value in validator.flatten(profile.settings):
        if reason := validator.retired(key):
            command = machine.command("profiles", "unset", name, f"settings.{key}")
            message = f"settings.{key} has no effect any more: {reason}"
            fix = Fix(f"removed settings.{key} from {describe(profile.path)}", partial(rewrite_profile, machine, name))
            yield Problem(WARNING, profile.path, message, command, fix=fix)
            continue
        current = validator.current(key)
        if current != key and not validator.is_secret(key):
            message = f"settings.{key} is an old name: it is settings.{current} now"
            done = f"renamed settings.{key} to settings.{current} in {describe(profile.path)}"
            if (used := validator.used_name(key, profile.settings)) != key:
                message = f"settings.{key} has no effect: settings.{used} is set too"
                done = f"removed settings.{key} from {describe(profile.path)}"
            fix = Fix(done, partial(rewrite_profile, machine, name))
            yield Problem(WARNING, profile.path, message, machine.command("doctor", "--fix"), fix=fix)
        fault = validator.problem(key, value, may_be_secret=True)
        if not fault and validator.is_secret(key):
            message = f"settings.{key}: it is a secret in plain text, in a file that may be shared"
            store = machine.command("secrets", "set", current, "--profile", name)
            unset = machine.command("profiles", "unset", name, key)
            yield Problem(WARNING, profile.path, message, f"{store} && {unset}")
        if not fault:
            continue
        is_known = validator.is_known(key)
        command = machine.command("profiles", "unset", name, f"settings.{key}")
        if is_known or validator.nearest(key):
            command = edit_command(profile.path)
        yield Problem(ERROR if is_known else WARNING, profile.path, f"settings.{visible(key)}: {fault}", command)


def _literal_token(machine: Machine, path: str) -> Iterator[Problem]:
    """A token in a file that may be shared, where it is not used."""
    try:
        text = files.read(path) or ""
    except ConfigError:
        return
    lines = [number for number, line in enumerate(text.splitlines(), 1) if machine.app.redact(line) != line]
    if lines:
        message = (
            "it contains a token, which does not belong here: store it with login, and replace it if others could "
        )
        yield Problem(ERROR, f"{path}:{lines[0]}", f"{message}read this file", edit_command(path))


def token_files(machine: Machine) -> Iterator[Problem]:
    """Token files that are damaged, or for another workspace than their profile's."""
    tokens = machine.store.tokens
    _ = machine.credentials  # reads the files
    for path, error in machine.read_errors.items():
        if os.path.dirname(path) != tokens.folder or isinstance(error, UnsafeFile):  # reported by `modes`
            continue
        name = os.path.basename(path).removesuffix(".json")
        if not is_profile_name(name):  # another secret, reported by `secrets`
            continue
        if isinstance(error, NewerFormat) or not isinstance(error, MalformedFile):
            yield Problem.from_error(error, path)
        else:
            command = machine.command("logout", "--profile", name)
            yield Problem.from_error(error, path, command=command, advice=error.hint)
    for name in sorted(machine.credentials.keys() & machine.profiles.keys()):
        try:
            Resolution(machine.store, {}, profile=name).effective_token()
        except ConfigError as error:
            if machine.profiles[name].reference is None:
                command = machine.command("profiles", "unset", name, "api_url")
                advice = f"or log in to the other one: {error.hint}"
                yield Problem(ERROR, machine.profiles[name].path, error.message, command, advice)
    for path in list_folder(tokens.folder):
        if os.path.islink(path) and not os.path.exists(path):
            yield Problem(ERROR, path, "it is a broken symbolic link", shell_command("rm", path))


def state(machine: Machine) -> Iterator[Problem]:
    """Files of the state folder that cannot be read."""
    from arka_config.exchange import legacy_origins
    from arka_config.templates import approvals
    from arka_config.templates.ledger import LedgerFile

    folder, selection = machine.store.folders.state, machine.store.selection
    ledger = LedgerFile(folder)
    readers: list[tuple[str, Callable[[], object]]] = [
        (selection.active_path, selection.read_active),
        (selection.pins_path, selection.read_pins),
        (machine.store.journal.path, machine.store.journal.entries),
        (ledger.path, ledger.read),
        (ledger.pending_path, ledger.read_pending),
        (os.path.join(folder, approvals.FILE), lambda: approvals.Approvals(folder)),
        (os.path.join(folder, legacy_origins.FILE), lambda: legacy_origins.LegacyOrigins(folder)),
    ]
    for path, read in readers:
        try:
            read()
        except UnsafeFile:  # the folder, reported by `modes` or `owners`
            continue
        except ConfigError as error:
            is_damaged = isinstance(error, MalformedFile) and not isinstance(error, NewerFormat)
            yield Problem.from_error(error, path, command=shell_command("rm", path) if is_damaged else "")
