"""The settings of an app that are secrets other than the token: those that `secrets` stores."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from arka_config.errors import ConfigError, UsageError
from arka_config.store.secret_records import record_name
from arka_config.store.tokens import PLAIN, SEALED
from arka_config.text import did_you_mean, shorten

if TYPE_CHECKING:
    from arka_config.app_identity import AppIdentity
    from arka_config.cli.runtime.session import Session
    from arka_config.settings.fields import Leaf


def secret_leaves(app: AppIdentity) -> dict[str, Leaf]:
    """The secret settings by dotted name, without the token."""
    if not app.may_have_secrets:
        return {}
    leaves: dict[str, Leaf] = app.settings_class().leaves()
    return {name: leaf for name, leaf in leaves.items() if leaf.field.secret and leaf.field != app.token_field}


def find_secret(app: AppIdentity, name: str) -> Leaf:
    """Return the secret setting with this name, or this old name. Raises UsageError, which repeats no value."""
    key, equals, _ = name.partition("=")
    leaves = secret_leaves(app)
    if key == "token":
        raise UsageError("the token is not stored with 'secrets'", hint=f"{app.name} login")
    if not leaves:
        raise UsageError(describe_none(app), hint=f"the token is stored with: {app.name} login")
    if equals:
        raise UsageError(
            "a secret cannot be given on the command line: process lists and the shell's history show it",
            hint=f"{app.name} secrets set {key if key in leaves else 'NAME'} < FILE, or without '< FILE' to be asked",
        )
    if name in leaves:
        return leaves[name]
    for leaf in leaves.values():
        if name in [old.name for old in leaf.field.old]:
            return leaf
    quoted = app.redact(shorten(name, 80))
    if name in app.settings_class().leaves():
        raise UsageError(f"'{quoted}' is not a secret", hint=f"{app.name} profiles set NAME {quoted}=VALUE")
    hint = did_you_mean(name, leaves) or f"the secrets are {', '.join(leaves)}"
    raise UsageError(f"there is no secret '{quoted}'", hint=hint)


def describe_none(app: AppIdentity) -> str:
    """Say that the app has no secrets but the token."""
    return f"{app.name} has no secrets other than the token"


def searchable_secrets(session: Session) -> tuple[dict[str, str], int]:
    """The stored secrets by the name of their record, and the number of others.

    The others cannot be read without a prompt, or without waiting for the keyring.
    """
    store, names = session.store, session.store.secrets.names()
    found: dict[str, str] = {}
    for profile, field in names:
        storage = store.secrets.read_storage(profile, field)
        if storage == PLAIN or (storage == SEALED and store.vault.opens_at_once()):
            with contextlib.suppress(ConfigError):  # reported by `doctor`
                secret = store.secrets.read(profile, field)
                found |= {} if secret is None else {record_name(profile, field): secret.reveal()}
    return found, len(names) - len(found)
