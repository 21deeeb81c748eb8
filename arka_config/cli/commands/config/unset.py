"""`config unset`: remove preferences from config.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.runtime import words
from arka_config.cli.runtime.command import command

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session

if TYPE_CHECKING:
    from arka_config.cli.output.documents.profiles import ChangedPreferencesDocument


@command()
@click.argument("keys", metavar="KEY…", type=words.KEY_IN_PREFERENCES, nargs=-1, required=True)
def unset(session: Session, keys: tuple[str, ...]) -> None:
    """Remove preferences from config.toml, so that their defaults apply.

    Takes the keys of `{app} config set`, `helpers` for all helpers, and keys that this version does not know.
    """
    from arka_config.cli.input.preferences import preference_removals

    path = session.store.preferences_path
    changed = session.store.edit_preferences(preference_removals(keys))
    document: ChangedPreferencesDocument = {"path": path, "changed": changed}
    session.report(
        document,
        f"Changed {session.with_tilde(path)}" if changed else f"{session.with_tilde(path)} has none of these keys",
    )
