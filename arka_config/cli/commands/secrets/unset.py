"""`secrets unset`: remove the secrets of settings from the token store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.runtime import words
from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.secret_settings import find_secret, secret_leaves

if TYPE_CHECKING:
    from arka_config.cli.output.documents.profiles import UnsetSecretsDocument
    from arka_config.cli.runtime.session import Session


@command()
@click.argument("names", metavar="SETTING…", type=words.SECRET_SETTING, nargs=-1, required=True)
def unset(session: Session, names: tuple[str, ...]) -> None:
    """Remove the secrets of settings, in the effective profile or that of `--profile`.

    A stored secret whose setting no longer exists can be removed too: `{app} secrets list` shows it.
    """
    profile, store = session.profile_name(None), session.store
    leaves, stored, records = secret_leaves(session.app), store.secrets.fields(profile), []
    for name in names:
        leaf = leaves.get(name) if name in stored else find_secret(session.app, name)
        records += [name] if leaf is None else [each.name for each in (leaf.field, *leaf.field.old)]
    removed = store.unset_secrets(profile, dict.fromkeys(records))
    what = f"the secret '{removed[0]}'" if len(removed) == 1 else f"{len(removed)} secrets"
    document: UnsetSecretsDocument = {"profile": profile, "removed": removed}
    session.report(
        document,
        f"Removed {what} of profile '{profile}'" if removed else f"Profile '{profile}' has none of these secrets",
    )
