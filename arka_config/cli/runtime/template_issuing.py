"""The tokens of templates: have the workspace issue them, and revoke those that an apply replaces or removes."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from arka_config import timestamps
from arka_config.cli.output import terminal
from arka_config.cli.runtime import issuing, revoking, workspace_access
from arka_config.errors import ConfigError, InvalidToken, OriginConflict, RevocationUnknown
from arka_config.store.journal import APPLY
from arka_config.templates.applying import Revocation

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from typing import Self

    from arka_config.cli.runtime.session import Session
    from arka_config.precedence.origin import Origin
    from arka_config.store.journal import Entry
    from arka_config.store.tokens import Credential
    from arka_config.templates.ledger import RecordedToken
    from arka_config.templates.reading import Watch
    from arka_config.workspace.client.client import WorkspaceClient
    from arka_config.workspace.client.models import Identity


class TemplateIssuer:
    """Issues tokens with the effective token, and revokes a token with itself. A context manager around one apply.

    Each token is in the journal until it is stored or revoked.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._workspace: WorkspaceClient | None = None
        self._identity: Identity | None = None
        self._issued: dict[str, tuple[Entry, Origin]] = {}  # by profile
        self._unneeded: dict[str, tuple[Entry, WorkspaceClient]] = {}  # by profile
        self._kept: list[Revocation] = []
        self._entries = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._entries.close()

    def issue(self, profile: str, label: str, expires: str, origin: Origin) -> Credential:
        """Issue a token. Raises OriginConflict if the effective token is for another workspace."""
        workspace, identity = self._effective_workspace(origin)
        ends = timestamps.to_text(timestamps.parse_expiry(expires)) if expires else ""
        entry = self._session.store.journal.begin(
            APPLY, profile=profile, origin=str(origin), label=label, user=identity.id
        )
        self._entries.enter_context(entry)
        issued = issuing.request_token(entry, workspace, lambda key: workspace.create(label, expires=ends, key=key))
        self._issued[profile] = entry, origin
        return issuing.credential_of(issued, origin, user=identity.user)

    def issued_id(self, profile: str) -> str:
        """The id of the token that was issued for a profile; empty if none was."""
        return self._issued[profile][0].id if profile in self._issued else ""

    def _effective_workspace(self, origin: Origin) -> tuple[WorkspaceClient, Identity]:
        if self._workspace is None:
            self._workspace = workspace_access.effective_workspace(self._session)
        if self._workspace.origin != origin:
            raise OriginConflict(
                f"a token for {origin} cannot be issued with the effective token, "
                f"which is for {self._workspace.origin}",
                hint=f"name a profile that may create tokens there: {self._session.app.name} apply --profile NAME …",
            )
        if self._identity is None:
            self._identity = self._workspace.get_identity()
        return self._workspace, self._identity

    def announce_unneeded(self, tokens: Mapping[str, tuple[Credential, RecordedToken]]) -> None:
        """Record the issued tokens that are about to be replaced or removed, by profile, before the first write.

        A token that another profile has as well is kept.
        """
        for name, (credential, recorded) in tokens.items():
            holders = workspace_access.profiles_with(self._session, credential)
            if others := [each for each in holders if each not in tokens]:
                self._keep(name, recorded, f"profile '{others[0]}' has it too")
                continue
            try:
                workspace = workspace_access.read_stored_token(self._session, name).workspace
                token_id = recorded.id or workspace.get_identity().token.id  # an older version recorded no ids
            except InvalidToken:  # revoked already
                continue
            except ConfigError as error:
                self._keep(name, recorded, error.lines[0])
                continue
            entry = self._session.store.journal.begin(
                APPLY, profile=name, origin=recorded.origin, label=credential.label, token_id=token_id
            )
            self._unneeded[name] = self._entries.enter_context(entry), workspace

    def _keep(self, name: str, recorded: RecordedToken, why: str) -> None:
        self._kept.append(Revocation(name, recorded.id, is_revoked=False, why=why))

    def revoke_unneeded(self, watch: Watch) -> list[Revocation]:
        """Revoke what was announced, after the last write. What fails stays in the journal."""
        revocations = list(self._kept)
        for name, (entry, workspace) in watch(list(self._unneeded.items()), "Revoking"):
            revocation = self._revoke(name, entry.id, workspace)
            if revocation.is_revoked:
                entry.finish()
            revocations.append(revocation)
        return revocations

    def _revoke(self, name: str, token_id: str, workspace: WorkspaceClient) -> Revocation:
        """Revoke a profile's old token if its new one works, or the profile is gone."""
        try:
            if self._session.store.tokens.holds(name):
                workspace_access.read_stored_token(self._session, name).workspace.get_identity()
        except ConfigError as error:
            why = f"the new one could not be verified: {error.lines[0]}"
            return Revocation(name, token_id, is_revoked=False, why=why)
        try:
            revoking.revoke(workspace, f"the old token of profile '{name}'", "")
        except ConfigError as error:
            is_lost = isinstance(error, RevocationUnknown)
            return Revocation(name, token_id, is_revoked=False, why=error.lines[0], may_be_revoked=is_lost)
        return Revocation(name, token_id, is_revoked=True)

    def finish_issued(self) -> None:
        """Remove the issued tokens from the journal: all are stored."""
        self._session.store.journal.finish(*(entry for entry, _ in self._issued.values()))

    def revoke_unused(self, *, stored: Collection[str]) -> None:
        """Revoke every token that was issued, except those of these profiles, which are stored."""
        for name, (entry, origin) in self._issued.items():
            if name not in stored:
                error = issuing.revoke_unused(self._effective_workspace(origin)[0], entry.id)
                if error is not None:
                    terminal.warn(f"a token was issued, not stored, and not revoked: {error.message}", hint=error.hint)
                    continue
            entry.finish()
        for name, (entry, _) in self._unneeded.items():
            if self._session.store.tokens.holds(name) and name not in stored:
                entry.finish()


def report_revocations(session: Session, revocations: Sequence[Revocation]) -> None:
    """Say which of the tokens that an apply replaced or removed were revoked, and why another one was not."""
    for each in revocations:
        if each.is_revoked:
            terminal.say(f"  Revoked the old token of profile '{each.profile}'")
        elif each.may_be_revoked:  # the journal has it
            terminal.warn(each.why, hint=f"{session.app.name} doctor --fix")
        else:
            terminal.warn(
                f"the old token of profile '{each.profile}' still works: {each.why}",
                hint=f"{session.app.name} tokens list",
            )
