"""Checks of group Tokens: expiry, token references, and whether what is sealed or in the OS keyring can be opened."""

from __future__ import annotations

import time
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from arka_config import timestamps
from arka_config.doctor.problem import ERROR, WARNING, Fix, Problem, edit_command, shell_command
from arka_config.doctor.secrets import in_plain_text
from arka_config.errors import (
    ConfigError,
    FileError,
    InvalidSession,
    InvalidToken,
    InvalidValue,
    KeyringLocked,
    KeyringUnavailable,
    SealingError,
    TokenUnavailable,
    UnsafeFile,
)
from arka_config.references.protocol import Context
from arka_config.references.registry import kind_of, subject_of, token_of
from arka_config.sealing import os_keyring
from arka_config.sealing.unlockers import registry
from arka_config.sealing.vault import vault_of
from arka_config.store import files
from arka_config.store.preferences import EXPIRY_WARNING
from arka_config.store.tokens import KEYRING, PLAIN, SEALED
from arka_config.text import shorten_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from arka_config.doctor.machine import Machine
    from arka_config.store.profiles import Profile

SLOW = 1.0  # seconds that the keyring may take
_MAX_NAMES = 5  # in a message


def expiry(machine: Machine) -> Iterator[Problem]:
    """Tokens that have expired, or will within `expiry_warning`."""
    days = machine.preferences.expiry_warning if machine.preferences is not None else EXPIRY_WARNING
    for name, credential in machine.credentials.items():
        path = machine.store.tokens.path(name)
        try:
            expires = credential.expiry
        except InvalidValue as error:
            yield Problem(ERROR, path, error.message, machine.command("login", "--profile", name))
            continue
        if expires is None:
            continue
        when = f"{timestamps.describe(expires, machine.now)} ({expires:%Y-%m-%d})"
        if expires <= machine.now:
            again = machine.store.sign_in_command(name, str(credential.origin))
            command = again or machine.command("login", "--profile", name)
            yield Problem(ERROR, path, f"the token of profile '{name}' expired {when}", command)
        elif expires <= machine.now + timedelta(days=days):
            command = machine.command(machine.app.replacing_command, "--profile", name)
            advice = f"or create one on the tokens page, and then: {machine.program} login --profile {name}"
            advice = advice if machine.app.has_workspace_api else "create one on the tokens page first"
            yield Problem(WARNING, path, f"the token of profile '{name}' expires {when}", command, advice)


def references(machine: Machine) -> Iterator[Problem]:
    """Token references that lead to no token. No program is run."""
    context = Context(machine.app, machine.store.environ, lambda: machine.store.preferences)
    for profile in machine.profiles.values():
        if profile.reference is not None:
            yield from _reference(machine, profile, *profile.reference, context)


def _reference(machine: Machine, profile: Profile, name: str, target: str, context: Context) -> Iterator[Problem]:
    kind, subject = kind_of(name), subject_of(profile)
    if not kind.runs_program:
        secret = token_of(profile, machine.app, machine.store.environ, lambda: machine.store.preferences)
        command = kind.command_to_set(target)
        try:
            machine.app.check_token(secret, profile.api_url or None)
        except InvalidToken as error:  # what is there instead may be needed: PATH, or a file of another program
            message = f"{subject}, which is not a token: {error.reason}"
            advice = "name a place with nothing but the token, or put the token there"
            yield Problem(ERROR, profile.path, message, edit_command(profile.path), advice)
            return
        except TokenUnavailable as error:
            yield Problem(ERROR, profile.path, error.message, command, "" if command else error.hint)
            return
        except ConfigError as error:
            yield Problem(ERROR, profile.path, f"{subject}: {error.message}", advice=error.hint)
            return
    try:
        faults = list(kind.check(target, subject, context))
    except FileError:  # config.toml, reported by `preferences` or `config-modes`
        return
    for fault in faults:
        command = edit_command(fault.edit) if fault.edit else shell_command(*fault.command)
        yield Problem(ERROR, fault.path or profile.path, fault.message, command, fault.advice)


