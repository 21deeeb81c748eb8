"""`profiles unset`: remove values from a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.output import terminal
from arka_config.cli.runtime.command import ProfileName, command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arka_config.cli.runtime.session import Session


@command()
@click.argument("name", type=ProfileName())
@click.argument("keys", metavar="KEY…", nargs=-1, required=True)
def unset(session: Session, name: str, keys: Sequence[str]) -> None:
    """Remove values from a profile.

    Takes the same keys as `{app} profiles set`, and `token` for any token reference. An unknown setting, such as a
    misspelled one, can be removed too.
    """
    from arka_config.settings.assignments import removals

    store = session.store
    store.check_exists(name)
    changed = store.edit(name, removals(session.app, keys, store.profiles.read(name).settings))
    if session.json:
        session.show_json({"profile": name, "changed": changed})
    terminal.say(f"Changed profile '{name}'" if changed else f"Profile '{name}' has none of these values", mark="✓")
