"""Remembering: what the ledger says once a plan has been carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.templates.ledger import Entry, Ledger, plain
from arka_config.templates.plan import CREATE, KEPT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arka_config.templates.desired import Desired
    from arka_config.templates.ledger import StoredToken
    from arka_config.templates.plan import Plan, ProfilePlan


def ledger_after(plan: Plan, ledger: Ledger, stored: Mapping[str, StoredToken]) -> Ledger:
    """The ledger once the plan has been carried out, with the tokens that were stored by profile name."""
    entries = {name: entry for name, entry in ledger.entries.items() if name not in plan.gone}
    for one in plan.profiles:
        if one.desired is None:
            entries.pop(one.name, None)
        else:
            entries[one.name] = _entry_after(one, one.desired, stored.get(one.name))
    return Ledger(entries)


def _entry_after(one: ProfilePlan, desired: Desired, stored: StoredToken | None) -> Entry:
    kept = {change.name: plain(change.new) for change in one.changes if change.kind == KEPT}
    return Entry(
        folder=one.folder,
        template=desired.template.text.name,
        created=one.entry.created if one.entry else one.action == CREATE,
        fields={name: plain(value) for name, value in sorted(desired.fields.items()) if name not in kept},
        kept=dict(sorted(kept.items())),
        token=stored or _token_after(one),
    )


def _token_after(one: ProfilePlan) -> StoredToken | None:
    """What the ledger goes on saying of a token that the plan does not store."""
    token = one.entry.token if one.entry is not None else None
    if token is None or one.token.step not in ("keep", "none", "replace"):
        return None
    source = one.token.source
    if one.token.step == "replace" or source is None or source.kind == "prompt":
        return token  # still the old one
    return token._replace(source=source.identifier)
