"""`profiles copy`: create a profile with the settings of another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.output import terminal
from arka_config.cli.runtime.command import ProfileName, command

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session

if TYPE_CHECKING:
    from arka_config.cli.output.documents.profiles import CopiedProfileDocument


@command()
@click.argument("name", type=ProfileName())
@click.argument("new_name")
@click.option("--with-token", is_flag=True, help="Copy the token and other secrets too: both profiles then share them.")
def copy(session: Session, name: str, new_name: str, with_token: bool) -> None:
    """Copy a profile's settings to a new profile.

    The token is not copied: with a token each, you can revoke one without affecting the other.
    """
    session.check_not_two(name)
    session.store.copy(name, new_name, with_token=with_token)
    document: CopiedProfileDocument = {"profile": new_name, "copied_from": name}
    session.report(document, f"Copied profile '{name}' to '{new_name}'")
    if not session.store.tokens.holds(new_name) and session.store.profiles.read(new_name).reference is None:
        terminal.say(f"  To give it a token of its own: {session.app.name} login --profile {new_name}")
