"""Planning: a pure function from the desired profiles, the actual ones and the ledger to a plan.

A field belongs to the template if the template names it or the last apply wrote it. Such a field is compared three
ways, as chezmoi and `kubectl apply` do. If it was not edited since the last apply, the template's value is written. If
it was, both values are shown and the user decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from arka_config.precedence.origin import Origin
from arka_config.templates.ledger import Entry, Ledger, plain, same
from arka_config.templates.plan import (
    Action,
    ChangeKind,
    FieldChange,
    Plan,
    ProfilePlan,
    Reason,
    TokenPlan,
    TokenStep,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from arka_config.templates.desired import Desired, DesiredSet
    from arka_config.templates.ledger import RecordedToken
    from arka_config.templates.plan import Actual, Options

_FIRST_FIELDS = ("description", "api_url", "token")


def make_plan(
    wanted: DesiredSet,
    actual: Mapping[str, Actual],
    ledger: Ledger,
    options: Options,
    defaults: Mapping[str, Any],
    unavailable: Mapping[str, str],
    existing: Collection[str] = (),
) -> Plan:
    """Return the differences between the templates and this machine.

    `existing` are the names of all profiles on this machine, needed only without `--prune`. `defaults` are the
    effective values by field if a profile has none. `unavailable` are messages by profile name that say why a token is
    not available now.
    """
    profiles = []
    for name, desired in wanted.profiles.items():
        if name in options.only or not options.only:
            entry, message = ledger.entries.get(name), unavailable.get(name, "")
            profiles.append(_ProfilePlanner(desired, actual[name], entry, options, defaults, message).plan())
    prunable = prunable_profiles(wanted, ledger, options)
    unwanted = prunable if options.prune else []
    gone = [name for name in unwanted if not actual[name].exists]
    others = {(template.text.folder, template.text.name): template.text.path for template in wanted.for_other_machines}
    profiles += [
        _plan_removal(ledger.entries[name], actual[name], options, others) for name in unwanted if name not in gone
    ]
    texts = wanted.files.texts
    digests = {text.real_path: text.digest for text in texts}
    if options.only:
        texts = [desired.template.text for name, desired in wanted.profiles.items() if name in options.only]
    carried_out = {text.real_path: text.digest for text in texts}
    profiles.sort(key=lambda profile: profile.name)
    folders = [] if options.only else wanted.files.folders
    left = [name for name in prunable if name in existing and not options.prune]
    return Plan(profiles, list(others.values()), digests, gone, folders, carried_out, left)


@dataclass(frozen=True)
class _ProfilePlanner:
    """Plan one profile of one template."""

    desired: Desired
    actual: Actual
    entry: Entry | None
    options: Options
    defaults: Mapping[str, Any]
    unavailable: str

    @cached_property
    def origin(self) -> str | None:
        return self.desired.origin(self.defaults.get("api_url"))

    def plan(self) -> ProfilePlan:
        """Return the profile's part of the plan."""
        changes = list(self._changes())
        keeps_reference = any(
            change.name == "token" and change.kind == ChangeKind.KEPT and change.old is not None for change in changes
        )
        token = TokenPlan(TokenStep.NONE) if keeps_reference else self._token()
        reasons = self._conflicts(changes, token)
        if reasons:
            action = Action.CONFLICT
        elif not self.actual.exists:
            action = Action.CREATE
        elif self.entry is None:
            action = Action.ADOPT
        elif token.is_pending or any(change.kind != ChangeKind.KEPT for change in changes):
            action = Action.CHANGE
        else:
            action = Action.UNCHANGED
        desired, stored = self.desired, self.actual.token
        return ProfilePlan(
            desired.name,
            action,
            changes,
            token,
            template=desired.template.text.path,
            folder=desired.template.text.folder,
            path=self.actual.path,
            origin=self.origin if desired.token or desired.fields.get("api_url") else None,
            reasons=reasons,
            desired=desired,
            entry=self.entry,
            token_origin=None if stored is None else stored.origin,
            own_reference="" if desired.token else self.actual.fields.get("token", ""),
            has_issued_token=_has_issued_token(self.entry, self.actual),
        )

    def _conflicts(self, changes: list[FieldChange], token: TokenPlan) -> list[Reason]:
        reasons = []
        if self.actual.exists and self.entry is None and not self.options.adopt:
            reasons.append(Reason.NOT_CREATED_BY_APPLY)
        if any(change.kind == ChangeKind.CONFLICT for change in changes):
            reasons.append(Reason.EDITED_LOCALLY)
        if token.step == TokenStep.CONFLICT:
            assert self.actual.token is not None
            is_same_origin = self.actual.token.origin == self.origin
            reasons.append(Reason.TOKEN_STORED_LOCALLY if is_same_origin else Reason.TOKEN_FOR_OTHER_ORIGIN)
        return reasons

    # Fields

    def _changes(self) -> Iterator[FieldChange]:
        # Recreate a profile that the user deleted: there are no local edits to lose.
        entry = self.entry if self.actual.is_on_disk else None
        written, kept = (entry.fields, entry.kept) if entry else ({}, {})
        names = {*self.desired.fields, *written, *kept}
        if self.desired.token is not None:  # a credential is one unit: the template decides where it is sent
            names |= {"api_url", "token"}
        for name in sorted(names, key=_field_order):
            change = self._change(name, written.get(name), kept)
            if change is not None:
                yield change

    def _change(self, name: str, last: Any, kept: Mapping[str, Any]) -> FieldChange | None:
        old, new = self.actual.fields.get(name), self.desired.fields.get(name)
        default = self.defaults.get(name)
        if same(old, new):
            return None
        is_default_url = name == "api_url" and old and default and Origin.of(old) == Origin.of(default)
        if is_default_url and new is None:
            return None
        kind = ChangeKind.SET if old is None else ChangeKind.UNSET if new is None else ChangeKind.CHANGE
        is_edited = self.entry is not None and self.actual.is_on_disk and not same(old, last)
        if name in kept and same(kept[name], new):
            kind = ChangeKind.KEPT
        elif is_edited or (self.options.take == "mine" and old is not None and self.entry is None):
            kind = {None: ChangeKind.CONFLICT, "template": kind, "mine": ChangeKind.KEPT}[self.options.take]
        place = self.desired.place(name) if new is not None else self.desired.template.text.path
        return FieldChange(name, old, new, last, default, kind, place)

    # Token

    def _token(self) -> TokenPlan:
        stored, source = self.actual.token, self.desired.token
        is_usable = stored is not None and stored.origin == self.origin
        if source is None:
            # Without a token, a template must not change where the stored one is sent.
            is_repointed = "api_url" in self.desired.fields and "token" not in self.actual.fields
            is_conflict = is_repointed and stored is not None and not is_usable
            return TokenPlan(TokenStep.CONFLICT if is_conflict else TokenStep.NONE)
        if not source.is_stored:
            return TokenPlan(TokenStep.REFERENCE, source, self.unavailable)
        step = token_step(self.desired, self.actual, self.entry, self.defaults.get("api_url"))
        if step == TokenStep.CONFLICT and self.options.take == "template":
            step = TokenStep.REPLACE
        elif step == TokenStep.CONFLICT and self.options.take == "mine" and is_usable:
            step = TokenStep.KEEP
        is_new = step in (TokenStep.STORE, TokenStep.REPLACE)
        has_old = step == TokenStep.REPLACE and is_usable
        return TokenPlan(step, source, self.unavailable if is_new else "", has_old)


