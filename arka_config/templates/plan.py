"""The data of planning: its options, the actual profiles, and the plan that results. Words are made in `cli/output`."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from dataclasses import dataclass
from enum import Enum, StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from arka_config.templates.ledger import canonical, plain

if TYPE_CHECKING:
    from arka_config.templates.desired import Desired, TokenSource
    from arka_config.templates.ledger import Entry

ROUTES = ("settings.proxy", "settings.ca_bundle")  # settings that decide how a token is sent


class Options(NamedTuple):
    """The user's options. `take` resolves conflicts: use the template's values, or keep `mine`."""

    only: tuple[str, ...] = ()
    prune: bool = False
    take: Literal["template", "mine"] | None = None
    adopt: bool = False


class ActualToken(NamedTuple):
    """A stored token's origin and the time it was stored."""

    origin: str
    created: str


class Actual(NamedTuple):
    """A profile on this machine. `fields` are all values of its file by dotted name; a reference is `env NAME`."""

    name: str
    path: str
    is_on_disk: bool
    fields: dict[str, Any]
    token: ActualToken | None

    @property
    def exists(self) -> bool:
        return self.is_on_disk or self.token is not None


class Action(StrEnum):
    """What happens to a profile."""

    CREATE = "create"
    CHANGE = "change"
    ADOPT = "adopt"
    REMOVE = "remove"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"


class Reason(Enum):
    """Why there is a conflict, or why a profile is removed."""

    NOT_CREATED_BY_APPLY = "not created by apply"
    EDITED_LOCALLY = "edited locally"
    TOKEN_FOR_OTHER_ORIGIN = "token for other origin"  # no secret
    TOKEN_STORED_LOCALLY = "token stored locally"  # no secret
    TEMPLATE_REMOVED = "template removed"
    TEMPLATE_FOR_OTHER_MACHINES = "template for other machines"


class ChangeKind(StrEnum):
    """What happens to a field. KEPT is a local edit that wins over the template."""

    SET = "set"
    UNSET = "unset"
    CHANGE = "change"
    KEPT = "kept"
    CONFLICT = "conflict"


class TokenStep(StrEnum):
    """What happens to a token. NONE: the template has no token."""

    NONE = "none"
    REFERENCE = "reference"
    KEEP = "keep"
    STORE = "store"
    REPLACE = "replace"
    CONFLICT = "conflict"


class TokenState(StrEnum):
    """What the user sees of a token. OLD: it must be replaced, but the new one is not available yet."""

    SET = "set"
    MISSING = "missing"
    OLD = "old"
    WILL_PROMPT = "will ask"
    SEALED = "sealed"
    WILL_BE_COPIED = "will be copied"
    WILL_BE_ISSUED = "will be issued"
    NONE = "none"
    CONFLICT = "conflict"


class FieldChange(NamedTuple):
    """A changed field: its value on this machine, in the template, and as the last apply wrote it. None is no value.

    `default` is the effective value if the profile has none, and `place` is the template's line.
    """

    name: str
    old: Any
    new: Any
    last: Any
    default: Any
    kind: ChangeKind
    place: str

    @property
    def is_written(self) -> bool:
        return self.kind not in (ChangeKind.KEPT, ChangeKind.CONFLICT)


class TokenPlan(NamedTuple):
    """What happens to a profile's token.

    `unavailable` is the message that says why it is not available now, or empty. `has_old` is whether the stored token
    is for the same origin, and stays in use until the new one is available.
    """

    step: TokenStep
    source: TokenSource | None = None
    unavailable: str = ""
    has_old: bool = False

    @property
    def is_stored(self) -> bool:
        """Whether an apply stores a token, if it is available."""
        return self.step in (TokenStep.STORE, TokenStep.REPLACE)

    @property
    def is_pending(self) -> bool:
        return self.is_stored and not self.unavailable

    @property
    def is_prompt(self) -> bool:
        return self.is_stored and self.source is not None and self.source.kind == "prompt"

    @property
    def state(self) -> TokenState:
        if self.step in (TokenStep.NONE, TokenStep.CONFLICT):
            return TokenState(self.step)
        if self.is_prompt:
            return TokenState.WILL_PROMPT
        if self.unavailable:
            return TokenState.OLD if self.has_old else TokenState.MISSING
        if not self.is_stored:
            return TokenState.SET
        assert self.source is not None
        states = {"sealed": TokenState.SEALED, "issue": TokenState.WILL_BE_ISSUED}
        return states.get(self.source.kind, TokenState.WILL_BE_COPIED)


