"""Has a plan agreed to: what is new in it by name, and all of it by a yes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.cli.output import terminal
from arka_config.errors import NotAgreed

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session
    from arka_config.templates.approvals import Agreements
    from arka_config.templates.plan import Plan

_MOST_CHANGES = 12  # named one by one; the plan above has all that comes of them


def agreed(session: Session, plan: Plan, *, yes: bool, allowed: tuple[str, ...]) -> Agreements:
    """What the user has agreed to, to be kept once this plan is carried out.

    `yes` is `--yes`, and `allowed` what `--allow-origin` names. Raises NotAgreed, Cancelled, UsageError.
    """
    from arka_config.templates.approvals import Agreements, named

    agreements = Agreements(session.store.folders.state)
    changes = agreements.changed_since(plan)
    for said in changes[:_MOST_CHANGES]:
        terminal.note(f"{said} since you last agreed to it")
    if len(changes) > _MOST_CHANGES:
        terminal.note(
            f"{len(changes) - _MOST_CHANGES} more templates are not as they were when you last agreed to them"
        )
    keys = {*allowed, *map(named, allowed)}
    questions = [question for question in agreements.questions(plan, session.store) if question.key not in keys]
    if questions and (yes or not session.can_ask):
        *more, last = (question.text for question in questions)
        first, *more = *more, f"{last}; nothing was changed"
        raise NotAgreed(
            first,
            more=more,
            hint=" ".join(f"--allow-origin {key}" for key in dict.fromkeys(question.key for question in questions)),
        )
    for question in questions:
        session.confirm(f"{question.text[:1].upper()}{question.text[1:]}. Is that right?", flag="--allow-origin URL")
    if not yes:
        removed = plan.counts["remove"]
        warning = f" It removes {removed} profile{'' if removed == 1 else 's'}." if removed else ""
        session.confirm(f"Apply this plan?{warning}", flag="--yes")
    return agreements
