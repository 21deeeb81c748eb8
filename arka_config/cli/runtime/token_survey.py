"""The questions of `doctor --online`: every token that this machine has, with a client for its workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.cli.output.format import is_locked, needs_helper
from arka_config.cli.output.progress import track
from arka_config.cli.runtime import workspace_access
from arka_config.cli.runtime.origin_approval import is_approved
from arka_config.errors import ConfigError, InvalidSession, VaultLocked
from arka_config.precedence.values import PROFILE
from arka_config.workspace.client.survey import Holder, take_survey
from arka_config.workspace.client.verification import Skipped, State, Verification

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session
    from arka_config.workspace.client.client import WorkspaceClient
    from arka_config.workspace.client.survey import Survey


def survey_tokens(session: Session) -> Survey:
    """Ask the workspaces about the profiles' tokens and the effective one. Never asks the user, and runs no helper."""
    questions: dict[Holder, WorkspaceClient | Verification] = {}
    for name in session.store.names():
        question = prepare_question(session, name, fetch=False)
        has_none = isinstance(question, Verification) and question.state is State.NO_TOKEN and question.error is None
        if not has_none:  # a reference that leads nowhere now may do so in another shell
            questions[Holder(name, "")] = question
    try:
        effective = session.resolution.effective_token()
        if effective is not None and effective.token.layer != PROFILE:
            holder = Holder("", effective.token.place)
            if is_approved(session, effective.url):
                session.app.check_token(effective.secret)
                questions[holder] = workspace_access.client(
                    session, session.resolution, effective.url, effective.secret
                )
            else:
                questions[holder] = Verification(State.NOT_ASKED, skipped=Skipped.ORIGIN_NOT_USED)
    except ConfigError:  # the checks of group Selection report it
        pass
    return take_survey(questions, track)


def verification_of_locked(session: Session) -> Verification:
    """Return the verification of a sealed token that does not open without asking the user. It has the error if
    something is wrong, such as the passphrase in a variable."""
    error = session.store.vault.why_locked()
    if error is None or isinstance(error, (VaultLocked, InvalidSession)):
        return Verification(State.NOT_ASKED, skipped=Skipped.VAULT_LOCKED)
    return Verification.from_error(error)


def prepare_question(session: Session, name: str, *, fetch: bool) -> WorkspaceClient | Verification:
    """A client that can ask about the profile's own token, or the verification if there is nothing to ask.

    Without `fetch`, no helper is run and no passphrase is asked for.
    """
    try:
        resolution = workspace_access.resolution_of(session, name)
        effective = resolution.effective_token() if resolution.profile.has_token else None
        if effective is None or effective.token.layer != PROFILE:
            return Verification(State.NO_TOKEN)
        if needs_helper(effective.token) and not fetch:
            return Verification(State.NOT_ASKED, skipped=Skipped.HELPER_NOT_NAMED)
        stored = resolution.profile.stored
        if stored is not None and is_locked(session, stored) and not fetch:
            return verification_of_locked(session)
        effective.secret.reveal()  # here and not in a thread: a helper may prompt the user
        return workspace_access.client(session, resolution, effective.url, effective.secret)
    except ConfigError as error:  # a broken profile does not hide the others
        return Verification.from_error(error)