def token_step(desired: Desired, actual: Actual, entry: Entry | None, default_url: str | None) -> TokenStep:
    """What happens to a token that the template wants to be stored, before `--take` is considered."""
    assert desired.token is not None
    found, recorded = actual.token, entry.token if entry else None
    if found is None:
        return TokenStep.STORE
    if found.origin == desired.origin(default_url) and (
        recorded is None or recorded.source == desired.token.identifier or desired.token.kind == "prompt"
    ):
        return TokenStep.KEEP
    is_from_apply = recorded is not None and (found.created, found.origin) == (recorded.created, recorded.origin)
    return TokenStep.REPLACE if is_from_apply else TokenStep.CONFLICT


def _field_order(name: str) -> tuple[int, str]:
    return (_FIRST_FIELDS.index(name) if name in _FIRST_FIELDS else len(_FIRST_FIELDS), name)


# Pruning


def prunable_profiles(wanted: DesiredSet, ledger: Ledger, options: Options) -> list[str]:
    """The profiles that an apply of the same folders created and that no template describes any more."""
    return sorted(
        name
        for name, entry in ledger.entries.items()
        if entry.created
        and entry.folder in wanted.files.folders
        and name not in wanted.profiles
        and (name in options.only or not options.only)
    )


def _plan_removal(entry: Entry, actual: Actual, options: Options, others: Mapping[tuple[str, str], str]) -> ProfilePlan:
    """Plan the removal of a profile; a conflict if it has local edits.

    `others` are the paths of templates for other machines, by folder and name.
    """
    template = others.get((entry.folder, entry.template))
    reasons = [Reason.TEMPLATE_REMOVED if template is None else Reason.TEMPLATE_FOR_OTHER_MACHINES]
    action = Action.REMOVE
    if edit := _local_edit(entry, actual):
        action = {None: Action.CONFLICT, "template": Action.REMOVE, "mine": Action.UNCHANGED}[options.take]
        reasons.insert(0, edit)
    return ProfilePlan(
        actual.name,
        action,
        [],
        TokenPlan(TokenStep.NONE),
        template=template or entry.template,
        folder=entry.folder,
        path=actual.path,
        origin=None,
        reasons=reasons,
        desired=None,
        entry=entry,
        has_issued_token=_has_issued_token(entry, actual),
    )


