"""The check of stored secrets other than tokens."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from arka_config.doctor.problem import WARNING, Fix, Problem, shell_command
from arka_config.errors import ConfigError, MalformedFile, NewerFormat, UnsafeFile
from arka_config.store.tokens import PLAIN, SEALED
from arka_config.text import is_profile_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arka_config.doctor.machine import Machine
    from arka_config.precedence.values import Field


def records(machine: Machine) -> Iterator[Problem]:
    """Records that are damaged or cannot be opened, and those of a profile or setting that does not exist."""
    store, stored = machine.store, machine.secrets
    fields = _secret_fields(machine)
    known = {field.name for field in fields}
    old_names = {old.name: field for field in fields for old in field.old}
    for name in sorted({*stored, *_unreadable(machine)}):
        profile, _, field = name.partition(".")
        path = store.tokens.path(name)
        is_orphan = profile not in machine.profile_names
        remove = shell_command("rm", path) if is_orphan else _unset(machine, profile, field)
        error = machine.read_errors.get(path) or _fault(machine, name)
        if error is not None:
            is_damaged = isinstance(error, MalformedFile) and not isinstance(error, NewerFormat)
            yield Problem.from_error(error, path, command=remove if is_damaged else "", advice=error.hint)
        elif is_orphan:
            message = f"it is the secret '{field}' of profile '{profile}', which does not exist"
            yield Problem(WARNING, path, message, remove, "or create the profile again")
        elif current := old_names.get(field):
            message = f"the secret '{field}' has an old name: it is '{current.name}' now"
            done = f"renamed the secret '{field}' of profile '{profile}' to '{current.name}'"
            fix = Fix(done, partial(_rename, machine, profile, current))
            yield Problem(WARNING, path, message, machine.command("doctor", "--fix"), fix=fix)
        elif field not in known:
            yield Problem(WARNING, path, f"{machine.program} has no secret setting '{field}'", remove)


def _rename(machine: Machine, profile: str, field: Field) -> None:
    """Store a secret under its setting's new name, unless there is one, and remove the records of the old names last.

    Nothing is removed if the secret that is used cannot be opened.
    """
    secrets, stored = machine.store.secrets, machine.store.secrets.fields(profile)
    found = [name for name in (field.name, *(old.name for old in field.old)) if name in stored]
    if not found:
        return
    used = found[0]
    secret, storage = secrets.read(profile, used), secrets.read_storage(profile, used)
    if secret is None:
        return
    secret.reveal()
    if used != field.name:
        secrets.write(profile, field.name, secret, storage=None if storage == PLAIN else storage)
    for name in found:
        if name != field.name:
            secrets.remove(profile, name)


def _unset(machine: Machine, profile: str, field: str) -> str:
    return machine.command("secrets", "unset", field, "--profile", profile)


def _unreadable(machine: Machine) -> Iterator[str]:
    for path, error in machine.read_errors.items():
        if os.path.dirname(path) == machine.store.tokens.folder and not isinstance(error, UnsafeFile):
            name = os.path.basename(path).removesuffix(".json")
            if not is_profile_name(name):
                yield name


def _fault(machine: Machine, name: str) -> ConfigError | None:
    """What keeps a sealed secret closed, if the vault opens without a prompt."""
    if machine.store.tokens.read_storage(name) != SEALED or not machine.opens_at_once:
        return None
    try:
        machine.secrets[name].reveal()
    except ConfigError as error:
        return error
    return None


def _secret_fields(machine: Machine) -> list[Field]:
    app = machine.app
    leaves = app.settings_class().leaves().values() if app.may_have_secrets else ()
    return [leaf.field for leaf in leaves if leaf.field.secret and leaf.field != app.token_field]


def in_plain_text(machine: Machine) -> list[tuple[str, str]]:
    """The profile and field of each secret that is in plain text."""
    plain = [name for name in machine.secrets if machine.store.tokens.read_storage(name) == PLAIN]
    return [(profile, field) for profile, _, field in (name.partition(".") for name in plain)]
