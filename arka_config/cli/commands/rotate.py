"""`rotate`: a new token in place of a profile's own, in an order that a kill at any moment does no harm to.

Issue, store, verify, revoke: the old token works until the new one is stored and known to work, and the workspace
revokes a new one that was never used when the old one is rotated again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config import timestamps
from arka_config.cli.output import terminal
from arka_config.cli.runtime import legacy_sync, workspace_access
from arka_config.cli.runtime.command import command
from arka_config.errors import ConfigError, InvalidToken, NoWorkspaceApi, ProRequired, UsageError, WorkspaceError
from arka_config.secret import masked
from arka_config.store.tokens import Credential

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arka_config.cli.runtime.session import Session
    from arka_config.cli.runtime.workspace_access import Held
    from arka_config.workspace.client.models import Issued


@command()
@click.option("--expires", metavar="DATE|90d|never", help="When the new token expires; else it lives as long again.")
def rotate(session: Session, expires: str | None) -> None:
    """Replace a profile's token by a new one of the same label, and revoke the old one.

    The new token is stored and tried before the old one is revoked, so that a stored token works at every moment. Where
    several profiles have the same token stored, all of them get the new one.
    """
    ends = end(expires)
    found = workspace_access.held_in_force(session)
    names = workspace_access.holders(session, found.credential)
    issued = _issued(session, found, ends)
    fresh = _credential(found, issued)
    changed = _stored_and_verified(session, found, names, fresh)
    legacy_sync.after_change(session)
    _revoke_old(session, found)
    _report(session, found, changed, fresh, issued)


def _issued(session: Session, found: Held, ends: str | None) -> Issued:
    try:
        return found.workspace.rotate(ends)
    except NoWorkspaceApi as error:
        app = session.app
        page = app.page(app.tokens_page, found.workspace.url)
        raise NoWorkspaceApi(
            f"{error.message}; nothing was changed",
            hint=f"make a token on {page}, then: {app.name} login --profile {found.name}, and revoke the old one",
        ) from None


def end(expires: str | None) -> str | None:
    """When a new token is to end: None where nothing was said, an empty text for never."""
    if expires is None or expires.strip().lower() == "never":
        return None if expires is None else ""
    try:
        return timestamps.stored(timestamps.end(expires))
    except ValueError as error:
        raise UsageError(f"--expires: {error}") from None


def _credential(found: Held, issued: Issued) -> Credential:
    return Credential(
        issued.token,
        found.credential.origin,
        label=issued.details.label or found.credential.label,
        created=timestamps.stored(timestamps.now()),
        expires=issued.details.expires,
        user=found.credential.user,
    )


def _stored_and_verified(session: Session, found: Held, names: Sequence[str], fresh: Credential) -> list[str]:
    """The profiles that have the new token now, which works. Raises ConfigError, with the old one put back."""
    store, old = session.store, found.credential
    changed: list[str] = []
    try:
        for name in names:
            if store.replace_token(name, old, fresh):
                changed.append(name)  # noqa: PERF401  # where one fails, those before are put back
        if found.name not in changed:
            raise ConfigError(f"profile '{found.name}' was given another token meanwhile")
        found.workspace.with_token(fresh.token).get_identity()
        return changed
    except ConfigError as error:
        why = error.lines[0]
    for name in changed:
        store.replace_token(name, fresh, old)
    left = _withdrawn(found, fresh)
    raise ConfigError(
        f"the new token was not kept: {why}; the one before is still stored, and still works{left}",
        hint=f"{session.app.name} status --profile {found.name}",
    )


def _withdrawn(found: Held, fresh: Credential) -> str:
    """Revokes a new token that nobody keeps; what to say where that cannot be done."""
    try:
        found.workspace.with_token(fresh.token).revoke()
    except (InvalidToken, ProRequired):
        return ""
    except WorkspaceError:
        return "; a second one may stand on the tokens page, which can be revoked there"
    return ""


def _revoke_old(session: Session, found: Held) -> None:
    try:
        workspace_access.revoke(found)
    except (ProRequired, WorkspaceError) as error:
        app = session.app
        raise ConfigError(
            f"profile '{found.name}' has a new token, but the old one works still: {error.message}",
            hint=f"revoke it on {app.page(app.tokens_page, found.workspace.url)}",
        ) from None


def _report(session: Session, found: Held, changed: Sequence[str], fresh: Credential, issued: Issued) -> None:
    prefix = session.app.token_prefix
    old, new = (masked(each.token.reveal(), prefix) for each in (found.credential, fresh))
    if session.json:
        session.show_json(
            {
                "profile": found.name,
                "profiles": list(changed),
                "token": new,
                "before": old,
                "id": issued.details.id,
                "label": fresh.label or None,
                "expires": fresh.expires or None,
            }
        )
    terminal.say(f"Replaced {old} of profile '{found.name}' by {new}, and revoked the old one", mark="✓")
    if fresh.expires:
        terminal.say(f"  It expires {timestamps.in_words(timestamps.read(fresh.expires))}")
    for name in changed:
        if name != found.name:
            terminal.say(f"  Profile '{name}' had the same token, and has the new one too")
