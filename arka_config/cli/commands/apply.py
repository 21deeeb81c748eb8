"""`apply`: show a plan, ask for approval, and carry it out."""

from __future__ import annotations

import contextlib
import shlex
import sys
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import click

from arka_config.cli.input.approval import ask_approval
from arka_config.cli.input.token_input import prompt_for_token
from arka_config.cli.output import progress, terminal
from arka_config.cli.output.plan import PlanLines, conflict_hint, plan_document
from arka_config.cli.output.progress import track
from arka_config.cli.runtime import applied_tokens, legacy_sync, unfinished, words
from arka_config.cli.runtime.batch import report_on_interrupt
from arka_config.cli.runtime.command import command, show_json_error
from arka_config.cli.runtime.plan_command import PlanInput, plan_options, prepare_plan
from arka_config.errors import EXIT_AUTH, ConfigError, PlanConflict, UsageError
from arka_config.text import count_text, shorten_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from arka_config.cli.output.documents.templates import ApplyDocument
    from arka_config.cli.runtime.applied_tokens import CheckedTokens
    from arka_config.cli.runtime.session import Session
    from arka_config.secret import Secret
    from arka_config.templates.applying import Result
    from arka_config.templates.approvals import Approvals
    from arka_config.templates.plan import Plan, ProfilePlan
    from arka_config.templates.plan_file import SavedPlan
    from arka_config.templates.preparation import Prepared

_MAX_NAMES = 5  # of profiles in a conflict


class _Approved(NamedTuple):
    """A plan that may be carried out: the approvals to record, and the tokens to store, by profile.

    Without approvals, only the ledger is to be written.
    """

    approvals: Approvals | None
    tokens: dict[str, Secret]


@command()
@plan_options
@click.option("--yes", "-y", is_flag=True, help="Approve the plan without a question.")
@click.option(
    "--allow-origin",
    metavar="URL",
    type=words.WORKSPACE_URL,
    multiple=True,
    help="Approve a new origin, proxy or certificate file.",
)
@click.option("--no-verify", is_flag=True, help="Store the tokens without asking their workspaces about them.")
@click.option("--require-tokens", is_flag=True, help="Exit with 4 if a token is missing or refused.")
def apply(
    session: Session,
    given: PlanInput,
    diff: bool,
    yes: bool,
    allow_origin: tuple[str, ...],
    no_verify: bool,
    require_tokens: bool,
) -> int:
    """Apply templates to this machine's profiles.

    Shows the plan, asks for approval, and makes all changes or none. A PATH is a template, a folder of templates,
    or a file written by `{app} plan --out`. A second run changes nothing.

    \b
    {app} apply profiles/
    {app} apply profiles/ --yes --require-tokens
    """
    from arka_config.templates.applying import check_not_stale

    saved = _read_saved_plan(session, given)
    if saved is not None:
        given = PlanInput(saved.paths, saved.options, saved.identities)

    def replan() -> Prepared:
        return prepare_plan(session, given)

    prepared = replan()
    if saved is not None:
        check_not_stale(prepared, saved.digest)
    for line in PlanLines(session, prepared.plan, sys.stderr).lines(diff=diff):
        terminal.say_verbatim(line)
    result, checked, verify = None, None, not no_verify
    with contextlib.ExitStack() as shown:
        try:
            _check_conflicts(prepared.plan, session.app.name)
            approved = _approve(session, prepared, yes=yes, allowed=allow_origin, verify=verify)
            if approved is not None and approved.approvals is not None:
                # The bar is shown over all that follows. It begins here, because a helper may prompt before.
                steps = _count_steps(prepared.plan, len(approved.tokens) if verify else 0)
                shown.enter_context(progress.show_stages("Applying", steps))
                checked = applied_tokens.check_tokens(session, prepared.plan, approved.tokens, verify=verify)
        except ConfigError as error:
            show_json_error(session, error, _document(prepared.plan, None, []))
            raise
        unfinished.finish(session)
        if approved is not None:
            result = _carry_out(session, prepared, approved, checked, given.paths, replan)
    return _report(session, prepared.plan, result, checked, require_tokens=require_tokens)


