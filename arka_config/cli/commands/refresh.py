"""`refresh`: sign in again for a profile whose token has expired or is rejected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.input.options import no_browser_option, paste_option
from arka_config.cli.runtime import workspace_access
from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.login_steps import Input, Target, log_in
from arka_config.errors import NoToken, UsageError

if TYPE_CHECKING:
    from arka_config.cli.output.documents.credentials import UnchangedTokenDocument
    from arka_config.cli.runtime.session import Session


@command()
@no_browser_option
@paste_option
@click.option("--force", is_flag=True, help="Replace a token of another user.")
def refresh(session: Session, no_browser: bool, paste: bool, force: bool) -> None:
    """Sign in again for a profile whose token has expired or is rejected.

    The profile keeps its settings, its storage and the token's name. The sign-in works as in `login`. If the token
    still works, nothing changes[[manage:: `rotate` replaces such a token]].

    \b
    {app} refresh
    {app} refresh --profile work
    """
    name = session.profile_name(None)
    label = ""
    try:
        stored = workspace_access.read_stored_token(session, name)
    except NoToken:
        pass
    else:
        label = stored.credential.label
        if not stored.credential.is_expired and _is_accepted(stored):
            replace = f"{session.app.name} {session.app.replacing_command} --profile {name}"
            document: UnchangedTokenDocument = {"profile": name, "refreshed": False}
            session.report(
                document,
                f"The token of profile '{name}' works; to replace it: {replace}",
            )
            return
    if session.no_input or not (session.can_ask or session.json):
        hint = f"{session.app.name} login --profile {name} --with-token reads one from stdin"
        raise UsageError("signing in again needs you, and a terminal to ask on", hint=hint)
    url = workspace_access.resolution_of(session, name).resolve(session.app.url_field)
    if url is None:
        raise UsageError("the workspace's URL is not known", hint=f"{session.app.name} profiles set {name} api_url=URL")
    target = Target(name, url, suggested_label=label, force=force)
    log_in(session, target, Input(paste=paste, no_browser=no_browser), is_refresh=True)


def _is_accepted(stored: workspace_access.StoredToken) -> bool:
    """Whether the workspace accepts the token; False if it has no API to ask. Raises what signing in cannot solve."""
    from arka_config.workspace.client.verification import State, verify

    verification = verify(stored.workspace)
    if verification.error is not None and verification.state not in (State.INVALID, State.NO_API):
        raise verification.error
    return verification.identity is not None
