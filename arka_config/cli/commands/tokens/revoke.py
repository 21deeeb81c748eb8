"""`tokens revoke`: revoke tokens at the workspace, by id or label."""

from __future__ import annotations

import contextlib
import shlex
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import click

from arka_config.cli.input.options import yes_option
from arka_config.cli.output import progress, terminal
from arka_config.cli.runtime import revoking, words, workspace_access
from arka_config.cli.runtime.batch import REVOKED, Batch
from arka_config.cli.runtime.command import command
from arka_config.errors import (
    EXIT_ERROR,
    AuthError,
    ConfigError,
    InvalidToken,
    RequestRefused,
    RevocationUnknown,
    UsageError,
    WorkspaceError,
)
from arka_config.store.journal import REVOKE, REVOKE_OWN
from arka_config.text import shorten_list
from arka_config.workspace.client.client import MAX_REVOCATION
from arka_config.workspace.client.models import CURRENT
from arka_config.workspace.client.selection import Selection, is_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from arka_config.cli.output.documents.tokens import RevokedTokenDocument, RevokedTokensDocument
    from arka_config.cli.runtime.session import Session
    from arka_config.store.journal import Entry
    from arka_config.workspace.client.client import WorkspaceClient
    from arka_config.workspace.client.models import TokenDetails


_MAX_NAMES = 10  # of tokens in a message


@command()
@click.argument("token_id", metavar="[ID]", required=False)
@click.option(
    "--label",
    metavar="TEXT",
    type=words.TOKEN_LABEL,
    help="Revoke the only token with this label, or with * all that match.",
)
@yes_option
def revoke(session: Session, token_id: str | None, label: str | None, yes: bool) -> int | None:
    """Revoke tokens at the workspace, by id (see `{app} tokens list`) or label.

    They then work nowhere. A profile that has one stored keeps it; `{app} revoke` forgets it too. If a device is lost:

    \b
    {app} tokens revoke --label 'MacBook*'
    """
    if (token_id is None) == (label is None):
        raise UsageError("name a token: by its ID, or by --label TEXT", hint=f"{session.app.name} tokens list")
    session.store.reports_unfinished = False  # what this command left, it finishes
    workspace = workspace_access.effective_workspace(session)
    tried = Attempts(session, workspace, token_id, label)
    try:
        own = workspace.get_identity().token
    except InvalidToken:
        if token_id != CURRENT and not tried.own:
            raise
        name = f"the effective token at {workspace.origin}"
        _report_revoked_before(session, tried.own, label, name, current=True)
        return None
    listed = [own] if token_id in (own.id, CURRENT) else _list_tokens(workspace, label)
    found = listed if token_id in (own.id, CURRENT) else _find_tokens(listed, token_id, label)
    done = tried.without(listed)
    if not found and not done:
        raise _no_such_token(session, workspace, token_id, label)
    if not found:
        _report_revoked_before(session, done, label, "", current=False)
        return None
    found.sort(key=lambda each: each.id == own.id)  # the effective token last: the others are revoked with it
    holders = workspace_access.profiles_by_id(session, workspace, listed)
    wanted = [Target(session, workspace, each, own.id, holders[each.id]) for each in found]
    if wanted[-1].is_own:
        terminal.warn(f"{wanted[-1].name} is the effective token: once it is revoked, commands that need it fail")
    if not yes:
        for target in wanted if len(wanted) > 1 else []:
            terminal.say(f"  {target.name}")
        what = wanted[0].name if len(wanted) == 1 else f"these {len(wanted)} tokens"
        session.confirm(f"Revoke {what}?{_describe_holders(wanted)} It cannot be undone.", flag="--yes")
    revoked = _revoke_all(session, wanted, tried, _command(session, token_id, label))
    session.store.journal.finish(*done)
    if session.json:
        document: RevokedTokensDocument = {"revoked": revoked}
        session.show_json(revoked[0] if label is None else document)
    return None if len(revoked) == len(wanted) else EXIT_ERROR


class Target:
    """A token to revoke, and the profiles here that have it."""

    def __init__(
        self,
        session: Session,
        workspace: WorkspaceClient,
        details: TokenDetails,
        own_id: str,
        profiles: Sequence[str],
    ) -> None:
        self.workspace = workspace
        self.details = details
        self.is_own = details.id == own_id
        self.name = f"'{details.label}', {session.app.shown_prefix}…{details.last_four}"
        self.profiles = profiles


