"""Pruning: the profiles that an apply made and that no template describes any more, and what becomes of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.templates.ledger import same
from arka_config.templates.plan import CONFLICT, REMOVE, UNCHANGED, ProfilePlan, TokenPlan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arka_config.templates.actual import Actual
    from arka_config.templates.desired import DesiredSet
    from arka_config.templates.ledger import Entry, Ledger
    from arka_config.templates.options import Options


def prunable(wanted: DesiredSet, ledger: Ledger, options: Options) -> list[str]:
    """The profiles that an apply of the same folder made and that no template describes any more."""
    return sorted(
        name
        for name, entry in ledger.entries.items()
        if options.prune
        and entry.created
        and entry.folder in wanted.folders
        and name not in wanted.profiles
        and (name in options.only or not options.only)
    )


def removal(
    name: str, entry: Entry, found: Actual, options: Options, elsewhere: Mapping[tuple[str, str], str]
) -> ProfilePlan:
    """The removal of a profile; a conflict where a hand's work would be lost.

    `elsewhere` are the paths of templates for other machines, by folder and name.
    """
    template = elsewhere.get((entry.folder, entry.template))
    reasons = ["its template is gone" if template is None else "its template is for other machines"]
    action = REMOVE
    if by_hand := _by_hand(entry, found):
        action = {None: CONFLICT, "template": REMOVE, "mine": UNCHANGED}[options.take]
        reasons = [f"{by_hand}, and {reasons[0]}"]
    return ProfilePlan(
        name,
        action,
        [],
        TokenPlan("none"),
        template=template or entry.template,
        folder=entry.folder,
        path=found.path,
        origin=None,
        reasons=[] if action == UNCHANGED else reasons,
        desired=None,
        entry=entry,
    )


def _by_hand(entry: Entry, found: Actual) -> str:
    """What a hand has done to a profile since an apply wrote it, or an empty string."""
    fields = entry.fields
    is_changed = fields.keys() != found.fields.keys() or any(not same(found.fields[key], fields[key]) for key in fields)
    if entry.kept or is_changed:
        return "was changed by hand since the last apply"
    if found.held is not None and (entry.token is None or found.held.created != entry.token.created):
        return "has a token that was stored by hand"
    return ""
