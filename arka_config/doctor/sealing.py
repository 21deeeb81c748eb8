"""The vault and the OS keyring: whether what is sealed can be opened, and whether what should be sealed is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from arka_config.doctor import commands
from arka_config.doctor.machine import KEY_FILE
from arka_config.doctor.problem import ERROR, WARNING, Fix, Problem, of
from arka_config.errors import ConfigError, InvalidSession, KeyringLocked, SealingError, UnsafeFile
from arka_config.sealing.unlockers import os_keyring
from arka_config.store import files
from arka_config.store.tokens import PLAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from arka_config.doctor.machine import Machine

SEALED, KEYRING = "sealed", "keyring"
SLOW = 1.0  # seconds; every `token` waits as long


def vault(machine: Machine) -> Iterator[Problem]:
    """The data key: whether its file is whole, whether its key files open it, and whether it opens every token."""
    store = machine.store
    sealed = [name for name, each in machine.credentials.items() if each.storage == SEALED]
    if not files.exists(store.data_key_path):
        if sealed:
            whose = f"of {', '.join(sealed[:5])}" + (f" and {len(sealed) - 5} more" if len(sealed) > 5 else "")
            yield Problem(
                ERROR,
                store.data_key_path,
                f"it is not there, and without it the sealed tokens {whose} cannot be opened",
                " && ".join(
                    commands.line(machine.program, what, "--profile", sealed[0]) for what in ("logout", "login")
                ),
                "take it from a backup; where there is none, log in again, one profile after another",
            )
        return
    try:
        store.vault.required_file()
    except UnsafeFile:  # `modes` says so
        return
    except ConfigError as error:
        yield of(error, store.data_key_path)
        return
    yield from _key_files(machine)
    yield from _session(machine)
    for name in sealed if machine.opens_at_once else ():
        try:
            machine.credentials[name].token.reveal()
        except ConfigError as error:
            command = commands.line(machine.program, "login", "--profile", name)
            yield of(error, store.tokens.path(name))._replace(command=command, advice=error.hint)


def _key_files(machine: Machine) -> Iterator[Problem]:
    file = machine.vault_file
    for unlocker in file.unlockers if file is not None else ():
        if unlocker.kind != KEY_FILE or file is None:
            continue
        path = str(unlocker.details["path"])
        try:
            fault = "" if unlocker.unwrap(machine.store.vault.kept_secret(unlocker), file.app, file.key_id) else "wrong"
            hint = "put the right one back"
        except UnsafeFile:
            continue
        except ConfigError as error:
            fault, hint = of(error, path).message, error.hint
        if fault:
            message = "it does not open the vault: it is another one's" if fault == "wrong" else fault
            others = len(file.unlockers) > 1
            command = commands.line(machine.program, "vault", "remove-unlocker", unlocker.name) if others else ""
            yield Problem(WARNING if others else ERROR, path, message, command, hint)


def _session(machine: Machine) -> Iterator[Problem]:
    sessions, file = machine.store.vault.sessions, machine.vault_file
    value = machine.store.environ.get(sessions.variable, "")
    if not value or file is None:
        return
    try:
        sessions.opened(value, file)
    except InvalidSession as error:
        command = commands.line("unset", sessions.variable)
        yield Problem(WARNING, sessions.variable, error.message, command, f"or begin another: {error.hint}")
    except ConfigError as error:
        yield of(error, sessions.variable)


def plain_tokens(machine: Machine) -> Iterator[Problem]:
    """Plain tokens beside a vault, and a preference that goes on making them."""
    if machine.vault_file is None:
        return
    is_wanted = machine.preferences is not None and machine.preferences.storage == PLAIN
    if is_wanted and machine.preferences is not None:
        yield Problem(
            WARNING,
            machine.preferences.path,
            'it says storage = "plain", so a token of a new profile is not sealed although sealing is on',
            commands.edit(machine.preferences.path),
        )
    for name, credential in machine.credentials.items():
        if credential.storage != PLAIN or machine.vault_file.unfinished:
            continue
        fix = None
        if machine.opens_at_once and not is_wanted:
            fix = Fix(f"sealed the token of profile '{name}'", _sealing(machine, name))
        unlock = "" if machine.opens_at_once else f'eval "$({machine.program} vault unlock)" && '
        command = f"{unlock}{machine.program} doctor --fix" if not is_wanted else ""
        advice = "take storage out of config.toml first" if is_wanted else ""
        yield Problem(
            WARNING,
            machine.store.tokens.path(name),
            f"the token of profile '{name}' is in plain text, and sealing is on",
            command,
            advice,
            fix=fix,
        )


def _sealing(machine: Machine, name: str) -> Callable[[], None]:
    def run() -> None:
        tokens = machine.store.tokens
        credential = tokens.read(name)
        if credential is not None and credential.storage == PLAIN:
            tokens.write(name, credential, storage=SEALED)

    return run


def keyring(machine: Machine) -> Iterator[Problem]:
    """The OS keyring, where something is kept in it: whether it is there, open, and quick."""
    asked: dict[str, tuple[str, Callable[[], object]]] = {}
    for name, credential in machine.credentials.items():
        if credential.storage == KEYRING:
            asked.setdefault("tokens", (machine.store.tokens.path(name), credential.token.reveal))
    file = machine.vault_file
    for unlocker in file.unlockers if file is not None else ():
        if unlocker.kind == KEYRING:
            place = machine.store.data_key_path
            asked.setdefault("vault", (place, lambda one=unlocker: machine.store.vault.kept_secret(one)))  # type: ignore[misc]  # mypy knows no default of a lambda
    if not asked and machine.preferences is not None and machine.preferences.storage == KEYRING:
        asked["preference"] = (machine.preferences.path, os_keyring.in_use)
    for place, ask in asked.values():
        yield from _asked(machine, place, ask)


def _asked(machine: Machine, place: str, ask: Callable[[], object]) -> Iterator[Problem]:
    """What one question to the keyring gives. It waits as long as every command does, and no longer."""
    began = time.monotonic()
    other = f"{machine.program} login --profile NAME --storage plain keeps a token elsewhere"
    try:
        ask()
    except KeyringLocked as error:
        yield Problem(ERROR, place, error.message, advice=f"{error.hint}; or: {other}")
        return
    except (SealingError, ConfigError) as error:
        is_command = error.hint.startswith(("pip ", "export "))
        yield Problem(
            ERROR,
            place,
            error.message.removeprefix(f"{place}: "),
            error.hint if is_command else "",
            "" if is_command else f"{error.hint or 'see that it runs'}; or: {other}",
        )
        return
    took = time.monotonic() - began
    if took > SLOW:
        message = f"the OS keyring answers after {took:.1f} s, and every command that needs the token waits as long"
        yield Problem(WARNING, place, message, advice=other)
