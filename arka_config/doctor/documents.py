"""What the files say: those that cannot be parsed, keys that nobody reads, formats of a newer program."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from arka_config.doctor import commands
from arka_config.doctor.ailment import ERROR, WARNING, Ailment, of
from arka_config.errors import ConfigError, MalformedFile, NewerFormat, UnsafeFile
from arka_config.store import files
from arka_config.store.resolution import Resolution
from arka_config.text import suggest_profile_name, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from arka_config.doctor.patient import Patient
    from arka_config.store.profiles import Profile


def preferences(patient: Patient) -> Iterator[Ailment]:
    """config.toml: whether it parses, and has the keys and values that are read."""
    path = os.path.join(patient.store.folders.config, "config.toml")
    try:
        found = patient.store.preferences
    except MalformedFile as error:
        yield _to_edit(error, path)
        return
    if found.storage == "sealed" and not files.exists(patient.store.data_key_path):
        yield Ailment(
            ERROR,
            path,
            'it says storage = "sealed", and sealing is not on, so no new token can be stored',
            commands.line(patient.program, "vault", "enable"),
        )
    yield from _literal_token(patient, path)


def _to_edit(error: MalformedFile, path: str, severity: str = ERROR) -> Ailment:
    """A file that people edit is mended by editing; the nearest name stands in the message."""
    found = of(error, path, command=commands.edit(path), severity=severity)
    is_more = error.hint and not error.hint.startswith(f"edit {path}")
    return found._replace(advice="") if not is_more else found._replace(message=f"{found.message}; {error.hint}")


def profiles(patient: Patient) -> Iterator[Ailment]:
    """Every profile's file: whether it parses, its keys, its settings, and that no token stands in it."""
    store = patient.store
    for name, profile in patient.profiles.items():
        yield from _settings(patient, name, profile)
        yield from _literal_token(patient, profile.path)
    for path, error in patient.faults.items():
        if os.path.dirname(path) != store.profiles.folder:
            continue
        if isinstance(error, MalformedFile):
            yield _to_edit(error, path)
        else:
            yield of(error, path, command=commands.edit(path))
        yield from _literal_token(patient, path)
    for misnamed in _listed(store.profiles.misnamed):
        path = os.path.join(store.profiles.folder, misnamed)
        yield _misnamed(patient, path, misnamed)


def _listed(read: Callable[[], list[str]]) -> list[str]:
    try:
        return read()
    except ConfigError:  # `folders` says so
        return []


def _misnamed(patient: Patient, path: str, name: str) -> Ailment:
    better = suggest_profile_name(name.removesuffix(".toml"))
    is_free = better and not patient.store.profiles.holds(better)
    return Ailment(
        WARNING,
        path,
        "its name is no profile's, so nobody reads it: it has other characters than a-z, 0-9, '-' and '_'",
        commands.line("mv", path, patient.store.profiles.path(better)) if is_free else "",
        "" if is_free else "give it another name, or remove it",
    )


def _settings(patient: Patient, name: str, profile: Profile) -> Iterator[Ailment]:
    """Settings that the settings class does not have, or whose values do not fit it."""
    if patient.app.settings is None or not profile.settings:
        return
    from arka_config.templates.permitted import SettingsCheck

    check = SettingsCheck(patient.app)
    for key, value in check.flat(profile.settings):
        problem = check.unfit(key, value, may_be_secret=True)
        if not problem:
            continue
        is_near = "did you mean" in problem or not problem.startswith("unknown setting")
        yield Ailment(
            WARNING if problem.startswith("unknown setting") else ERROR,
            profile.path,
            f"settings.{visible(key)}: {problem}",
            commands.edit(profile.path)
            if is_near
            else commands.line(patient.program, "profiles", "unset", name, f"settings.{key}"),
        )


def _literal_token(patient: Patient, path: str) -> Iterator[Ailment]:
    """A token in a file that may be shared: it is not read there, and others may read it."""
    try:
        text = files.read(path) or ""
    except ConfigError:
        return
    lines = [at for at, line in enumerate(text.splitlines(), 1) if patient.app.redacted(line) != line]
    if lines:
        yield Ailment(
            ERROR,
            f"{path}:{lines[0]}",
            "a token stands in it, where none belongs: keep it with login, and replace it if others could read it",
            commands.edit(path),
        )


def tokens(patient: Patient) -> Iterator[Ailment]:
    """Every token file: whether it is what was written, and for the profile's own workspace."""
    store = patient.store
    _ = patient.credentials
    for path, error in patient.faults.items():
        if os.path.dirname(path) != store.tokens.folder or isinstance(error, UnsafeFile):  # which `modes` says
            continue
        name = os.path.basename(path).removesuffix(".json")
        if isinstance(error, NewerFormat) or not isinstance(error, MalformedFile):
            yield of(error, path)
        else:
            command = commands.line(patient.program, "logout", "--profile", name)
            yield of(error, path)._replace(command=command, advice=f"{error.hint}")
    for name in sorted(patient.credentials.keys() & patient.profiles.keys()):
        yield from _other_origin(patient, name)
    for path in _dangling(store.tokens.folder):
        yield Ailment(ERROR, path, "it is a link that leads nowhere", commands.line("rm", path))


def _other_origin(patient: Patient, name: str) -> Iterator[Ailment]:
    try:
        Resolution(patient.store, {}, profile=name).token_in_force()
    except ConfigError as error:
        path = patient.profiles[name].path
        if patient.profiles[name].reference is None:
            command = commands.line(patient.program, "profiles", "unset", name, "api_url")
            yield Ailment(ERROR, path, error.message, command, f"or log in there: {error.hint}")


def _dangling(folder: str) -> list[str]:
    from arka_config.doctor.places import inside

    paths = [os.path.join(folder, name) for name in inside(folder)]
    return [path for path in paths if os.path.islink(path) and not os.path.exists(path)]


def state(patient: Patient) -> Iterator[Ailment]:
    """The files of the state folder: the active profile, the pins, the ledger, what was agreed to."""
    from arka_config.templates.agreement import Agreements
    from arka_config.templates.ledger import LedgerFile

    folder, selection = patient.store.folders.state, patient.store.selection
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
