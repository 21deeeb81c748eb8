"""`apply`: carries out what `plan` shows, once it has been agreed to."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from arka_config.cli.output import terminal
from arka_config.cli.output.format import hide_passwords
from arka_config.cli.output.plan_lines import PlanLines, ways_out
from arka_config.cli.runtime import legacy_sync
from arka_config.cli.runtime.agreed import agreed
from arka_config.cli.runtime.applied import carried_out, gathered, stale
from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.planned import plan_options, prepare
from arka_config.errors import EXIT_AUTH, PlanConflict, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from arka_config.cli.runtime.planned import Prepared
    from arka_config.cli.runtime.session import Session
    from arka_config.templates.applying import Applied
    from arka_config.templates.options import Options
    from arka_config.templates.plan import Plan
    from arka_config.templates.plan_file import SavedPlan


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
    from arka_config.templates.options import Options

    options = Options(only, prune, take, adopt)  # type: ignore[arg-type]  # click has checked the choice
    seen = _saved(session, paths, options, identities)
    if seen is not None:
        paths, options, identities = seen.paths, seen.options, seen.identities

    def again() -> Prepared:
        return prepare(session, paths, options, identities)

    prepared = again()
    if seen is not None and prepared.plan.digest() != seen.digest:
        raise stale(session.app.name)
    for line in PlanLines(session, prepared.plan, sys.stderr).all(diff=diff):
        terminal.say_verbatim(line)
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
        agreements = agreed(session, plan, yes=yes, allowed=allowed)
        tokens = gathered(session, prepared, asked_for)
        applied = carried_out(session, prepared, tokens, agreements, again)
        legacy_sync.after_change(session)
        return applied
    return carried_out(session, prepared, {}, None, again) if prepared.is_ledger_behind else None


def _saved(session: Session, paths: Sequence[str], options: Options, identities: Sequence[str]) -> SavedPlan | None:
    """The saved plan that the one path names, or None. Raises UsageError where more than it is said."""
    from arka_config.templates import plan_file
    from arka_config.templates.options import Options

    if not any(plan_file.is_saved_plan(path) for path in paths):
        return None
    if len(paths) > 1 or options != Options() or identities:
        raise UsageError(
            "a saved plan says itself which templates, and what becomes of them",
            hint=f"{session.app.name} apply FILE, and nothing but --yes, --allow-origin and --require-tokens",
        )
    return plan_file.read(paths[0], session.app.name)


def _check_conflicts(plan: Plan, program: str) -> None:
    """Raises PlanConflict, with the options that resolve what stands in the way."""
    if not plan.conflicts:
        return
    raise PlanConflict(
        f"{' and '.join(one.name for one in plan.conflicts[:5])}{' …' if len(plan.conflicts) > 5 else ''}: "
        "the templates and this machine do not agree; nothing was changed",
        hint=ways_out(plan, program),
    )


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
                "plan": hide_passwords(plan.document()),
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
            terminal.show_hint(f"{session.app.name} login --profile {one.name}")
    for one in plan.profiles:
        if one.token.has_old and one.token.lacking and one.name not in stored:
            terminal.note(f"profile '{one.name}' keeps an old token: {one.token.lacking}")
    return EXIT_AUTH if needing and require_tokens else 0