def vault(machine: Machine) -> Iterator[Problem]:
    """A data key that is missing or damaged, unlockers that do not open it, and sealed tokens that it does not open."""
    store = machine.store
    sealed = [name for name, each in machine.credentials.items() if each.storage == SEALED]
    secrets = [name for name in machine.secrets if store.tokens.read_storage(name) == SEALED]
    if not files.exists(store.data_key_path):
        if sealed:
            yield _missing_data_key(machine, sealed)
        elif secrets:
            message = f"it is missing, and without it the secrets {shorten_list(secrets, _MAX_NAMES)} cannot be opened"
            profile, _, field = secrets[0].partition(".")
            command = machine.command("secrets", "unset", field, "--profile", profile)
            advice = "restore it from a backup; if there is none, store the secrets again"
            yield Problem(ERROR, store.data_key_path, message, command, advice)
        elif files.exists(store.known_vault_path):
            message = f"it is missing, but {store.known_vault_path} says that sealing is on: no token can be stored"
            command = machine.command("vault", "disable")
            yield Problem(ERROR, store.data_key_path, message, command, "or restore it from a backup")
        return
    try:
        vault_of(store).require_file()
    except UnsafeFile:  # reported by `modes`
        return
    except ConfigError as error:
        yield Problem.from_error(error, store.data_key_path)
        return
    yield from _quick_unlockers(machine)
    yield from _session(machine)
    for name in sealed if machine.opens_at_once else ():
        try:
            machine.credentials[name].token.reveal()
        except ConfigError as error:
            command = machine.command("login", "--profile", name)
            yield Problem.from_error(error, store.tokens.path(name), command=command, advice=error.hint)


def _missing_data_key(machine: Machine, sealed: list[str]) -> Problem:
    names = shorten_list(sealed, _MAX_NAMES)
    message = f"it is missing, and without it the sealed tokens of {names} cannot be opened"
    logout, login = (machine.command(what, "--profile", sealed[0]) for what in ("logout", "login"))
    disable = [machine.command("vault", "disable")] if files.exists(machine.store.known_vault_path) else []
    command = " && ".join([logout, *disable, login])
    advice = "restore it from a backup; if there is none, log in to each profile again"
    return Problem(ERROR, machine.store.data_key_path, message, command, advice)


def _quick_unlockers(machine: Machine) -> Iterator[Problem]:
    file = machine.vault_file
    for unlocker in file.unlockers if file is not None else ():
        kind = registry.kind_of(unlocker, machine.store.data_key_path)
        if not kind.is_quick or file is None:
            continue
        try:
            vault_of(machine.store).find_secret(file, [unlocker])
        except UnsafeFile:  # reported by `modes`
            continue
        except ConfigError as error:
            others = len(file.unlockers) > 1
            command = machine.command("vault", "remove-unlocker", unlocker.name) if others else ""
            message = Problem.from_error(error, kind.describe(unlocker)).message
            yield Problem(WARNING if others else ERROR, kind.describe(unlocker), message, command, error.hint)


def _session(machine: Machine) -> Iterator[Problem]:
    sessions, file = vault_of(machine.store).sessions, machine.vault_file
    value = machine.store.environ.get(sessions.variable, "")
    if not value or file is None:
        return
    try:
        sessions.open(value, file)
    except InvalidSession as error:
        command = shell_command("unset", sessions.variable)
        yield Problem(WARNING, sessions.variable, error.message, command, f"or start another session: {error.hint}")
    except ConfigError as error:
        yield Problem.from_error(error, sessions.variable)


