"""`prompt`: print the profile's name for a shell prompt. It never fails and prints no error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.cli.output import terminal
from arka_config.cli.runtime.command import command

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session

if TYPE_CHECKING:
    from arka_config.cli.output.documents.credentials import PromptDocument


@command()
def prompt(session: Session) -> None:
    """Print the profile's name for a shell prompt.

    Prints nothing if no profile is selected. The name of a profile that does not exist ends with a question mark.

    \b
    PS1='[$({app} prompt)] \\$ '
    """
    name = session.prompt_name()
    if session.json:
        document: PromptDocument = {"profile": name or None}
        session.show_json(document)
    elif name:
        terminal.out(session.app.redact(name))  # it may be a token, pasted into the wrong variable
