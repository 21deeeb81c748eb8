"""What the files say: those that cannot be parsed, keys that nobody reads, formats of a newer program."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from arka_config.doctor import commands
from arka_config.doctor.problem import ERROR, WARNING, Problem, of
from arka_config.errors import ConfigError, MalformedFile, NewerFormat, UnsafeFile
from arka_config.store import files
from arka_config.store.resolution import Resolution
from arka_config.text import suggest_profile_name, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from arka_config.doctor.machine import Machine
    from arka_config.store.profiles import Profile


def preferences(machine: Machine) -> Iterator[Problem]:
    """config.toml: whether it parses, and has the keys and values that are read."""
    path = os.path.join(machine.store.folders.config, "config.toml")
    try:
        found = machine.store.preferences
    except MalformedFile as error:
        yield _to_edit(error, path)
        return
    if found.storage == "sealed" and not files.exists(machine.store.data_key_path):
        yield Problem(
            ERROR,
            path,
            'it says storage = "sealed", and sealing is not on, so no new token can be stored',
            commands.line(machine.program, "vault", "enable"),
        )
    yield from _literal_token(machine, path)


def _to_edit(error: MalformedFile, path: str, severity: str = ERROR) -> Problem:
    """A file that people edit is mended by editing; the nearest name stands in the message."""
    found = of(error, path, command=commands.edit(path), severity=severity)
    is_more = error.hint and not error.hint.startswith(f"edit {path}")
    return found._replace(advice="") if not is_more else found._replace(message=f"{found.message}; {error.hint}")


def profiles(machine: Machine) -> Iterator[Problem]:
    """Every profile's file: whether it parses, its keys, its settings, and that no token stands in it."""
    store = machine.store
    for name, profile in machine.profiles.items():
        yield from _settings(machine, name, profile)
        yield from _literal_token(machine, profile.path)
    for path, error in machine.faults.items():
        if os.path.dirname(path) != store.profiles.folder:
            continue
        if isinstance(error, MalformedFile):
            yield _to_edit(error, path)
        else:
            yield of(error, path, command=commands.edit(path))
        yield from _literal_token(machine, path)
    for misnamed in _listed(store.profiles.misnamed):
        path = os.path.join(store.profiles.folder, misnamed)
        yield _misnamed(machine, path, misnamed)


def _listed(read: Callable[[], list[str]]) -> list[str]:
    try:
        return read()
    except ConfigError:  # `folders` says so
        return []


def _misnamed(machine: Machine, path: str, name: str) -> Problem:
    better = suggest_profile_name(name.removesuffix(".toml"))
    is_free = better and not machine.store.profiles.holds(better)
    return Problem(
        WARNING,
        path,
        "its name is no profile's, so nobody reads it: it has other characters than a-z, 0-9, '-' and '_'",
        commands.line("mv", path, machine.store.profiles.path(better)) if is_free else "",
        "" if is_free else "give it another name, or remove it",
    )


def _settings(machine: Machine, name: str, profile: Profile) -> Iterator[Problem]:
    """Settings that the settings class does not have, or whose values do not fit it."""
    if machine.app.settings is None or not profile.settings:
        return
    from arka_config.templates.policy import SettingsCheck

    check = SettingsCheck(machine.app)
    for key, value in check.flat(profile.settings):
        problem = check.unfit(key, value, may_be_secret=True)
        if not problem:
            continue
        is_near = "did you mean" in problem or not problem.startswith("unknown setting")
        yield Problem(
            WARNING if problem.startswith("unknown setting") else ERROR,
            profile.path,
            f"settings.{visible(key)}: {problem}",
            commands.edit(profile.path)
            if is_near
            else commands.line(machine.program, "profiles", "unset", name, f"settings.{key}"),
        )


def _literal_token(machine: Machine, path: str) -> Iterator[Problem]:
    """A token in a file that may be shared: it is not read there, and others may read it."""
    try:
        text = files.read(path) or ""
    except ConfigError:
        return
    lines = [at for at, line in enumerate(text.splitlines(), 1) if machine.app.redacted(line) != line]
    if lines:
        yield Problem(
            ERROR,
            f"{path}:{lines[0]}",
            "a token stands in it, where none belongs: keep it with login, and replace it if others could read it",
            commands.edit(path),
        )


def tokens(machine: Machine) -> Iterator[Problem]:
    """Every token file: whether it is what was written, and for the profile's own workspace."""
    store = machine.store
    _ = machine.credentials
    for path, error in machine.faults.items():
        if os.path.dirname(path) != store.tokens.folder or isinstance(error, UnsafeFile):  # which `modes` says
            continue
        name = os.path.basename(path).removesuffix(".json")
        if isinstance(error, NewerFormat) or not isinstance(error, MalformedFile):
            yield of(error, path)
        else:
            command = commands.line(machine.program, "logout", "--profile", name)
            yield of(error, path)._replace(command=command, advice=f"{error.hint}")
    for name in sorted(machine.credentials.keys() & machine.profiles.keys()):
        yield from _other_origin(machine, name)
    for path in _dangling(store.tokens.folder):
        yield Problem(ERROR, path, "it is a link that leads nowhere", commands.line("rm", path))


def _other_origin(machine: Machine, name: str) -> Iterator[Problem]:
    try:
        Resolution(machine.store, {}, profile=name).token_in_force()
    except ConfigError as error:
        path = machine.profiles[name].path
        if machine.profiles[name].reference is None:
            command = commands.line(machine.program, "profiles", "unset", name, "api_url")
            yield Problem(ERROR, path, error.message, command, f"or log in there: {error.hint}")


def _dangling(folder: str) -> list[str]:
    from arka_config.doctor.places import inside

    paths = [os.path.join(folder, name) for name in inside(folder)]
    return [path for path in paths if os.path.islink(path) and not os.path.exists(path)]


def state(machine: Machine) -> Iterator[Problem]:
    """The files of the state folder: the active profile, the pins, the ledger, what was agreed to."""
    from arka_config.templates.approvals import Agreements
    from arka_config.templates.ledger import LedgerFile

    folder, selection = machine.store.folders.state, machine.store.selection
    ledger = LedgerFile(folder)
    reads: list[tuple[str, Callable[[], object]]] = [
        (selection.active_path, selection.active),
        (selection.pins_path, selection.pins),
        (ledger.path, ledger.read),
        (ledger.pending_path, ledger.pending),
        (os.path.join(folder, "agreements.json"), lambda: Agreements(folder)),
    ]
    for path, read in reads:
        try:
            read()
        except NewerFormat as error:
            yield of(error, path)
        except MalformedFile as error:
            yield of(error, path, command=commands.line("rm", path))
        except ConfigError as error:
            yield of(error, path)