class Attempts:
    """Earlier runs of this command without a response, from the journal."""

    def __init__(self, session: Session, workspace: WorkspaceClient, token_id: str | None, label: str | None) -> None:
        self._journal = session.store.journal
        self._origin = str(workspace.origin)
        self._profile = session.resolution.name or ""
        self._entries = [
            each
            for each in self._read()
            if _matches(each.id, each.label, token_id, label) or (token_id == CURRENT and self._is_own(each))
        ]

    def _read(self) -> list[Entry]:
        with contextlib.suppress(ConfigError):  # a damaged journal stops no revocation
            kinds = (REVOKE, REVOKE_OWN)
            return [each for each in self._journal.entries() if each.kind in kinds and each.origin == self._origin]
        return []

    @property
    def own(self) -> list[Entry]:
        """Those of the token that the command was run with."""
        return [each for each in self._entries if self._is_own(each)]

    def _is_own(self, entry: Entry) -> bool:
        return entry.kind == REVOKE_OWN and entry.profile == self._profile

    def without(self, found: Sequence[TokenDetails]) -> list[Entry]:
        """Those of tokens that the workspace does not know any more: they are revoked."""
        known = {each.id for each in found}
        return [each for each in self._entries if each.id not in known]

    def knows(self, target: Target) -> bool:
        """Whether there was an attempt to revoke this token."""
        return any(each.id == target.details.id for each in self._entries)

    @contextlib.contextmanager
    def record(self, target: Target) -> Iterator[None]:
        """Record an attempt for the block. It stays recorded if the program is killed or the response is lost.

        If it cannot be recorded, that is no reason not to revoke a token.
        """
        details = target.details
        kind, profile = (REVOKE_OWN, self._profile) if target.is_own else (REVOKE, "")
        entries = [each for each in self._entries if each.id == details.id]
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(ConfigError):
                entry = self._journal.begin(
                    kind, profile=profile, origin=self._origin, label=details.label, token_id=details.id
                )
                entries.append(stack.enter_context(entry))
            try:
                yield
            except RevocationUnknown:
                raise
            except ConfigError:
                self._journal.finish(*entries)
                raise
            self._journal.finish(*entries)


def _revoke_all(session: Session, wanted: Sequence[Target], tried: Attempts, again: str) -> list[RevokedTokenDocument]:
    """Revoke tokens, report each, and return the JSON values of those that were revoked.

    Raises RevocationUnknown, RequestRefused and the other kinds of WorkspaceError if there is only one.
    """
    revoked: list[RevokedTokenDocument] = []
    several = [target for target in wanted if not target.is_own]
    with progress.show_stages("Revoking tokens", len(wanted)):
        at_once, uncertain = _revoke_at_once(several if len(several) > 1 else [], tried, again)
        revoked += [_report_revoked(session, target) for target in several if target.details.id in at_once]
        others = [each for each in wanted if each.details.id not in at_once]
        with Batch(others, "Revoking tokens", REVOKED, again, name=lambda target: target.name) as batch:
            for target in batch:
                token_id = CURRENT if target.is_own else target.details.id
                tried_before = tried.knows(target) or token_id in uncertain
                try:
                    with tried.record(target):
                        revoking.revoke(target.workspace, target.name, again, token_id, tried_before=tried_before)
                except (AuthError, WorkspaceError) as error:
                    if len(wanted) == 1:
                        raise
                    is_unsure = isinstance(error, RevocationUnknown)
                    batch.set_failed(is_unsure=is_unsure)
                    state = "" if is_unsure else f"{target.name} was not revoked: "
                    terminal.warn(f"{state}{error.message}", hint=error.hint)
                else:
                    revoked.append(_report_revoked(session, target))
    if revoked:
        revoking.note_not_compared(session, workspace_access.find_locked_profiles(session))
    return revoked


def _report_revoked(session: Session, target: Target) -> RevokedTokenDocument:
    """Report a token as revoked, and return its JSON value."""
    terminal.say(f"Revoked {target.name}", mark="✓")
    revoking.note_holders(session, target.profiles)
    if target.is_own and not target.profiles:
        terminal.say(f"  To store another token: {session.app.name} login")
    return _document(target.details.id, target.details.label, current=target.is_own)


