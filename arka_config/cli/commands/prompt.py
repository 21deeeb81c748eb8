"""`prompt`: the profile's name for a shell prompt. It never fails, and never says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.cli.output import terminal
from arka_config.cli.runtime.command import command

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session


@command()
def prompt(session: Session) -> None:
    """Print the profile's name for a shell prompt.

    Nothing is printed where no profile is in force, and a name that no profile has is printed with a question mark.

    \b
    PS1='[$({app} prompt)] \\$ '
    """
    name = session.prompt_name()
    if session.json:
        session.show_json({"profile": name or None})
    elif name:
        terminal.out(session.app.redacted(name))  # it may be a token that stands in the wrong variable
