"""`profiles create`: create a profile without a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.output import terminal
from arka_config.cli.runtime import words
from arka_config.cli.runtime.command import command

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session

if TYPE_CHECKING:
    from arka_config.cli.output.documents.profiles import CreatedProfileDocument


@command()
@click.argument("name")
@click.argument("values", metavar="[KEY=VALUE]…", type=words.SETTING, nargs=-1)
def create(session: Session, name: str, values: tuple[str, ...]) -> None:
    """Create a profile with these values.

    Takes the same keys as `{app} profiles set`.

    \b
    {app} profiles create ci description="Build runners" token.env=CI_TOKEN timeout=60
    """
    from arka_config.settings.assignments import check_together, parse_assignments

    assigned = parse_assignments(session.app, values)
    check_together(session.store, name, assigned, session.environ)
    session.store.create(name, assigned)
    document: CreatedProfileDocument = {"profile": name, "path": session.store.profiles.path(name)}
    session.report(document, f"Created profile '{name}'")
    if session.store.profiles.read(name).reference is None:
        terminal.say(f"  To give it a token: {session.app.name} login --profile {name}")
