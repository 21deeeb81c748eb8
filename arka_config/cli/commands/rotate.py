"""`rotate`: replace a profile's token by a new one, in an order that is safe to interrupt at any point.

Issue, store, verify, revoke: the old token works until the new one is stored and known to work. If an interruption
leaves a new token that was never used, the workspace revokes it when the old one is rotated again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config import timestamps
from arka_config.cli.input.options import parse_expires
from arka_config.cli.output import terminal
from arka_config.cli.output.format import expiry_document
from arka_config.cli.runtime import issuing, legacy_copy, legacy_sync, revoking, workspace_access
from arka_config.cli.runtime.command import Session, command
from arka_config.errors import ConfigError, NoWorkspaceApi, ProRequired, RevocationUnknown, WorkspaceError
from arka_config.secret import mask
from arka_config.store.rotations import Rotations

if TYPE_CHECKING:
    from arka_config.cli.runtime.workspace_access import StoredToken
    from arka_config.store.tokens import Credential


@command()
@click.option(
    "--expires",
    metavar="DATE|90d|never",
    help="When the new token expires (default: when the old one does).",
)
def rotate(session: Session, expires: str | None) -> None:
    """Replace a profile's token with a new one of the same label, and revoke the old one.

    The new token is stored and verified before the old one is revoked, so the profile always has a working token. If
    several profiles share the token, all of them get the new one.
    """
    ends = parse_expires(expires, allow_never=True)
    old = workspace_access.effective_stored_token(session)
    with Rotations(session.store.folders.state, session.store.lock).record(old.profile):
        _rotate(session, old, ends)


def _rotate(session: Session, old: StoredToken, ends: str | None) -> None:
    app = session.app
    page = app.page(app.tokens_page, old.workspace.url)
    names = workspace_access.profiles_with(session, old.credential)
    try:
        issued = old.workspace.rotate(ends)
    except NoWorkspaceApi as error:
        raise NoWorkspaceApi(
            f"{error.message}; nothing was changed",
            hint=f"create a token on {page}, then: {app.name} login --profile {old.profile}, and revoke the old one",
        ) from None
    new = issuing.credential_of(issued, old.credential.origin, label=old.credential.label, user=old.credential.user)
    changed = _store_and_verify(session, old, names, new)
    legacy_sync.after_change(session)
    try:
        what = f"profile '{old.profile}' has a new token, and the old one"
        revoking.revoke(old.workspace, what, f"{app.name} rotate --profile {old.profile}")
    except RevocationUnknown:
        raise
    except (ProRequired, WorkspaceError) as error:
        raise ConfigError(
            f"profile '{old.profile}' has a new token, but the old one still works: {error.message}",
            hint=f"revoke it on {page}",
        ) from None
    _report(session, old, changed, new, issued.details.id)
    export = f"{app.name} export legacy --profile {old.profile}"
    legacy_copy.note_revoked(session, old.credential.token, export)


def _store_and_verify(session: Session, old: StoredToken, names: list[str], new: Credential) -> list[str]:
    """Store the new token in the profiles that have the old one, and verify it. Return those profiles.

    If that fails, put the old token back, revoke the new one, and raise ConfigError.
    """
    store = session.store
    changed: list[str] = []
    fresh = old.workspace.with_token(new.token)
    try:
        for name in names:
            if store.replace_token(name, old.credential, new):
                changed.append(name)  # noqa: PERF401  # if a later one fails, these are put back
        if old.profile not in changed:
            raise ConfigError(f"profile '{old.profile}' got another token in the meantime")
        fresh.get_identity()
        return changed
    except ConfigError as error:
        why = error.lines[0]
    for name in changed:
        store.replace_token(name, new, old.credential)
    left = ""
    if isinstance(issuing.revoke_unused(fresh), WorkspaceError):
        left = "; an unused token may be left on the tokens page, where it can be revoked"
    raise ConfigError(
        f"the new token was not kept: {why}; the old one is still stored and still works{left}",
        hint=f"{session.app.name} status --profile {old.profile}",
    )


def _report(session: Session, old: StoredToken, changed: list[str], new: Credential, token_id: str) -> None:
    prefix = session.app.token_prefix
    before, after = (mask(each.token.reveal(), prefix) for each in (old.credential, new))
    session.report(
        {
            "profile": old.profile,
            "profiles": changed,
            "token": after,
            "before": before,
            "id": token_id,
            "label": new.label or None,
            **expiry_document(new.expires),
        },
        f"Replaced {before} of profile '{old.profile}' with {after}, and revoked the old one",
    )
    if new.expiry is not None:
        terminal.say(f"  It expires {timestamps.describe(new.expiry)}")
    for name in changed:
        if name != old.profile:
            terminal.say(f"  Profile '{name}' had the same token, and has the new one too")
