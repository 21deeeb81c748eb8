"""`profiles create`: create a profile without a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.output import terminal
from arka_config.cli.runtime.command import command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arka_config.cli.runtime.session import Session


@command()
@click.argument("name")
@click.argument("values", metavar="[KEY=VALUE]…", nargs=-1)
def create(session: Session, name: str, values: Sequence[str]) -> None:
    """Create a profile with these values.

    Takes the same keys as `{app} profiles set`.

    \b
    {app} profiles create ci description="Build runners" token.env=CI_TOKEN timeout=60
    """
    from arka_config.settings.assignments import assignments

    session.store.create(name, assignments(session.app, values))
    if session.json:
        session.show_json({"profile": name, "path": session.store.profiles.path(name)})
    terminal.say(f"Created profile '{name}'", mark="✓")
    if session.store.profiles.read(name).reference is None:
        terminal.say(f"  To give it a token: {session.app.name} login --profile {name}")
