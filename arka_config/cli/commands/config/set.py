"""`config set`: set preferences in config.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.runtime import words
from arka_config.cli.runtime.command import command

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session

if TYPE_CHECKING:
    from arka_config.cli.output.documents.profiles import ChangedPreferencesDocument


@command(name="set")
@click.argument("values", metavar="KEY=VALUE…", type=words.PREFERENCE, nargs=-1, required=True)
def set_(session: Session, values: tuple[str, ...]) -> None:
    """Set preferences in config.toml.

    They apply to every profile: `api_url` is the workspace of tokens that name none. A list is separated by commas, and
    `helpers.NAME` is the command of a helper. All values are checked before any is written, and comments in the file
    are kept.

    \b
    {app} config set api_url=https://workspace.example
    {app} config set expiry_warning=30d "helpers.op=op read op://vault/{app}/token"
    """
    from arka_config.cli.input.preferences import preference_changes

    path = session.store.preferences_path
    changed = session.store.edit_preferences(preference_changes(session.app, values))
    document: ChangedPreferencesDocument = {"path": path, "changed": changed}
    session.report(
        document,
        f"Changed {session.with_tilde(path)}" if changed else f"{session.with_tilde(path)} already has these values",
    )
