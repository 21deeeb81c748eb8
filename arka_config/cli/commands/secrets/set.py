"""`secrets set`: store the secret of a setting in the token store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.input.secret_input import read_secret
from arka_config.cli.output import terminal
from arka_config.cli.runtime import words
from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.secret_settings import find_secret
from arka_config.errors import ConfigError
from arka_config.store.tokens import PLAIN, STORAGES

if TYPE_CHECKING:
    from arka_config.cli.output.documents.profiles import SetSecretDocument
    from arka_config.cli.runtime.session import Session
    from arka_config.settings.fields import Leaf


@command(name="set")
@click.argument("name", metavar="SETTING", type=words.SECRET_SETTING)
@click.option(
    "--storage",
    type=click.Choice(STORAGES),
    help="How to store it (default: sealed if sealing is on, else as in config.toml, else plain).",
)
def set_(session: Session, name: str, storage: str | None) -> None:
    """Store the secret of a setting, in the effective profile or that of `--profile`.

    The secret is asked for without echo. If stdin is not a terminal, it is read from there, to the end, without a
    trailing line break. It is kept in the token store, never in the profile's file.

    \b
    {app} secrets set webhook_secret -p work
    {app} secrets set private_key -p work < key.pem
    """
    leaf = find_secret(session.app, name)
    from arka_config.settings.secret_values import check_secret_value  # slow to import

    profile, store = session.profile_name(None), session.store
    secret = read_secret(session, name, lambda text: check_secret_value(leaf, text))
    name = leaf.field.name
    stored = store.set_secret(profile, name, secret, storage=storage)
    store.unset_secrets(profile, [old.name for old in leaf.field.old])
    document: SetSecretDocument = {"profile": profile, "secret": name, "storage": stored}
    session.report(document, f"Stored the secret '{name}' of profile '{profile}'")
    if stored == PLAIN:
        path = session.with_tilde(store.secrets.path(profile, name))
        terminal.note(f"it is stored in plain text in {path}, which only your account can read")
    if session.environ.get(leaf.field.variable):
        terminal.note(f"{leaf.field.variable} is set, and overrides it unless --profile {profile} is given")
    _warn_of_copy(session, profile, leaf)


def _warn_of_copy(session: Session, profile: str, leaf: Leaf) -> None:
    """Warn if the profile's file has a value for the secret too, as it did before secrets had a store."""
    try:
        read = session.store.profiles.read(profile)
    except ConfigError:  # `doctor` reports it
        return
    value: object = read.settings
    for part in leaf.field.path:
        value = value.get(part) if isinstance(value, dict) else None
    if value is not None:
        terminal.warn(
            f"{session.with_tilde(read.path)} has {leaf.field.key} in plain text, which is not used any more",
            hint=f"{session.app.name} profiles unset {profile} {leaf.field.name}",
        )
