"""`profiles rename`: rename a profile with its token and pins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.output import terminal
from arka_config.cli.runtime.command import ProfileName, command

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session

if TYPE_CHECKING:
    from arka_config.cli.output.documents.profiles import RenamedProfileDocument


@command()
@click.argument("name", type=ProfileName())
@click.argument("new_name")
def rename(session: Session, name: str, new_name: str) -> None:
    """Rename a profile with its token and secrets.

    If it is active or pinned to directories, it stays so. Variables in your shells are not changed.
    """
    session.check_not_two(name)
    session.store.rename(name, new_name)
    document: RenamedProfileDocument = {"profile": new_name, "before": name}
    session.report(document, f"Profile '{name}' is now '{new_name}'")
    variable = session.app.profile_field.variable
    if session.environ.get(variable) == name:
        terminal.note(f"{variable} in this shell still says '{name}': export {variable}={new_name}")
