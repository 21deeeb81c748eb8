"""Planning: desired, actual and ledger in, a plan out. Nothing is read and nothing is asked here.

A field is the template's business where the template says something about it, or the last apply did. Such a field is
compared three ways, as chezmoi and `kubectl apply` do: where this machine is as the last apply left it, the template's
value goes in; where it was changed by hand since, both sides are shown and somebody has to say who gives way.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from arka_config.precedence.origin import Origin
from arka_config.templates.ledger import same
from arka_config.templates.plan import (
    ADOPT,
    CHANGE,
    CONFLICT,
    CREATE,
    KEPT,
    UNCHANGED,
    FieldChange,
    Plan,
    ProfilePlan,
    TokenPlan,
)
from arka_config.templates.pruning import prunable, removal
from arka_config.templates.token_planning import origin_of, planned_token

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from arka_config.templates.actual import Actual
    from arka_config.templates.desired import Desired, DesiredSet
    from arka_config.templates.ledger import Entry, Ledger
    from arka_config.templates.options import Options


def plan(
    wanted: DesiredSet,
    actual: Mapping[str, Actual],
    ledger: Ledger,
    options: Options,
    defaults: Mapping[str, Any],
    lacking: Mapping[str, str],
) -> Plan:
    """The differences between templates and this machine.

    `defaults` are the values that are in force where a profile has none, by field, and `lacking` says of some profiles
    why their token cannot be had now.
    """
    profiles = [
        _Planner(one, actual[name], ledger.entries.get(name), options, defaults, lacking.get(name, "")).plan()
        for name, one in sorted(wanted.profiles.items())
        if name in options.only or not options.only
    ]
    unwanted = prunable(wanted, ledger, options)
    gone = [name for name in unwanted if not actual[name].exists]
    theirs = {(template.text.folder, template.text.name): template.text.path for template in wanted.elsewhere}
    removals = [
        removal(name, ledger.entries[name], actual[name], options, theirs) for name in unwanted if name not in gone
    ]
    digests = {os.path.join(text.folder, text.name): text.digest for text in wanted.texts}
    parts = sorted([*profiles, *removals], key=lambda one: one.name)
    return Plan(parts, list(theirs.values()), digests, gone, wanted.folders)


class _Planner:
    """One profile of one template."""

    def __init__(
        self,
        one: Desired,
        found: Actual,
        entry: Entry | None,
        options: Options,
        defaults: Mapping[str, Any],
        lacking: str,
    ) -> None:
        self.one = one
        self.found = found
        self.entry = entry
        self.options = options
        self.defaults = defaults
        self.default_url: str | None = defaults.get("api_url")
        self.lacking = lacking

    def plan(self) -> ProfilePlan:
        """The profile's part of the plan."""
        changes = list(self._changes())
        keeps_reference = any(one.name == "token" and one.kind == KEPT and one.old is not None for one in changes)
        token = TokenPlan("none") if keeps_reference else self._token()
        reasons = self._reasons(changes, token)
        if reasons:
            action = CONFLICT
        elif not self.found.exists:
            action = CREATE
        elif self.entry is None:
            action = ADOPT
        elif any(change.kind != KEPT for change in changes) or token.is_pending:
            action = CHANGE
        else:
            action = UNCHANGED
        return ProfilePlan(
            self.one.name,
            action,
            changes,
            token,
            template=self.one.template.text.path,
            folder=self.one.template.text.folder,
            path=self.found.path,
            origin=self._named_origin(),
            reasons=reasons,
            desired=self.one,
            entry=self.entry,
            standing="" if self.one.token else self.found.fields.get("token", ""),
        )

    def _named_origin(self) -> str | None:
        """The origin that the template sends a token to, or says that one goes to."""
        return origin_of(self.one, self.default_url) if self.one.token or self.one.api_url else None

    def _reasons(self, changes: list[FieldChange], token: TokenPlan) -> list[str]:
        reasons = []
        if self.found.exists and self.entry is None and not self.options.adopt:
            reasons.append("exists already, and no apply made it")
        if any(change.kind == CONFLICT for change in changes):
            reasons.append("was changed by hand since the last apply")
        if token.step == "conflict":
            assert self.found.held is not None
            held, wanted = self.found.held.origin, origin_of(self.one, self.default_url)
            reasons.append(
                f"has a token for {held}, and the template's is for {wanted}"
                if held != wanted
                else "has a token that was stored by hand, and the template brings another one"
            )
        return reasons

    def _token(self) -> TokenPlan:
        return planned_token(self.one, self.found, self.entry, self.options, self.default_url, self.lacking)

    # Fields

    def _changes(self) -> Iterator[FieldChange]:
        # A profile that was removed by hand is made anew: there is nothing of a hand's left to lose.
        entry = self.entry if self.found.is_on_disk else None
        written, kept = (entry.fields, entry.kept) if entry else ({}, {})
        names = list(self.one.fields)
        names += [name for name in (*written, *kept) if name not in names]
        if self.one.token is not None:  # a credential is one unit: where it goes is the template's business too
            names += [name for name in ("api_url", "token") if name not in names]
        for name in sorted(names, key=_order):
            change = self._change(name, written.get(name), kept)
            if change is not None:
                yield change

    def _change(self, name: str, last: Any, kept: Mapping[str, Any]) -> FieldChange | None:
        old, new = self.found.fields.get(name), self.one.fields.get(name)
        if same(old, new) or (name == "api_url" and new is None and self._is_default(old)):
            return None
        kind = "set" if old is None else "unset" if new is None else "change"
        is_by_hand = self.entry is not None and self.found.is_on_disk and not same(old, last)
        if name in kept and same(kept[name], new):
            kind = KEPT
        elif is_by_hand or (self.options.take == "mine" and old is not None and self.entry is None):
            kind = self._taken(kind)
        place = self.one.place(name) if new is not None else self.one.template.text.path
        return FieldChange(name, old, new, last, self.defaults.get(name), kind, place)

    def _taken(self, kind: str) -> str:
        """What becomes of a change where both sides may be meant, by who gives way."""
        if self.options.take is None:
            return CONFLICT
        return kind if self.options.take == "template" else KEPT

    def _is_default(self, url: str | None) -> bool:
        return url is not None and self.default_url is not None and Origin.of(url) == Origin.of(self.default_url)


def _order(name: str) -> tuple[int, str]:
    first = ("description", "api_url", "token")
    return (first.index(name) if name in first else len(first), name)
