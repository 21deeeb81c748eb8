"""`apply`: carries out what `plan` shows, once it has been agreed to."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from arka_config.cli import legacy_sync, terminal
from arka_config.cli.command import command
from arka_config.cli.described import without_passwords
from arka_config.cli.issuing import Issuer
from arka_config.cli.plan_lines import PlanLines
from arka_config.cli.planned import plan_options, prepare, watched
from arka_config.errors import (
    EXIT_AUTH,
    Cancelled,
    InvalidToken,
    InvalidValue,
    NotAgreed,
    PlanConflict,
    StalePlan,
    UsageError,
)
from arka_config.precedence.layers import token_from

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from arka_config.cli.planned import Prepared
    from arka_config.cli.session import Session
    from arka_config.secret import Secret
    from arka_config.templates.agreement import Agreements
    from arka_config.templates.applying import Applied
    from arka_config.templates.plan import Plan, ProfilePlan
    from arka_config.templates.planning import Options
    from arka_config.templates.saved import SavedPlan

_TRIES = 3


@command()
@plan_options
@click.option("--yes", "-y", is_flag=True, help="Agree to the plan without being asked.")
@click.option("--allow-origin", metavar="URL", multiple=True, help="Agree to this new origin, proxy or certificates.")
@click.option("--require-tokens", is_flag=True, help="Exit with 4 where a profile is left without a token.")
def apply(
    session: Session,
    paths: Sequence[str],
    only: tuple[str, ...],
    prune: bool,
    take: str | None,
    adopt: bool,
    diff: bool,
    identities: Sequence[str],
    yes: bool,
    allow_origin: tuple[str, ...],
    require_tokens: bool,
) -> int:
    """Make this machine's profiles what templates say.

    Shows the plan, asks, and carries it out: all of it, or nothing. PATH is a file or folder of templates, or one file
    that `{app} plan --out` wrote. A second run changes nothing.

    \b
    {app} apply profiles/
    {app} apply profiles/ --yes --require-tokens
    """
    from arka_config.templates.planning import Options

    options = Options(only, prune, take, adopt)  # type: ignore[arg-type]  # click has checked the choice
    seen = _saved(session, paths, options, identities)
    if seen is not None:
        paths, options, identities = seen.paths, seen.options, seen.identities

    def again() -> Prepared:
        return prepare(session, paths, options, identities)

    prepared = again()
    if seen is not None and prepared.plan.digest() != seen.digest:
        raise _stale(session)
    for line in PlanLines(session, prepared.plan, sys.stderr).all(diff=diff):
        terminal.say_as_it_is(line)
    _check_conflicts(prepared.plan, session.app.name)
    applied = _applied(session, prepared, again, yes=yes, allowed=allow_origin)
    return _report(session, prepared.plan, applied, require_tokens)


def _applied(
    session: Session, prepared: Prepared, again: Callable[[], Prepared], *, yes: bool, allowed: tuple[str, ...]
) -> Applied | None:
    """Has the plan agreed to and carries it out; None where there is nothing to do."""
    plan = prepared.plan
    asked_for = [one for one in plan.profiles if one.token.is_asked_for] if session.can_ask else []
    if plan.is_pending or asked_for:
        agreements = _agreed(session, plan, yes=yes, allowed=allowed)
        tokens = _gathered(session, prepared, asked_for)
        applied = _carried_out(session, prepared, tokens, agreements, again)
        legacy_sync.after_change(session)
        return applied
    return _carried_out(session, prepared, {}, None, again) if prepared.is_ledger_behind else None


def _saved(session: Session, paths: Sequence[str], options: Options, identities: Sequence[str]) -> SavedPlan | None:
    """The saved plan that the one path names, or None. Raises UsageError where more than it is said."""
    from arka_config.templates import saved
    from arka_config.templates.planning import Options

    if not any(saved.is_saved_plan(path) for path in paths):
        return None
    if len(paths) > 1 or options != Options() or identities:
        raise UsageError(
            "a saved plan says itself which templates, and what becomes of them",
            hint=f"{session.app.name} apply FILE, and nothing but --yes, --allow-origin and --require-tokens",
        )
    return saved.read(paths[0], session.app.name)


def _stale(session: Session) -> StalePlan:
    return StalePlan(
        "the templates or this machine moved on since the plan was made; nothing was changed",
        hint=f"look again: {session.app.name} plan PATH…",
    )


def _check_conflicts(plan: Plan, program: str) -> None:
    """Raises PlanConflict, with the options that resolve what stands in the way."""
    if not plan.conflicts:
        return
    answers = []
    if any("exists already" in reason for one in plan.conflicts for reason in one.reasons):
        answers.append("--adopt takes over what is there")
    if any("by hand" in reason for one in plan.conflicts for reason in one.reasons):
        answers.append("--take template or --take mine says who gives way")
    tokens = [one.name for one in plan.conflicts if one.token.step == "conflict"]
    if tokens:
        answers.append(f"{program} logout --profile {tokens[0]} forgets the token that is there")
    raise PlanConflict(
        f"{' and '.join(one.name for one in plan.conflicts[:5])}{' …' if len(plan.conflicts) > 5 else ''}: "
        "the templates and this machine do not agree; nothing was changed",
        hint="; ".join(answers),
    )


def _agreed(session: Session, plan: Plan, *, yes: bool, allowed: tuple[str, ...]) -> Agreements:
    """What the user has agreed to, this plan as well. Raises NotAgreed, Cancelled, UsageError."""
    from arka_config.templates.agreement import Agreements, named

    agreements = Agreements(session.store.folders.state)
    for said in agreements.changed_since(plan):
        terminal.note(f"{said} since you last agreed to it")
    keys = {*allowed, *map(named, allowed)}
    questions = [question for question in agreements.questions(plan, session.store) if question.key not in keys]
    if questions and (yes or not session.can_ask):
        raise NotAgreed(
            "\n".join(question.text for question in questions) + "; nothing was changed",
            hint=" ".join(f"--allow-origin {key}" for key in dict.fromkeys(question.key for question in questions)),
        )
    for question in questions:
        session.confirm(f"{question.text[:1].upper()}{question.text[1:]}. Is that right?", flag="--allow-origin URL")
    if not yes:
        removed = plan.counts["remove"]
        warning = f" It removes {removed} profile{'' if removed == 1 else 's'}." if removed else ""
        session.confirm(f"Apply this plan?{warning}", flag="--yes")
    return agreements


def _gathered(session: Session, prepared: Prepared, asked_for: Sequence[ProfilePlan]) -> dict[str, Secret]:
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
            terminal.tell_error(error)
        else:
            return token
    raise Cancelled("no token was given; nothing was changed")


def _carried_out(
    session: Session,
    prepared: Prepared,
    tokens: dict[str, Secret],
    agreements: Agreements | None,
    again: Callable[[], Prepared],
) -> Applied:
    """Plans again under the lock, and writes where the plan is still the same. Raises StalePlan where it is not."""
    from arka_config.templates.applying import carry_out, credentials

    store = session.store
    with store.lock:
        now = again()
        if now.plan.digest() != prepared.plan.digest():
            raise _stale(session)
        if agreements is not None:
            agreements.agree(now.plan)
        issuer = Issuer(session)
        try:
            made = credentials(now.plan, tokens, issuer)
        except BaseException:
            issuer.withdraw()
            raise
        return carry_out(store, now.plan, made, now.ledger, now.file, watched)


def _report(session: Session, plan: Plan, applied: Applied | None, require_tokens: bool) -> int:
    stored = applied.stored if applied else []
    needing = [one for one in plan.needing_tokens if one.name not in stored]
    if session.json:
        session.show_json(
            {
                "changed": applied is not None and applied.is_changed,
                "written": applied.written if applied else [],
                "stored": stored,
                "removed": applied.removed if applied else [],
                "needs_token": [one.name for one in needing],
                "plan": without_passwords(plan.document()),
            }
        )
    if applied is not None and (plan.is_pending or stored):
        counts = plan.counts
        done = [f"{counts['create']} created", f"{counts['change']} changed", f"{counts['adopt']} adopted"]
        done += [f"{counts['remove']} removed", f"{len(stored)} token{'' if len(stored) == 1 else 's'} stored"]
        terminal.say(f"Applied: {', '.join(part for part in done if part[0] != '0')}", mark="✓")
    else:
        terminal.say("Nothing to do: this machine is as the templates say", mark="✓")
    if applied is not None and applied.activated:
        terminal.say(f"  Profile '{applied.activated}' is active: it is the first with a stored token")
    for one in needing:
        terminal.note(f"profile '{one.name}' needs a token: {one.token.lacking}")
        if one.token.source is not None and one.token.source.is_stored:
            terminal.tell_hint(f"{session.app.name} login --profile {one.name}")
    return EXIT_AUTH if needing and require_tokens else 0