def _revoke_at_once(wanted: Sequence[Target], tried: Attempts, again: str) -> tuple[set[str], set[str]]:
    """Revoke several tokens with few requests. Return the ids that are revoked, and those that may be.

    If the workspace has no such request, or it fails, the others are left to be revoked one at a time. One token of
    each request is recorded: enough to know a lost response when the command is run again.
    """
    revoked: set[str] = set()
    batches = [wanted[start : start + MAX_REVOCATION] for start in range(0, len(wanted), MAX_REVOCATION)]
    with Batch(batches, "Revoking tokens", REVOKED, again, name=_names_of, size=len) as requests:
        for batch in requests:
            ids = [target.details.id for target in batch]
            try:
                with tried.record(batch[0]):
                    revoking.revoke_several(batch[0].workspace, ids, again)
            except RevocationUnknown:
                return revoked, set(ids)
            except (AuthError, WorkspaceError):
                break
            revoked.update(ids)
    return revoked, set()


def _names_of(targets: Sequence[Target]) -> str:
    return shorten_list([target.name for target in targets], _MAX_NAMES)


def _report_revoked_before(
    session: Session, entries: Sequence[Entry], label: str | None, name: str, *, current: bool
) -> None:
    """Report tokens that an earlier run has revoked, or `name`, the effective token, if the workspace rejects it."""
    session.store.journal.finish(*entries)
    documents = [_document(each.id, each.label, current=current) for each in entries]
    if session.json and label is not None:
        document: RevokedTokensDocument = {"revoked": documents}
        session.show_json(document)
    elif session.json:
        session.show_json((documents or [_document(None, None, current=current)])[0])
    for each in [f"'{each.label}' ({each.id})" for each in entries] or [name]:
        terminal.say(f"{each[0].upper()}{each[1:]} is revoked already", mark="✓")


def _document(token_id: str | None, label: str | None, *, current: bool) -> RevokedTokenDocument:
    return {"id": token_id, "label": label, "current": current}


def _describe_holders(wanted: Sequence[Target]) -> str:
    names = list(dict.fromkeys(f"'{name}'" for target in wanted for name in target.profiles))
    return f" Profiles with it: {', '.join(names)}." if names else ""


def _command(session: Session, token_id: str | None, label: str | None) -> str:
    """The command line of this run, to be pasted."""
    words = [token_id] if token_id is not None else ["--label", label or ""]
    profile = [] if session.profile is None else ["--profile", session.profile]
    return shlex.join([session.app.name, "tokens", "revoke", *words, *profile])


def _list_tokens(workspace: WorkspaceClient, label: str | None) -> list[TokenDetails]:
    """Fetch all tokens, or those with this label or with one that matches it as a pattern."""
    if label is None:
        return workspace.list_tokens()
    found = workspace.list_tokens(Selection.by_label(label))
    found += workspace.list_tokens(Selection(label)) if is_pattern(label) else []
    return list({each.id: each for each in found}.values())


def _find_tokens(tokens: Sequence[TokenDetails], token_id: str | None, label: str | None) -> list[TokenDetails]:
    """Return the token with this id or label, or those with a label that matches a pattern with `*`, `?` or `[…]`.

    Raises UsageError if several have the same label.
    """
    exact = [each for each in tokens if (each.id == token_id if label is None else each.label == label)]
    if len(exact) > 1:
        raise _ambiguous(exact, label)
    return exact or [each for each in tokens if _matches(each.id, each.label, token_id, label)]


def _matches(its_id: str, its_label: str, token_id: str | None, label: str | None) -> bool:
    if label is None:
        return its_id == token_id
    return its_label == label or (is_pattern(label) and fnmatchcase(its_label, label))


def _no_such_token(
    session: Session, workspace: WorkspaceClient, token_id: str | None, label: str | None
) -> RequestRefused:
    what = f"whose label matches {label!r}" if is_pattern(label or "") else token_id or repr(label)
    return RequestRefused(f"there is no token {what} at {workspace.origin}", hint=f"{session.app.name} tokens list")


def _ambiguous(matches: Sequence[TokenDetails], label: str | None) -> UsageError:
    ids = ", ".join(each.id for each in matches)
    return UsageError(f"{len(matches)} tokens have the label '{label}': {ids}", hint="name one of them by its ID")
