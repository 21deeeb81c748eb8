"""`profiles unset`: remove values from a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.runtime import words
from arka_config.cli.runtime.command import ProfileName, command

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session

if TYPE_CHECKING:
    from arka_config.cli.output.documents.profiles import ChangedProfileDocument


@command()
@click.argument("name", type=ProfileName())
@click.argument("keys", metavar="KEY…", type=words.KEY_IN_PROFILE, nargs=-1, required=True)
def unset(session: Session, name: str, keys: tuple[str, ...]) -> None:
    """Remove values from a profile.

    Takes the same keys as `{app} profiles set`, and `token` for any token reference. An unknown setting, such as a
    misspelled one, can be removed too. Nothing is removed if the settings that remain do not go together.
    """
    from arka_config.settings.assignments import check_together, removals, without_old_names

    session.check_not_two(name)
    store = session.store
    store.check_exists(name)
    with store.lock:
        settings = store.profiles.read(name).settings
        changes = without_old_names(session.app, removals(session.app, keys, settings), settings)
        check_together(store, name, changes, session.environ)
        changed = store.edit(name, changes)
    document: ChangedProfileDocument = {"profile": name, "changed": changed}
    session.report(
        document,
        f"Changed profile '{name}'" if changed else f"Profile '{name}' has none of these values",
    )
