"""`profiles unset`: takes values out of a profile."""

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
    """Take values out of a profile.

    The keys are those of `{app} profiles set`; `token` takes out a reference. A setting that nobody knows, as a
    misspelled one, can be taken out too.
    """
    from arka_config.settings.assignments import removals

    store = session.store
    store.check_exists(name)
    changed = store.edit(name, removals(session.app, keys, store.profiles.read(name).settings))
    if session.json:
        session.show_json({"profile": name, "changed": changed})
    terminal.say(f"Profile '{name}' {'is changed' if changed else 'did not have them'}", mark="✓")