class ProfilePlan(NamedTuple):
    """What an apply does to one profile.

    `token_origin` is the origin of the stored token. `own_reference` is the reference in the profile's file, if the
    template decides where the token is sent without having a token itself. `has_issued_token` is whether the stored
    token is one that an apply had issued.
    """

    name: str
    action: Action
    changes: list[FieldChange]
    token: TokenPlan
    template: str
    folder: str
    path: str
    origin: str | None
    reasons: list[Reason]
    desired: Desired | None
    entry: Entry | None
    token_origin: str | None = None
    own_reference: str = ""
    has_issued_token: bool = False

    @property
    def is_written(self) -> bool:
        """Whether an apply may change the profile's file."""
        return self.action in (Action.CREATE, Action.CHANGE, Action.ADOPT)

    @property
    def revokes(self) -> bool:
        """Whether an apply revokes the stored token, because it replaces or removes one that it had issued."""
        is_replaced = self.action != Action.CONFLICT and self.token.is_pending
        return self.has_issued_token and (self.action == Action.REMOVE or is_replaced)

    @property
    def needs_token(self) -> bool:
        """Whether the profile has no token, and an apply cannot get one without the user."""
        return bool(self.token.unavailable) and not self.token.has_old and self.action != Action.CONFLICT

    @property
    def moved_from(self) -> str | None:
        """The template in another folder that created the profile, if this template takes it over."""
        if self.entry is None or self.desired is None or self.entry.folder == self.folder:
            return None
        return os.path.join(self.entry.folder, self.entry.template)

    @property
    def edits(self) -> dict[tuple[str, ...], Any]:
        """The values to set in the profile's file by path, and None for values to remove."""
        edits: dict[tuple[str, ...], Any] = {}
        for change in self.changes:
            if not change.is_written:
                continue
            if change.name == "token":
                if change.old is not None:
                    edits["token", change.old.split(" ")[0]] = None
                if change.new is not None:
                    kind, _, target = change.new.partition(" ")
                    edits["token", kind] = target
                else:
                    edits["token",] = None  # leave no empty table
            else:
                edits[tuple(change.name.split("."))] = change.new
        return edits

    def digest_input(self) -> list[Any]:
        """What distinguishes this part of the plan from another, without the template's path as the user wrote it."""
        token = self.token
        if token.step == TokenStep.REFERENCE:  # whether it is available now does not change what is written
            token = token._replace(unavailable="")
        source = "" if token.source is None else token.source.identifier
        changes = [[one.name, one.kind, *map(plain, (one.old, one.new, one.last, one.default))] for one in self.changes]
        reasons = [reason.value for reason in self.reasons]
        return [
            [self.name, self.action, self.moved_from, self.path, self.origin, reasons],
            changes,
            [token.step, source, token.unavailable, token.has_old],
            None if self.entry is None else self.entry.document(),
            *(["revokes"] if self.revokes else []),
        ]


@dataclass(frozen=True)
class Plan:
    """What an apply does to each profile, and the digests of all templates.

    `gone` are profiles that a prune would remove but that no longer exist, so the ledger forgets them. `carried_out`
    are the digests of the templates that the plan carries out, and `folders` the folders that it carries out
    completely: with `--only`, it approves no others. `for_other_machines` are paths of templates. `prunable` are the
    profiles that `--prune` would remove.
    """

    profiles: list[ProfilePlan]
    for_other_machines: list[str]
    digests: dict[str, str]
    gone: list[str]
    folders: list[str]
    carried_out: dict[str, str]
    prunable: list[str]

    @cached_property
    def counts(self) -> Counter[Action]:
        return Counter(profile.action for profile in self.profiles)

    @property
    def is_pending(self) -> bool:
        """Whether an apply has something to do that it can do without asking."""
        return len(self.profiles) != self.counts[Action.UNCHANGED]

    @property
    def kept_edits(self) -> int:
        """How many local edits win over the templates: of fields, and of profiles without a template now."""
        changes = [change for profile in self.profiles for change in profile.changes]
        profiles = [one for one in self.profiles if one.action == Action.UNCHANGED and one.reasons]
        return sum(change.kind == ChangeKind.KEPT for change in changes) + len(profiles)

    @property
    def conflicts(self) -> list[ProfilePlan]:
        return [profile for profile in self.profiles if profile.action == Action.CONFLICT]

    @property
    def needing_tokens(self) -> list[ProfilePlan]:
        return [profile for profile in self.profiles if profile.needs_token]

    @property
    def reads(self) -> dict[str, set[str]]:
        """The origins that each token reference (`env NAME`) on this machine is sent to."""
        reads: dict[str, set[str]] = {}
        for profile in self.profiles:
            source = profile.token.source
            reference = profile.own_reference if source is None else source.reference
            if reference:
                reads.setdefault(reference, set()).update([profile.origin] if profile.origin else [])
        return reads

    @property
    def origins(self) -> list[str]:
        """The origins that tokens are sent to."""
        return sorted({profile.origin for profile in self.profiles if profile.origin})

    @property
    def revokes(self) -> list[str]:
        """The profiles of the old tokens that are revoked."""
        return [profile.name for profile in self.profiles if profile.revokes]

    @property
    def routes(self) -> list[tuple[str, str]]:
        """The proxies and certificate files that templates set, each as setting and value."""
        changes = [change for profile in self.profiles for change in profile.changes]
        return sorted({(change.name, str(change.new)) for change in changes if change.name in ROUTES and change.new})

    def digest(self) -> str:
        """A hash that changes when the plan changes, because of its templates or of this machine."""
        parts = [profile.digest_input() for profile in self.profiles]
        return hashlib.sha256(canonical([parts, self.digests, self.gone]).encode()).hexdigest()
