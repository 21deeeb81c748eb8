"""A plan: what an apply would do, profile by profile and field by field, to be shown, saved and compared."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from arka_config.references.registry import describe
from arka_config.templates.ledger import canonical, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arka_config.templates.desired import Desired, TokenSource
    from arka_config.templates.ledger import Entry

# What becomes of a profile.
CREATE, CHANGE, ADOPT, REMOVE, UNCHANGED, CONFLICT = "create", "change", "adopt", "remove", "unchanged", "conflict"
ACTIONS = (CREATE, CHANGE, ADOPT, REMOVE, UNCHANGED, CONFLICT)

KEPT = "kept"  # a field in which the template has given way to this machine
ROUTES = ("settings.proxy", "settings.ca_bundle")  # settings that say which way a token travels, and whom to trust


class FieldChange(NamedTuple):
    """A field of a profile's file: its value on this machine, the template's, and what the last apply wrote.

    `kind` is `set`, `unset`, `change`, `kept` or `conflict`; None stands for no value. `default` is what is in force
    where the profile has none, and `place` the template's line.
    """

    name: str
    old: Any
    new: Any
    last: Any
    default: Any
    kind: str
    place: str

    @property
    def is_written(self) -> bool:
        return self.kind in ("set", "unset", "change")

    def document(self) -> dict[str, Any]:
        """The change as JSON has it."""
        values = {key: plain(getattr(self, key)) for key in ("old", "new", "last", "default")}
        return {"field": self.name, "kind": self.kind, **values, "layer": "profile", "place": self.place}


class TokenPlan(NamedTuple):
    """What becomes of a profile's token.

    `step` is `none` (the template brings none), `reference`, `keep`, `store`, `replace` or `conflict`. `lacking` says
    why it cannot be had now, and is empty where it can. `has_old` is whether another one is there, which goes to the
    same origin and is used until then.
    """

    step: str
    source: TokenSource | None = None
    lacking: str = ""
    has_old: bool = False

    @property
    def is_stored(self) -> bool:
        """Whether an apply puts a token into the store, where it can have it."""
        return self.step in ("store", "replace")

    @property
    def is_pending(self) -> bool:
        return self.is_stored and not self.lacking

    @property
    def is_asked_for(self) -> bool:
        return self.is_stored and self.source is not None and self.source.kind == "prompt"

    @property
    def state(self) -> str:
        """`set`, `missing`, `old`, `will ask`, or where it comes from. Never a part of the token."""
        if self.step in ("none", "conflict"):
            return self.step
        if self.is_asked_for:
            return "will ask"
        if self.lacking:
            return "old" if self.has_old else "missing"
        assert self.source is not None
        states = {"sealed": "sealed", "issue": "will be issued"}
        return "set" if self.step in ("keep", "reference") else states.get(self.source.kind, "will be copied")

    def document(self) -> dict[str, Any]:
        """What is known of the token as JSON has it."""
        return {
            "step": self.step,
            "state": self.state,
            "source": None if self.source is None else str(self.source),
            "identifier": None if self.source is None else self.source.identifier,
            "lacking": self.lacking or None,
        }


class ProfilePlan(NamedTuple):
    """What an apply would do to one profile. `reasons` say why it is a conflict, or why it is removed.

    `standing` is the reference in the profile's file, where the template brings no token and says where it goes.
    """

    name: str
    action: str
    changes: list[FieldChange]
    token: TokenPlan
    template: str
    folder: str
    path: str
    origin: str | None
    reasons: list[str]
    desired: Desired | None
    entry: Entry | None
    standing: str = ""

    @property
    def is_written(self) -> bool:
        """Whether an apply may have something to write into the profile's file."""
        return self.action in (CREATE, CHANGE, ADOPT)

    @property
    def needs_token(self) -> bool:
        """Whether the profile has no token, and gets none without being given one."""
        return bool(self.token.lacking) and not self.token.has_old and self.action != CONFLICT

    @property
    def moved_from(self) -> str | None:
        """The template in another folder that an apply made the profile of, where this one now takes it over."""
        if self.entry is None or self.desired is None or self.entry.folder == self.folder:
            return None
        return os.path.join(self.entry.folder, self.entry.template)

    @property
    def edits(self) -> dict[tuple[str, ...], Any]:
        """The values to set in the profile's file by path, and None for those to take out."""
        edits: dict[tuple[str, ...], Any] = {}
        for change in self.changes:
            if not change.is_written:
                continue
            if change.name == "token":
                edits |= {("token", str(kind)): None for kind in _kinds(change.old) - _kinds(change.new)}
                if change.new is not None:
                    kind, _, target = change.new.partition(" ")
                    edits["token", kind] = target
                elif change.old is not None:
                    edits["token",] = None  # no empty table is left behind
            else:
                edits[tuple(change.name.split("."))] = change.new
        return edits

    def document(self) -> dict[str, Any]:
        """The profile's part of the plan as JSON has it."""
        return {
            "profile": self.name,
            "action": self.action,
            "template": self.template,
            "moved_from": self.moved_from,
            "path": self.path,
            "origin": self.origin,
            "reasons": self.reasons,
            "changes": [change.document() for change in self.changes],
            "token": self.token.document(),
            "needs_token": self.needs_token,
        }


