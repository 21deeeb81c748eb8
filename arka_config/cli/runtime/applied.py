"""Carries a plan out that has been agreed to: its tokens first, then, under the lock, all of its writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.cli.output import terminal
from arka_config.cli.runtime.issuing import TemplateIssuer
from arka_config.cli.runtime.planned import watched
from arka_config.errors import Cancelled, InvalidToken, InvalidValue, StalePlan
from arka_config.precedence.layers import token_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from arka_config.cli.runtime.planned import Prepared
    from arka_config.cli.runtime.session import Session
    from arka_config.secret import Secret
    from arka_config.store.profile_store import ProfileStore
    from arka_config.store.tokens import Credential
    from arka_config.templates.applying import Applied
    from arka_config.templates.approvals import Agreements
    from arka_config.templates.plan import ProfilePlan

_TRIES = 3


def stale(program: str) -> StalePlan:
    """The error for a plan that is not the one that was seen."""
    return StalePlan(
        "the templates or this machine moved on since the plan was made; nothing was changed",
        hint=f"look again: {program} plan PATH…",
    )


def gathered(session: Session, prepared: Prepared, asked_for: Sequence[ProfilePlan]) -> dict[str, Secret]:
    """The tokens to store, each looked at: those of references and sealed texts, and those that a person pastes."""
    tokens = {
        one.name: prepared.gatherer.fetch(one)
        for one in prepared.plan.profiles
        if one.token.is_pending and one.token.source is not None and one.token.source.kind != "issue"
    }
    for one in asked_for:
        token = _pasted(session, one)
        if token is not None:
            tokens[one.name] = token
    return tokens


def _pasted(session: Session, one: ProfilePlan) -> Secret | None:
    """The token that a person pastes for a profile; None where they have none yet."""
    app = session.app
    terminal.say(f"A token for profile '{one.name}' is made on {app.page(app.tokens_page, one.origin)}")
    for left in reversed(range(_TRIES)):
        try:
            text = terminal.ask_secret(f"Token for '{one.name}', or Enter to leave it for later")
            token = token_from(text, "the pasted text")
            if token is not None:
                app.check_token(token, one.origin)
        except (InvalidToken, InvalidValue) as error:
            if not left:
                raise
            terminal.show_error(error)
        else:
            return token
    raise Cancelled("no token was given; nothing was changed")


def carried_out(
    session: Session,
    prepared: Prepared,
    tokens: Mapping[str, Secret],
    agreements: Agreements | None,
    again: Callable[[], Prepared],
) -> Applied:
    """Plans `again` under the lock, and writes where the plan is still the same. Raises StalePlan where it is not."""
    from arka_config.templates.applying import carry_out, credentials

    store = session.store
    with store.lock:
        now = again()
        if now.plan.digest() != prepared.plan.digest():
            raise stale(session.app.name)
        if agreements is not None:
            agreements.agree(now.plan)
        issuer = TemplateIssuer(session)
        made: dict[str, Credential] = {}
        try:
            made = credentials(store, now.plan, tokens, issuer)
            return carry_out(store, now.plan, made, now.ledger, now.file, watched)
        except BaseException:
            issuer.revoke_unused(stored=list(_stored(store, made)))
            raise


def _stored(store: ProfileStore, made: Mapping[str, Credential]) -> Iterator[Secret]:
    """The tokens that have come into the store, of those that were to."""
    for name, credential in made.items():
        found = store.tokens.read(name)
        if found is not None and found.token == credential.token:
            yield found.token