def _has_issued_token(entry: Entry | None, actual: Actual) -> bool:
    """Whether the stored token is the one that an apply had issued, and not one that the user stored since."""
    recorded, found = entry.token if entry is not None else None, actual.token
    return recorded is not None and recorded.is_issued and found == (recorded.origin, recorded.created)


def _local_edit(entry: Entry, actual: Actual) -> Reason | None:
    """What was edited locally since an apply wrote the profile."""
    written, found = entry.fields, actual.fields
    if entry.kept or written.keys() != found.keys() or any(not same(found[key], written[key]) for key in written):
        return Reason.EDITED_LOCALLY
    if actual.token is not None and (entry.token is None or actual.token.created != entry.token.created):
        return Reason.TOKEN_STORED_LOCALLY
    return None


# The ledger afterwards


def ledger_after(plan: Plan, ledger: Ledger, stored: Mapping[str, RecordedToken]) -> Ledger:
    """Return the ledger after the plan was carried out and these tokens were stored."""
    entries = {name: entry for name, entry in ledger.entries.items() if name not in plan.gone}
    for profile in plan.profiles:
        if profile.desired is None:
            entries.pop(profile.name, None)
        else:
            entries[profile.name] = _entry_after(profile, profile.desired, stored.get(profile.name))
    return Ledger(entries)


def _entry_after(profile: ProfilePlan, desired: Desired, stored: RecordedToken | None) -> Entry:
    kept = {change.name: plain(change.new) for change in profile.changes if change.kind == ChangeKind.KEPT}
    return Entry(
        folder=profile.folder,
        template=desired.template.text.name,
        created=profile.entry.created if profile.entry else profile.action == Action.CREATE,
        fields={name: plain(value) for name, value in sorted(desired.fields.items()) if name not in kept},
        kept=dict(sorted(kept.items())),
        token=stored or _token_after(profile),
    )


def _token_after(profile: ProfilePlan) -> RecordedToken | None:
    """What the ledger says about a token that the plan did not store."""
    token = profile.entry.token if profile.entry is not None else None
    if token is None or profile.token.step not in (TokenStep.KEEP, TokenStep.NONE, TokenStep.REPLACE):
        return None
    source = profile.token.source
    if profile.token.step == TokenStep.REPLACE or source is None or source.kind == "prompt":
        return token  # the old token is still there
    return token._replace(source=source.identifier)