def _kinds(reference: str | None) -> set[str]:
    return set() if reference is None else {reference.partition(" ")[0]}


class Plan:
    """The profiles' parts by name, the templates that are for other machines, and the digests of all templates.

    `gone` are profiles that a prune would remove, had nobody done so: the ledger forgets them. `folders` are those
    that were read whole.
    """

    def __init__(
        self,
        profiles: list[ProfilePlan],
        elsewhere: list[str],
        digests: Mapping[str, str],
        gone: list[str],
        folders: list[str],
    ) -> None:
        self.folders = folders
        self.profiles = profiles
        self.gone = gone
        self.elsewhere = elsewhere
        self.digests = dict(digests)
        self.counts = Counter(one.action for one in profiles)

    @property
    def is_pending(self) -> bool:
        """Whether an apply has something to do that it can do without asking."""
        return len(self.profiles) != self.counts[UNCHANGED]

    @property
    def conflicts(self) -> list[ProfilePlan]:
        return [one for one in self.profiles if one.action == CONFLICT]

    @property
    def needing_tokens(self) -> list[ProfilePlan]:
        return [one for one in self.profiles if one.needs_token]

    @property
    def reads(self) -> dict[str, tuple[str, set[str]]]:
        """What is read on this machine, in words and with the origins that it goes to, by reference."""
        reads: dict[str, tuple[str, set[str]]] = {}
        for one in self.profiles:
            source = one.token.source
            reference = one.standing if source is None else source.reference
            if reference:
                kind, _, target = reference.partition(" ")
                _, origins = reads.setdefault(reference, (describe(kind, target), set()))
                origins |= {one.origin} if one.origin else set()
        return reads

    @property
    def origins(self) -> list[str]:
        """The origins that tokens go to."""
        return sorted({one.origin for one in self.profiles if one.origin})

    @property
    def routes(self) -> list[tuple[str, str]]:
        """The proxies and certificates that templates set, each as setting and value."""
        found = {(c.name, str(c.new)) for one in self.profiles for c in one.changes if c.name in ROUTES and c.new}
        return sorted(found)

    def document(self) -> dict[str, Any]:
        """All of the plan as JSON has it."""
        return {
            "summary": {action: self.counts[action] for action in ACTIONS} | {"needs_token": len(self.needing_tokens)},
            "pending": self.is_pending,
            "reads": [
                {"source": words, "reference": reference, "origins": sorted(origins)}
                for reference, (words, origins) in sorted(self.reads.items())
            ],
            "origins": self.origins,
            "routes": [{"setting": setting, "value": value} for setting, value in self.routes],
            "profiles": [one.document() for one in self.profiles],
            "elsewhere": self.elsewhere,
            "templates": self.digests,
        }

    def digest(self) -> str:
        """A text that is another one when the plan is another one: one of its templates, or this machine, moved on."""
        parts = []
        for one in self.profiles:
            document = one.document()
            del document["template"]  # how a file is called depends on the folder that it is called from
            document["changes"] = [change.document() | {"place": ""} for change in one.changes]
            if one.token.step == "reference":  # whether it leads somewhere today changes nothing of what is written
                document |= {"needs_token": False, "token": one.token._replace(lacking="").document()}
            parts.append([document, one.entry.document() if one.entry else None])
        return hashlib.sha256(canonical([parts, self.digests, self.gone]).encode()).hexdigest()