def _read_saved_plan(session: Session, given: PlanInput) -> SavedPlan | None:
    """Read the saved plan if the path is one. Raises UsageError if there are other paths or options."""
    from arka_config.templates import plan_file
    from arka_config.templates.plan import Options

    if not any(plan_file.is_saved_plan(path) for path in given.paths):
        return None
    if len(given.paths) > 1 or given.options != Options() or given.identities:
        raise UsageError(
            "a saved plan contains its templates and options already",
            hint=f"{session.app.name} apply FILE, with only --yes, --allow-origin and --require-tokens",
        )
    return plan_file.read(given.paths[0], session.app.name)


def _check_conflicts(plan: Plan, program: str) -> None:
    """Raise PlanConflict if there are conflicts, with the options that resolve them."""
    if not plan.conflicts:
        return
    names = " and ".join(profile.name for profile in plan.conflicts[:_MAX_NAMES])
    more = " …" if len(plan.conflicts) > _MAX_NAMES else ""
    raise PlanConflict(
        f"{names}{more}: the template conflicts with this machine; nothing was changed",
        hint=conflict_hint(plan, program),
    )


def _approve(
    session: Session, prepared: Prepared, *, yes: bool, allowed: tuple[str, ...], verify: bool
) -> _Approved | None:
    """Ask for approval and get the tokens; None if there is nothing to do. Nothing has been changed if this raises."""
    plan = prepared.plan
    prompts = [profile for profile in plan.profiles if profile.token.is_prompt] if session.can_ask else []
    if not plan.is_pending and not prompts:
        return _Approved(None, {}) if prepared.is_ledger_outdated else None
    approvals = ask_approval(session, plan, yes=yes, allowed=allowed)
    session.approved_origins.update(plan.origins)  # tokens are issued at these only
    tokens = {
        profile.name: prepared.fetcher.fetch(profile)
        for profile in plan.profiles
        if profile.token.is_pending and profile.token.source is not None and profile.token.source.kind != "issue"
    }
    return _Approved(approvals, tokens | _prompt_for_tokens(session, prompts, verify=verify))


def _prompt_for_tokens(session: Session, profiles: Iterable[ProfilePlan], *, verify: bool) -> dict[str, Secret]:
    """Prompt for a token for each profile, and return those that the user enters."""
    tokens = {}
    for profile in profiles:
        page = session.app.page(session.app.tokens_page, profile.origin)
        terminal.say(f"Create a token for profile '{profile.name}' on {page}")
        question = f"Token for '{profile.name}', or Enter to leave it for later"
        check = partial(applied_tokens.verify_entered, session, profile) if verify else lambda _: None
        answer = prompt_for_token(session.app, question, profile.origin, check)
        if answer is not None:
            tokens[profile.name] = answer[0]
    return tokens


def _carry_out(
    session: Session,
    prepared: Prepared,
    approved: _Approved,
    checked: CheckedTokens | None,
    paths: Sequence[str],
    replan: Callable[[], Prepared],
) -> Result:
    """Make the changes of an approved plan. `replan` plans again, under the lock."""
    from arka_config.cli.runtime.template_issuing import TemplateIssuer
    from arka_config.templates.applying import apply_plan

    credentials = checked.credentials if checked is not None else {}
    again = f"{session.app.name} apply {shlex.join(paths)}"
    with (
        report_on_interrupt(lambda: _describe_interrupted(prepared.plan, replan), hint=again),
        TemplateIssuer(session) as issuer,
    ):
        result = apply_plan(session.store, prepared, credentials, approved.approvals, issuer, replan, track)
    legacy_sync.update(session)
    return result