def plain_tokens(machine: Machine) -> Iterator[Problem]:
    """Plain tokens although sealing is on, and a preference for them, which has no effect."""
    preferences = machine.preferences
    if machine.vault_file is None:
        return
    if preferences is not None and preferences.storage == PLAIN:
        message = 'storage = "plain" is set, but has no effect while sealing is on: new tokens are sealed'
        yield Problem(WARNING, preferences.path, message, edit_command(preferences.path))
    unlock = "" if machine.opens_at_once else f'eval "$({machine.program} vault unlock)" && '
    command = f"{unlock}{machine.program} doctor --fix"
    for name, credential in machine.credentials.items():
        if credential.storage != PLAIN or machine.vault_file.unfinished:
            continue
        fix = None
        if machine.opens_at_once:
            fix = Fix(f"sealed the token of profile '{name}'", partial(_seal, machine, name))
        message = f"the token of profile '{name}' is in plain text, although sealing is on"
        advice = "check whose token it is first: you may not have stored it"
        yield Problem(WARNING, machine.store.tokens.path(name), message, command, advice, fix)
    for profile, field in () if machine.vault_file.unfinished else in_plain_text(machine):
        done = f"sealed the secret '{field}' of profile '{profile}'"
        fix = Fix(done, partial(_seal_secret, machine, profile, field)) if machine.opens_at_once else None
        message = f"the secret '{field}' of profile '{profile}' is in plain text, although sealing is on"
        path = machine.store.secrets.path(profile, field)
        yield Problem(WARNING, path, message, command, "check first that you stored it yourself", fix)


def _seal_secret(machine: Machine, profile: str, field: str) -> None:
    secrets = machine.store.secrets
    secret = secrets.read(profile, field)
    if secret is not None and secrets.read_storage(profile, field) == PLAIN:
        secrets.write(profile, field, secret, storage=SEALED)


def _seal(machine: Machine, name: str) -> None:
    tokens = machine.store.tokens
    credential = tokens.read(name)
    if credential is not None and credential.storage == PLAIN:
        tokens.write(name, credential, storage=SEALED)


def keyring(machine: Machine) -> Iterator[Problem]:
    """An OS keyring in use that is missing, locked or slow."""
    reads: dict[str, tuple[str, Callable[[], object]]] = {}  # one is enough for each use
    for name, credential in machine.credentials.items():
        if credential.storage == KEYRING:
            reads.setdefault("tokens", (machine.store.tokens.path(name), credential.token.reveal))
    for name, secret in machine.secrets.items():
        if machine.store.tokens.read_storage(name) == KEYRING:
            reads.setdefault("tokens", (machine.store.tokens.path(name), secret.reveal))
    file = machine.vault_file
    for unlocker in file.unlockers if file is not None else ():
        kind = registry.kind_of(unlocker, machine.store.data_key_path)
        if file is not None and not kind.is_quick and not kind.asks:
            read = partial(vault_of(machine.store).find_secret, file, [unlocker])
            reads.setdefault("vault", (machine.store.data_key_path, read))
    if not reads and machine.preferences is not None and machine.preferences.storage == KEYRING:
        reads["preference"] = (machine.preferences.path, os_keyring.current_backend)
    for place, read_once in reads.values():
        yield from _read_keyring(machine, place, read_once)


def _read_keyring(machine: Machine, place: str, read: Callable[[], object]) -> Iterator[Problem]:
    """Read from the keyring once, with the timeout that every command has."""
    start = time.monotonic()
    other = f"{machine.program} login --profile NAME --storage plain stores a token without it"
    try:
        read()
    except KeyringLocked as error:
        yield Problem(ERROR, place, error.message, advice=f"{error.hint}; or: {other}")
        return
    except (SealingError, ConfigError) as error:
        command = error.command if isinstance(error, KeyringUnavailable) else ""
        advice = "" if command else f"{error.hint or 'check that it runs'}; or: {other}"
        yield Problem.from_error(error, place, command=command, advice=advice)
        return
    seconds = time.monotonic() - start
    if seconds > SLOW:
        message = f"the OS keyring takes {seconds:.1f} s to answer, and every command that needs the token waits for it"
        yield Problem(WARNING, place, message, advice=other)
