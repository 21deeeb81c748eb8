"""Planning a token: whether the one that is there stays, and whether an apply stores one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.precedence.origin import Origin
from arka_config.templates.plan import TokenPlan

if TYPE_CHECKING:
    from arka_config.templates.actual import Actual
    from arka_config.templates.desired import Desired
    from arka_config.templates.ledger import Entry
    from arka_config.templates.options import Options


def token_step(one: Desired, found: Actual, entry: Entry | None, default_url: str | None) -> str:
    """What becomes of the token of a profile whose template brings one: `keep`, `store`, `replace` or `conflict`."""
    assert one.token is not None
    held, stored = found.held, entry.token if entry else None
    if held is None:
        return "store"
    is_ours = stored is not None and (held.created, held.origin) == (stored.created, stored.origin)
    if held.origin == origin_of(one, default_url):
        is_as_it_was = stored is None or stored.source == one.token.identifier or one.token.kind == "prompt"
        if is_as_it_was:
            return "keep"
    return "replace" if is_ours else "conflict"


def origin_of(one: Desired, default_url: str | None) -> str | None:
    """The origin that the profile's token goes to."""
    url = one.api_url or default_url
    return None if url is None else str(Origin.of(url))


def planned_token(
    one: Desired, found: Actual, entry: Entry | None, options: Options, default_url: str | None, lacking: str
) -> TokenPlan:
    """What becomes of a profile's token. `lacking` says why the template's cannot be had now."""
    if one.token is None:
        return TokenPlan("conflict" if _is_repointed(one, found, default_url) else "none")
    if not one.token.is_stored:
        return TokenPlan("reference", one.token, lacking)
    step = token_step(one, found, entry, default_url)
    is_usable = found.held is not None and found.held.origin == origin_of(one, default_url)
    if step == "conflict" and options.take == "template":
        step = "replace"
    elif step == "conflict" and options.take == "mine" and is_usable:
        step = "keep"
    is_new = step in ("store", "replace")
    return TokenPlan(step, one.token, lacking if is_new else "", has_old=step == "replace" and is_usable)


def _is_repointed(one: Desired, found: Actual, default_url: str | None) -> bool:
    """Whether the template, which brings no token, moves the profile away from under the one that it has."""
    if one.api_url is None or found.held is None or "token" in found.fields:
        return False
    return found.held.origin != origin_of(one, default_url)
