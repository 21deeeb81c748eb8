"""`revoke`: revokes a profile's token at the workspace, and forgets it here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.output import terminal
from arka_config.cli.runtime import legacy_sync, workspace_access
from arka_config.cli.runtime.command import command
from arka_config.errors import NoWorkspaceApi
from arka_config.secret import masked

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session
    from arka_config.cli.runtime.workspace_access import Held


@command()
@click.option("-y", "--yes", is_flag=True, help="Ask nothing.")
@click.option("--forget", is_flag=True, help="Forget the token here also where the workspace has no API to revoke it.")
@click.option("--no-browser", is_flag=True, help="Print the tokens page's address and do not open it.")
def revoke(session: Session, yes: bool, forget: bool, no_browser: bool) -> None:
    """Revoke a profile's token at the workspace, and forget it here; its settings stay.

    Nobody can use the token from then on, on any machine. A workspace that has no API has a page for it, which is
    opened; the token is then kept, since it works until somebody clicks there. To have a new one instead of none:
    `{app} rotate`.
    """
    found = workspace_access.held_in_force(session)
    token = masked(found.credential.token.reveal(), session.app.token_prefix)
    if not yes:
        question = f"Revoke {token} of profile '{found.name}' at {found.workspace.origin}? It cannot be undone."
        session.confirm(question, flag="--yes")
    try:
        was_revoked = workspace_access.revoke(found)
    except NoWorkspaceApi as error:
        _say_what_to_click(session, found, token, not no_browser)
        if not forget:
            raise NoWorkspaceApi(
                f"{error.message}; nothing was revoked, and nothing forgotten",
                hint=f"once it is revoked there: {session.app.name} logout --profile {found.name}",
            ) from None
        _end(session, found, token, f"Forgot the token of profile '{found.name}'", revoked=False)
    else:
        _end(session, found, token, workspace_access.end_in_words(found, was_revoked), revoked=True)


def _end(session: Session, found: Held, token: str, said: str, *, revoked: bool) -> None:
    """Forgets the token, and says what became of it and of who else has it."""
    forgotten = workspace_access.forget(session, found)
    legacy_sync.after_change(session)
    if session.json:
        session.show_json({"profile": found.name, "token": token, "revoked": revoked, "forgotten": forgotten})
    terminal.say(said, mark="✓")
    if not revoked:
        return
    for name in workspace_access.holders(session, found.credential):
        terminal.note(f"profile '{name}' has the same token, which no longer works: {session.app.name} login -p {name}")


def _say_what_to_click(session: Session, found: Held, token: str, open_browser: bool) -> None:
    """The steps that a person takes on the tokens page, which knows the token by its label and last four characters."""
    page = session.app.page(session.app.tokens_page, found.workspace.url)
    label = f"'{found.credential.label}', " if found.credential.label else ""
    terminal.say("A token of this workspace is revoked on this page:")
    terminal.say("")
    terminal.say(f"  {page}")
    terminal.say("")
    terminal.say(f"Find {label}{token}, click the trash icon beside it, and confirm.")
    if open_browser and session.open_page(page):
        terminal.say("Opened the page in your browser.")
