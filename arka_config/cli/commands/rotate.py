"""`rotate`: replace a profile's token by a new one, in an order that is safe to interrupt at any point.

Issue, store, verify, revoke: the old token works until the new one is stored and known to work. Both are in the
journal until the end, so that the next command can revoke what an interruption leaves.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import click

from arka_config import timestamps
from arka_config.cli.input.options import parse_expires
from arka_config.cli.output import terminal
from arka_config.cli.output.format import expiry_document
from arka_config.cli.runtime import issuing, legacy_copy, legacy_sync, revoking, unfinished, workspace_access
from arka_config.cli.runtime.command import command
from arka_config.errors import ConfigError, InvalidToken, NoWorkspaceApi, ProRequired, RevocationUnknown, WorkspaceError
from arka_config.store.journal import ROTATE
from arka_config.templates.ledger import LedgerFile

if TYPE_CHECKING:
    from arka_config.cli.output.documents.credentials import RotateDocument
    from arka_config.cli.runtime.session import Session
    from arka_config.cli.runtime.workspace_access import StoredToken
    from arka_config.store.journal import Entry
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
    unfinished.finish(session)
    old = workspace_access.effective_stored_token(session)
    page = session.app.page(session.app.tokens_page, old.workspace.url)
    journal, origin = session.store.journal, str(old.credential.origin)
    try:
        identity = old.workspace.get_identity()
        known = {"profile": old.profile, "origin": origin, "label": identity.token.label, "user": identity.id}
        with (
            journal.begin(ROTATE, **known, token_id=identity.token.id) as before,
            journal.begin(ROTATE, **known) as entry,
        ):
            _rotate(session, old, ends, before, entry)
    except NoWorkspaceApi as error:
        raise NoWorkspaceApi(
            f"{error.message}; nothing was changed",
            hint=f"create a token on {page}, then: {session.app.name} login --profile {old.profile}, "
            "and revoke the old one",
        ) from None


def _rotate(session: Session, old: StoredToken, ends: str | None, before: Entry, entry: Entry) -> None:
    names = workspace_access.profiles_with(session, old.credential)
    try:
        issued = issuing.request_token(entry, old.workspace, lambda key: old.workspace.rotate(ends, key=key))
    except ConfigError:
        before.finish()  # it is still stored
        raise
    new = issuing.credential_of(issued, old.credential.origin, label=old.credential.label, user=old.credential.user)
    changed = _store_and_verify(session, old, names, new, before, entry)
    _note_in_ledger(session, old, changed, new, entry.id)
    legacy_sync.update(session)
    try:
        what = f"profile '{old.profile}' has a new token, and the old one"
        revoking.revoke(old.workspace, what, f"{session.app.name} doctor --fix")
    except RevocationUnknown:
        raise
    except (ProRequired, WorkspaceError) as error:
        page = session.app.page(session.app.tokens_page, old.workspace.url)
        raise ConfigError(
            f"profile '{old.profile}' has a new token, but the old one still works: {error.message}",
            hint=f"revoke it on {page}, or try again: {session.app.name} doctor --fix",
        ) from None
    session.store.journal.finish(before, entry)
    _report(session, old, changed, new, issued.details.id)
    export = f"{session.app.name} export legacy --profile {old.profile}"
    legacy_copy.note_revoked(session, old.credential.token, export)


def _note_in_ledger(session: Session, old: StoredToken, names: list[str], new: Credential, token_id: str) -> None:
    """Let a later apply know the new tokens as its own, if it had the old ones issued.

    If that fails, it will take them for local edits and ask, so it is no reason to stop here.
    """
    file = LedgerFile(session.store.folders.state)
    before = old.credential
    with contextlib.suppress(ConfigError), session.store.lock:
        for name in names:
            file.note_rotation(name, str(before.origin), before.created, new.created, token_id)


def _store_and_verify(
    session: Session, old: StoredToken, names: list[str], new: Credential, before: Entry, entry: Entry
) -> list[str]:
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
    failure = issuing.revoke_unused(fresh)
    if failure is None or isinstance(failure, InvalidToken):
        session.store.journal.finish(before, entry)
    else:
        left = f"; {entry} may be left, and the next command that asks the workspace revokes it"
    raise ConfigError(
        f"the new token was not kept: {why}; the old one is still stored and still works{left}",
        hint=f"{session.app.name} status --profile {old.profile}",
    )


def _report(session: Session, old: StoredToken, changed: list[str], new: Credential, token_id: str) -> None:
    before, after = (session.app.mask(each.token.reveal()) for each in (old.credential, new))
    document: RotateDocument = {
        "profile": old.profile,
        "profiles": changed,
        "token": after,
        "before": before,
        "id": token_id,
        "label": new.label or None,
        **expiry_document(new.expires),
    }
    session.report(document, f"Replaced {before} of profile '{old.profile}' with {after}, and revoked the old one")
    if new.expiry is not None:
        terminal.say(f"  It expires {timestamps.describe(new.expiry)}")
    for name in changed:
        if name != old.profile:
            terminal.say(f"  Profile '{name}' had the same token, and has the new one too")
