"""Ask the user to approve a plan: first what is new in it, each by name, then all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.cli.output import terminal
from arka_config.cli.output.plan import reference_text
from arka_config.errors import NotApproved
from arka_config.text import count_text

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session
    from arka_config.templates.approvals import Approvals, Question
    from arka_config.templates.plan import Plan

_MAX_NOTES = 12  # differences named one by one; the plan shows their effects anyway


def ask_approval(session: Session, plan: Plan, *, yes: bool, allowed: tuple[str, ...]) -> Approvals:
    """Return the approvals, to be recorded when this plan is carried out.

    `yes` is `--yes`, and `allowed` are the values of `--allow-origin`. Raises NotApproved, Cancelled, UsageError.
    """
    from arka_config.templates.approvals import Approvals, normalize_key
    from arka_config.templates.plan import Action

    approvals = Approvals(session.store.folders.state)
    _note_differences(approvals, plan)
    keys = {*allowed, *map(normalize_key, allowed)}
    questions = [question for question in approvals.questions(plan, session.store) if question.key not in keys]
    if questions and (yes or not session.can_ask):
        *more, last = map(_question_text, questions)
        first, *more = *more, f"{last}; nothing was changed"
        options = dict.fromkeys(f"--allow-origin {question.key}" for question in questions)
        raise NotApproved(first, more=more, hint=" ".join(options))
    for question in questions:
        text = _question_text(question)
        session.confirm(f"{text[:1].upper()}{text[1:]}. Is that right?", flag="--allow-origin URL")
    if not yes:
        count = plan.counts[Action.REMOVE]
        warning = f" It removes {count_text(count, 'profile')}." if count else ""
        session.confirm(f"Apply this plan?{warning}", flag="--yes")
    return approvals


def _note_differences(approvals: Approvals, plan: Plan) -> None:
    from arka_config.templates.approvals import Difference

    verbs = {Difference.NEW: "is new", Difference.REMOVED: "was removed", Difference.CHANGED: "was changed"}
    differences = approvals.differences(plan)
    for name, difference in differences[:_MAX_NOTES]:
        terminal.note(f"{name} {verbs[difference]} since your last approval")
    if len(differences) > _MAX_NOTES:
        terminal.note(f"{len(differences) - _MAX_NOTES} more templates have changed since your last approval")


def _question_text(question: Question) -> str:
    if question.setting:
        is_proxy = question.setting.endswith("proxy")
        return f"{'tokens are sent through the proxy' if is_proxy else 'workspaces are trusted by'} {question.key}"
    if question.reference:
        reference, known = reference_text(question.reference), " and ".join(question.known_origins)
        return f"{reference} is sent to {question.key}, but was only sent to {known} so far"
    return f"tokens are sent to {question.key}, which you have not used before"
