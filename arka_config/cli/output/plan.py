"""A plan in words and as JSON: a mark for each profile, a line for each field, what is read and sent, and a summary."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from arka_config.cli.output import terminal
from arka_config.cli.output.format import HIDDEN, hide_passwords, secret_texts, value_literal
from arka_config.references.registry import describe
from arka_config.templates.ledger import plain
from arka_config.templates.plan import Action, ChangeKind, Reason, TokenStep
from arka_config.text import count_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, TextIO

    from arka_config.cli.output.documents.templates import (
        PlanDocument,
        PlannedChangeDocument,
        PlannedProfileDocument,
        PlannedReadDocument,
        PlannedTokenDocument,
        PlanSummaryDocument,
    )
    from arka_config.cli.runtime.session import Session
    from arka_config.templates.desired import TokenSource
    from arka_config.templates.plan import FieldChange, Plan, ProfilePlan, TokenPlan

_MARKS = {
    Action.CREATE: "+",
    Action.CHANGE: "~",
    Action.ADOPT: "~",
    Action.REMOVE: "-",
    Action.UNCHANGED: "=",
    Action.CONFLICT: "!",
}
_STYLES: dict[str, dict[str, bool | str]] = {
    "+": {"fg": "green"},
    "~": {"fg": "yellow"},
    "-": {"fg": "red"},
    "=": {"dim": True},
    "!": {"fg": "red", "bold": True},
    "?": {"fg": "cyan"},
}
_REASONS = {
    Reason.NOT_CREATED_BY_APPLY: "exists, but was not created by apply",
    Reason.EDITED_LOCALLY: "was edited locally since the last apply",
    Reason.TEMPLATE_REMOVED: "its template was removed",
    Reason.TEMPLATE_FOR_OTHER_MACHINES: "its template is for other machines",
}
_MAX_UNCHANGED = 12  # lines; more of them would hide the changes
_MAX_NAMED = 5  # templates for other machines
_PASSWORD = re.compile(r"://[^/@\s]*@")


def reference_text(reference: str) -> str:
    """Return a token reference such as `env NAME` in words."""
    return describe(*reference.split(" ", 1))


def _source_text(source: TokenSource) -> str:
    if source.reference:
        return reference_text(source.reference)
    return f"issued as '{source.target}'" if source.kind == "issue" else source.kind


def _reason_texts(profile: ProfilePlan) -> list[str]:
    texts = [_reason_text(profile, reason) for reason in profile.reasons]
    is_removal = profile.desired is None
    return [", and ".join(texts)] if is_removal and texts else texts


def _reason_text(profile: ProfilePlan, reason: Reason) -> str:
    if reason == Reason.TOKEN_FOR_OTHER_ORIGIN:
        return f"has a token for {profile.token_origin}, but the template's is for {profile.origin}"
    if reason == Reason.TOKEN_STORED_LOCALLY:
        other = ", and the template has another one" if profile.desired is not None else ""
        return f"has a token that apply did not store{other}"
    return _REASONS[reason]


def conflict_hint(plan: Plan, program: str) -> str:
    """Return the options, or the command, that resolve the conflicts of a plan."""
    reasons = {reason for profile in plan.conflicts for reason in profile.reasons}
    hints = []
    if Reason.NOT_CREATED_BY_APPLY in reasons:
        hints.append("--adopt takes over existing profiles")
    if reasons & {Reason.EDITED_LOCALLY, Reason.TOKEN_STORED_LOCALLY}:
        hints.append("--take template overwrites local changes, --take mine keeps them")
    names = [profile.name for profile in plan.conflicts if profile.token.step == TokenStep.CONFLICT]
    if names:
        hints.append(f"{program} logout --profile {names[0]} removes its stored token")
    return "; ".join(hints)


class PlanLines:
    """The lines of a plan, styled for a stream."""

    def __init__(self, session: Session, plan: Plan, stream: TextIO) -> None:
        self.session = session
        self.plan = plan
        self.stream = stream
        names = [change.name for profile in plan.profiles for change in profile.changes]
        self._width = max((len(name) for name in names), default=0)

    def lines(self, *, diff: bool = False) -> Iterator[str]:
        """Yield every line."""
        unchanged = [profile for profile in self.plan.profiles if self._has_nothing_to_show(profile)]
        is_collapsed = len(unchanged) > _MAX_UNCHANGED
        for profile in self.plan.profiles:
            if not (is_collapsed and self._has_nothing_to_show(profile)):
                yield from self._profile(profile)
                if diff and profile.is_written:
                    yield from self._diff(profile)
        if is_collapsed:
            yield f"{self._mark('=')} {len(unchanged)} profiles match their templates"
        yield from self._effects()
        yield self._summary()

    def _has_nothing_to_show(self, profile: ProfilePlan) -> bool:
        is_notable = profile.changes or profile.token.unavailable or profile.moved_from or profile.reasons
        return profile.action == Action.UNCHANGED and not is_notable

    def _mark(self, mark: str) -> str:
        return terminal.style(mark, self.stream, **_STYLES[mark])

    def _dim(self, text: str) -> str:
        return terminal.style(text, self.stream, dim=True)

    def _profile(self, profile: ProfilePlan) -> Iterator[str]:
        name = terminal.style(profile.name, self.stream, bold=True)
        suffix = " (adopt)" if profile.action == Action.ADOPT else ""
        if profile.reasons:
            kept = "; it is kept" if profile.action == Action.UNCHANGED else ""
            suffix = f": {terminal.safe_text('; '.join(_reason_texts(profile)))}{kept}"
        moved_from = f", so far {self.session.with_tilde(profile.moved_from)}" if profile.moved_from else ""
        place = self._dim(terminal.safe_text(profile.template + moved_from))
        yield f"{self._mark(_MARKS[profile.action])} {name}{suffix}  {place}"
        for change in profile.changes:
            yield self._change(change)
        if (token := self._token(profile)) is not None:
            yield token

    def _change(self, change: FieldChange) -> str:
        key = terminal.safe_text(change.name).ljust(self._width)
        old, new = self._effective(change, change.old), self._effective(change, change.new)
        place = self._dim(terminal.safe_text(change.place))
        if change.kind == ChangeKind.CONFLICT:
            last = self._value(change.name, change.last)
            return f"  {self._mark('!')} {key}  here {old}, template {new}, last applied {last}  {place}"
        if change.kind == ChangeKind.KEPT:
            return f"    {key}  {old} {self._dim('(local edit kept; the template has')} {new}{self._dim(')')}  {place}"
        return f"    {key}  {old} -> {new}  {place}"

    def _token(self, profile: ProfilePlan) -> str | None:
        token = profile.token
        key = "token".ljust(self._width)
        if profile.action == Action.CONFLICT or token.source is None or token.step == TokenStep.KEEP:
            return None
        if profile.needs_token:
            state = "will ask" if token.is_prompt and self.session.can_ask else "missing"
            return f"  {self._mark('?')} {key}  {state}: {terminal.safe_text(token.unavailable)}"
        if token.unavailable and token.has_old:
            message = terminal.safe_text(token.unavailable)
            return f"  {self._mark('?')} {key}  keeps the old one, the new one is not available: {message}"
        if token.step == TokenStep.REFERENCE:
            return None
        old = "set" if token.step == TokenStep.REPLACE else "—"
        source = "" if token.source.kind == "sealed" else f": {terminal.safe_text(_source_text(token.source))}"
        return f"    {key}  {old} -> {token.state}{source}"

    def _effective(self, change: FieldChange, value: Any) -> str:
        """A value of the profile, or the default if it has none."""
        if value is not None or change.default is None:
            return self._value(change.name, value)
        return f"{self._value(change.name, change.default)} {self._dim('(default)')}"

    def _value(self, name: str, value: Any) -> str:
        if value is None:
            return "—"
        if name == "token":
            return terminal.safe_text(reference_text(str(value)))
        return terminal.safe_text(value_literal(hide_passwords(value)))

    def _effects(self) -> Iterator[str]:
        reads = self.plan.reads.items()
        if texts := [f"{reference_text(one)} for {' and '.join(sorted(origins))}" for one, origins in reads]:
            yield f"reads  {terminal.safe_text(', '.join(sorted(texts)))}"
        if self.plan.origins:
            yield f"sends  tokens only to {terminal.safe_text(', '.join(self.plan.origins))}"
        for setting, value in self.plan.routes:
            yield f"route  {terminal.safe_text(setting)} = {terminal.safe_text(value_literal(hide_passwords(value)))}"
        if names := self.plan.revokes:
            more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
            yield f"revoke the old tokens of {', '.join(names[:_MAX_NAMED])}{more}"
        if names := self.plan.prunable:
            more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
            yield f"gone   {', '.join(names[:_MAX_NAMED])}{more}: created by apply, without a template now (--prune)"
        if others := self.plan.for_other_machines:
            more = f" and {len(others) - _MAX_NAMED} more" if len(others) > _MAX_NAMED else ""
            yield f"other  {terminal.safe_text(', '.join(others[:_MAX_NAMED]))}{more}: for other machines"

    def _summary(self) -> str:
        counts = self.plan.counts
        parts = [f"{counts[Action.CREATE]} to create", f"{counts[Action.CHANGE]} to change"]
        parts += [f"{counts[Action.ADOPT]} to adopt"] if counts[Action.ADOPT] else []
        parts += [f"{counts[Action.REMOVE]} to remove", f"{counts[Action.UNCHANGED]} unchanged"]
        if conflicts := counts[Action.CONFLICT]:
            parts.append(count_text(conflicts, "conflict"))
        if kept := self.plan.kept_edits:
            parts.append(f"{count_text(kept, 'local edit')} kept")
        if needing := len(self.plan.needing_tokens):
            parts.append(f"{needing} without a token")
        return ", ".join(parts)

    def _diff(self, profile: ProfilePlan) -> Iterator[str]:
        from difflib import unified_diff

        from arka_config.templates.applying import profile_texts

        before, after = profile_texts(profile, self.session.store)
        path = self.session.with_tilde(profile.path)
        secrets = secret_texts(self.session, self.session.store.profiles.read(profile.name).settings)
        lines = ((before or "").splitlines(), after.splitlines())
        for line in unified_diff(*lines, path, path, lineterm="", n=0 if secrets else 3):
            text = line
            for secret in secrets:  # in an inline table of which another key changes
                text = text.replace(secret, HIDDEN)
            text = terminal.safe_text(_PASSWORD.sub("://…@", text))
            colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
            yield "    " + (terminal.style(text, self.stream, fg=colour) if colour else text)


# JSON


def plan_document(plan: Plan) -> PlanDocument:
    """Return a plan as JSON has it. Passwords in URLs are hidden."""
    reads: list[PlannedReadDocument] = [
        {"source": reference_text(reference), "reference": reference, "origins": sorted(origins)}
        for reference, origins in sorted(plan.reads.items())
    ]
    document: PlanDocument = {
        "summary": _summary_document(plan),
        "pending": plan.is_pending,
        "reads": reads,
        "origins": plan.origins,
        "routes": [{"setting": setting, "value": value} for setting, value in plan.routes],
        "revokes": plan.revokes,
        "profiles": [_profile_document(profile) for profile in plan.profiles],
        "elsewhere": plan.for_other_machines,
        "prunable": plan.prunable,
        "templates": plan.digests,
    }
    hidden: PlanDocument = hide_passwords(document)
    return hidden


def _summary_document(plan: Plan) -> PlanSummaryDocument:
    return {
        "create": plan.counts[Action.CREATE],
        "change": plan.counts[Action.CHANGE],
        "adopt": plan.counts[Action.ADOPT],
        "remove": plan.counts[Action.REMOVE],
        "unchanged": plan.counts[Action.UNCHANGED],
        "conflict": plan.counts[Action.CONFLICT],
        "needs_token": len(plan.needing_tokens),
        "kept": plan.kept_edits,
    }


def _profile_document(profile: ProfilePlan) -> PlannedProfileDocument:
    return {
        "profile": profile.name,
        "action": str(profile.action),
        "template": profile.template,
        "moved_from": profile.moved_from,
        "path": profile.path,
        "origin": profile.origin,
        "reasons": _reason_texts(profile),
        "changes": [_change_document(change) for change in profile.changes],
        "token": _token_document(profile.token),
        "needs_token": profile.needs_token,
    }


def _change_document(change: FieldChange) -> PlannedChangeDocument:
    return {
        "field": change.name,
        "kind": str(change.kind),
        "old": plain(change.old),
        "new": plain(change.new),
        "last": plain(change.last),
        "default": plain(change.default),
        "layer": "profile",
        "place": change.place,
    }


def _token_document(token: TokenPlan) -> PlannedTokenDocument:
    return {
        "step": str(token.step),
        "state": str(token.state),
        "source": None if token.source is None else _source_text(token.source),
        "identifier": None if token.source is None else token.source.identifier,
        "lacking": token.unavailable or None,
    }