def _describe_interrupted(plan: Plan, replan: Callable[[], Prepared]) -> list[str]:
    """Say which profiles an interrupted apply has changed, and which not. The next apply completes it."""
    from arka_config.templates.plan import Action

    wanted = [profile.name for profile in plan.profiles if profile.action != Action.UNCHANGED]
    try:
        after = {profile.name for profile in replan().plan.profiles if profile.action != Action.UNCHANGED}
    except ConfigError:
        return ["some of the changes may have been made"]
    parts = (
        ("applied", [name for name in wanted if name not in after]),
        ("not applied", [name for name in wanted if name in after]),
    )
    return [f"{words}: {shorten_list(names, _MAX_NAMES)}" for words, names in parts if names]


def _count_steps(plan: Plan, verified: int) -> int:
    """How many steps an apply has: tokens to verify, to issue or prepare, to store and to revoke, files, removals."""
    from arka_config.templates.plan import Action

    stored = sum(profile.token.is_stored for profile in plan.profiles)
    written = sum(profile.is_written for profile in plan.profiles)
    planned = 2 * len(plan.profiles)  # the templates are read and compared again, under the lock
    return planned + verified + 2 * stored + written + plan.counts[Action.REMOVE] + len(plan.revokes)


def _document(
    plan: Plan, result: Result | None, needing: Sequence[ProfilePlan], checked: CheckedTokens | None = None
) -> ApplyDocument:
    return {
        "changed": result is not None and result.is_changed,
        "written": result.written if result else [],
        "stored": result.stored if result else [],
        "removed": result.removed if result else [],
        "refused": list(checked.refused) if checked else [],
        "unverified": list(checked.unverified) if checked else [],
        "revoked": [
            {"profile": each.profile, "id": each.id or None, "revoked": each.is_revoked, "reason": each.why or None}
            for each in (result.revocations if result else [])
        ],
        "needs_token": [profile.name for profile in needing],
        "plan": plan_document(plan),
        "error": None,
    }


def _report(
    session: Session, plan: Plan, result: Result | None, checked: CheckedTokens | None, *, require_tokens: bool
) -> int:
    """Print what was done and what is missing, and return the exit code."""
    from arka_config.cli.runtime.template_issuing import report_revocations
    from arka_config.templates.plan import Action

    stored = result.stored if result else []
    needing = [profile for profile in plan.needing_tokens if profile.name not in stored]
    if session.json:
        session.show_json(_document(plan, result, needing, checked))
    if result is not None and (plan.is_pending or stored):
        verbs = {Action.CREATE: "created", Action.CHANGE: "changed", Action.ADOPT: "adopted", Action.REMOVE: "removed"}
        parts = [f"{plan.counts[action]} {verb}" for action, verb in verbs.items()]
        parts.append(f"{count_text(len(stored), 'token')} stored")
        terminal.say(f"Applied: {', '.join(part for part in parts if part[0] != '0')}", mark="✓")
    elif plan.kept_edits:
        edits = count_text(plan.kept_edits, "local edit")
        terminal.say(f"Nothing to do: {edits} kept, and everything else matches the templates", mark="✓")
    else:
        terminal.say("Nothing to do: this machine matches the templates", mark="✓")
    report_revocations(session, result.revocations if result else [])
    if result is not None and result.activated:
        terminal.say(f"  Profile '{result.activated}' is active: it is the first with a stored token")
    for profile in needing:
        terminal.note(f"profile '{profile.name}' needs a token: {profile.token.unavailable}")
        if profile.token.source is not None and profile.token.source.is_stored:
            terminal.show_hint(f"{session.app.name} login --profile {profile.name}")
    for profile in plan.profiles:
        if profile.token.has_old and profile.token.unavailable and profile.name not in stored:
            terminal.note(f"profile '{profile.name}' keeps an old token: {profile.token.unavailable}")
    if checked is not None:
        applied_tokens.report_checked(checked)
    is_missing = bool(needing or (checked and checked.refused))
    return EXIT_AUTH if is_missing and require_tokens else 0
