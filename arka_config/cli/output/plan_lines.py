"""A plan as a person reads it: a mark for each profile, a line for each field, what is read, and a summary."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from arka_config.cli.output import terminal
from arka_config.cli.output.format import hide_passwords, value_literal
from arka_config.references.registry import describe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, TextIO

    from arka_config.cli.runtime.session import Session
    from arka_config.templates.plan import FieldChange, Plan, ProfilePlan

MARKS = {"create": "+", "change": "~", "adopt": "~", "remove": "-", "unchanged": "=", "conflict": "!"}
_STYLES: dict[str, dict[str, bool | str]] = {
    "+": {"fg": "green"},
    "~": {"fg": "yellow"},
    "-": {"fg": "red"},
    "=": {"dim": True},
    "!": {"fg": "red", "bold": True},
    "?": {"fg": "cyan"},
}
_MOST_UNCHANGED = 12  # lines; more of them hide what is to be read
_MOST_NAMED = 5  # templates for other machines
_PASSWORD = re.compile(r"://[^/@\s]*@")


class PlanLines:
    """The lines of a plan, in the colours of the stream that they are for."""

    def __init__(self, session: Session, plan: Plan, stream: TextIO) -> None:
        self.session = session
        self.plan = plan
        self.stream = stream
        names = [change.name for one in plan.profiles for change in one.changes]
        self._width = max((len(name) for name in names), default=0)

    def all(self, *, diff: bool = False) -> Iterator[str]:
        """Every line, one after another."""
        unchanged = [one for one in self.plan.profiles if self._is_quiet(one)]
        is_much = len(unchanged) > _MOST_UNCHANGED
        for one in self.plan.profiles:
            if not (is_much and self._is_quiet(one)):
                yield from self._profile(one)
                if diff and one.is_written:
                    yield from self._diff(one)
        if is_much:
            yield f"{self._mark('=')} {len(unchanged)} profiles are as their templates say"
        yield from self._reads()
        yield self.summary()

    def _is_quiet(self, one: ProfilePlan) -> bool:
        return one.action == "unchanged" and not (one.changes or one.token.lacking or one.moved_from)

    def _mark(self, mark: str) -> str:
        return terminal.style(mark, self.stream, **_STYLES[mark])

    def _profile(self, one: ProfilePlan) -> Iterator[str]:
        name = terminal.style(one.name, self.stream, bold=True)
        said = f": {terminal.safe_text('; '.join(one.reasons))}" if one.reasons else ""
        said = " (adopt)" if one.action == "adopt" else said
        place = one.template + (f", so far {self.session.with_tilde(one.moved_from)}" if one.moved_from else "")
        yield f"{self._mark(MARKS[one.action])} {name}{said}  {self._dim(terminal.safe_text(place))}"
        for change in one.changes:
            yield self._change(change)
        if (token := self._token(one)) is not None:
            yield token

    def _change(self, change: FieldChange) -> str:
        key = terminal.safe_text(change.name).ljust(self._width)
        old, new = self._in_force(change, change.old), self._in_force(change, change.new)
        place = self._dim(terminal.safe_text(change.place))
        if change.kind == "conflict":
            last = self._value(change.name, change.last)
            return f"  {self._mark('!')} {key}  here {old}, template {new}, last applied {last}  {place}"
        if change.kind == "kept":
            return f"    {key}  {old} {self._dim('(kept by hand; the template says')} {new}{self._dim(')')}  {place}"
        return f"    {key}  {old} -> {new}  {place}"

    def _token(self, one: ProfilePlan) -> str | None:
        token = one.token
        key = "token".ljust(self._width)
        if one.action == "conflict" or token.step in ("none", "keep", "conflict"):
            return None
        if one.needs_token:
            what = "will ask" if token.is_asked_for and self.session.can_ask else "missing"
            return f"  {self._mark('?')} {key}  {what}: {terminal.safe_text(token.lacking)}"
        if token.lacking and token.has_old:
            return f"  {self._mark('?')} {key}  an old one, and no new one: {terminal.safe_text(token.lacking)}"
        if token.step == "reference":
            return None
        old = "set" if token.step == "replace" else "—"
        source = "" if str(token.source) == token.state else f": {terminal.safe_text(str(token.source))}"
        return f"    {key}  {old} -> {token.state}{source}"

    def _in_force(self, change: FieldChange, value: Any) -> str:
        """A value of the profile, or the default where it has none."""
        if value is not None or change.default is None:
            return self._value(change.name, value)
        return f"{self._value(change.name, change.default)} {self._dim('(default)')}"

    def _value(self, name: str, value: Any) -> str:
        if value is None:
            return "—"
        if name == "token":
            return terminal.safe_text(describe(*str(value).split(" ", 1)))
        return terminal.safe_text(value_literal(hide_passwords(value)))

    def _dim(self, text: str) -> str:
        return terminal.style(text, self.stream, dim=True)

    def _reads(self) -> Iterator[str]:
        reads = [f"{words} for {' and '.join(sorted(origins))}" for words, origins in self.plan.reads.values()]
        if reads:
            yield f"reads  {terminal.safe_text(', '.join(sorted(reads)))}"
        if self.plan.origins:
            yield f"sends  tokens to {terminal.safe_text(', '.join(self.plan.origins))}, and nowhere else"
        for setting, value in self.plan.routes:
            yield f"route  {terminal.safe_text(setting)} = {terminal.safe_text(value_literal(hide_passwords(value)))}"
        if self.plan.elsewhere:
            named, rest = self.plan.elsewhere[:_MOST_NAMED], len(self.plan.elsewhere) - _MOST_NAMED
            more = f" and {rest} more" if rest > 0 else ""
            yield f"other  {terminal.safe_text(', '.join(named))}{more}: for other machines than this one"

    def summary(self) -> str:
        """The last line: how many of each."""
        counts = self.plan.counts
        parts = [f"{counts['create']} to create", f"{counts['change']} to change"]
        parts += [f"{counts['adopt']} to adopt"] if counts["adopt"] else []
        parts += [f"{counts['remove']} to remove", f"{counts['unchanged']} unchanged"]
        if counts["conflict"]:
            parts.append(f"{counts['conflict']} conflict{'s' if counts['conflict'] > 1 else ''}")
        if needing := len(self.plan.needing_tokens):
            parts.append(f"{needing} without a token")
        return ", ".join(parts)

    def _diff(self, one: ProfilePlan) -> Iterator[str]:
        from difflib import unified_diff

        from arka_config.templates.applying import text_after

        before, after = text_after(one, self.session.store)
        place = self.session.with_tilde(one.path)
        lines = unified_diff((before or "").splitlines(), after.splitlines(), place, place, lineterm="")
        for line in lines:
            shown = terminal.safe_text(_PASSWORD.sub("://…@", line))
            colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
            yield "    " + (terminal.style(shown, self.stream, fg=colour) if colour else shown)


def ways_out(plan: Plan, program: str) -> str:
    """What resolves the conflicts of a plan: options, and a command."""
    answers = []
    if any("exists already" in reason for one in plan.conflicts for reason in one.reasons):
        answers.append("--adopt takes over what is there")
    if any("by hand" in reason for one in plan.conflicts for reason in one.reasons):
        answers.append("--take template or --take mine says who gives way")
    tokens = [one.name for one in plan.conflicts if one.token.step == "conflict"]
    if tokens:
        answers.append(f"{program} logout --profile {tokens[0]} forgets the token that is there")
    return "; ".join(answers)
