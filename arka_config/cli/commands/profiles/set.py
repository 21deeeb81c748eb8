"""`profiles set`: sets values in a profile, checked against the settings class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.output import terminal
from arka_config.cli.runtime.command import ProfileName, command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arka_config.cli.runtime.session import Session


@command(name="set")
@click.argument("name", type=ProfileName())
@click.argument("values", metavar="KEY=VALUE…", nargs=-1, required=True)
def set_(session: Session, name: str, values: Sequence[str]) -> None:
    """Set values in a profile.

    A key is `description`, `api_url`, the name of a setting (`{app} config show` lists them), or a reference to a
    token that is kept elsewhere: `token.env`, `token.file`, or `token.helper`, which names a command of config.toml.
    All values are checked before any is written, and comments in the file stay.

    \b
    {app} profiles set work timeout=60 description="Work laptop"
    """
    from arka_config.settings.assignments import assignments

    changed = session.store.edit(name, assignments(session.app, values))
    if session.json:
        session.show_json({"profile": name, "changed": changed})
    terminal.say(f"Profile '{name}' {'is changed' if changed else 'has these values already'}", mark="✓")
