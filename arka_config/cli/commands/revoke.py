"""`revoke`: revoke a profile's token at the workspace, and forget it here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.input.options import no_browser_option, yes_option
from arka_config.cli.runtime import legacy_copy, legacy_sync, revoking, workspace_access
from arka_config.cli.runtime.batch import REVOKED, Batch
from arka_config.cli.runtime.command import command
from arka_config.errors import NoWorkspaceApi

if TYPE_CHECKING:
    from arka_config.cli.output.documents.credentials import RevokeDocument
    from arka_config.cli.runtime.session import Session
    from arka_config.cli.runtime.workspace_access import StoredToken


@command()
@yes_option
@click.option("--forget", is_flag=True, help="Forget the token here even if the workspace has no API to revoke it.")
@no_browser_option
def revoke(session: Session, yes: bool, forget: bool, no_browser: bool) -> None:
    """Revoke a profile's token at the workspace, and forget it here; its settings stay.

    The token then works nowhere. If the workspace has no API, its tokens page is opened instead, and the token is kept
    because it works until you revoke it there. To replace the token instead: `{app} rotate`.
    """
    stored = workspace_access.effective_stored_token(session)
    token = session.app.mask(stored.credential.token.reveal())
    if not yes:
        question = f"Revoke {token} of profile '{stored.profile}' at {stored.workspace.origin}?"
        sharing = revoking.describe_sharing(session, stored)
        session.confirm(f"{question}{sharing} It cannot be undone.", flag="--yes")
    try:
        again = f"{session.app.name} revoke --profile {stored.profile}"
        with Batch([f"the token of profile '{stored.profile}'"], "Revoking", REVOKED, again) as batch:
            (message,) = [revoking.revoke_stored(stored, again) for _ in batch]
    except NoWorkspaceApi as error:
        _show_tokens_page(session, stored, token, not no_browser)
        if not forget:
            raise NoWorkspaceApi(
                f"{error.message}; nothing was revoked or forgotten",
                hint=f"once it is revoked there: {session.app.name} logout --profile {stored.profile}",
            ) from None
        _forget(session, stored, token, f"Forgot the token of profile '{stored.profile}'", revoked=False)
    else:
        _forget(session, stored, token, message, revoked=True)
        logout = f"{session.app.name} logout --legacy --profile {stored.profile}"
        legacy_copy.note_revoked(session, stored.credential.token, logout)
        revoking.note_sharing(session, stored)


def _forget(session: Session, stored: StoredToken, token: str, message: str, *, revoked: bool) -> None:
    forgotten = revoking.forget_token(session, stored)
    legacy_sync.update(session)
    document: RevokeDocument = {
        "profile": stored.profile,
        "token": token,
        "revoked": revoked,
        "forgotten": forgotten,
    }
    session.report(document, message)


def _show_tokens_page(session: Session, stored: StoredToken, token: str, open_browser: bool) -> None:
    """Say how to revoke the token on the tokens page, which shows its label and last four characters."""
    page = session.app.page(session.app.tokens_page, stored.workspace.url)
    label = f"'{stored.credential.label}', " if stored.credential.label else ""
    session.show_page(
        page,
        "Revoke the token on this page:",
        f"Find {label}{token}, click the trash icon next to it, and confirm.",
        open_browser=open_browser,
    )
