"""`{hostname}`, `{user}` and `{os}` in a template's texts. Nothing else is expanded, and nothing from the environment:
a variable that a repository can quote is a variable that it can send somewhere (CVE-2026-101043, pnpm)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from arka_config.text import did_you_mean, suggest_profile_name, visible

if TYPE_CHECKING:
    from arka_config.templates.facts import Facts

_PLACE = re.compile(r"\{([^{}]*)\}")


def expanded(text: str, facts: Facts, *, as_name: bool = False) -> str:
    """The text with the machine's facts in it. Raises ValueError, for an unknown one and for one that is empty.

    As part of a profile's name a fact is written as names are: `Build_01.example.com` is `build_01-example-com`.
    """

    def value(match: re.Match[str]) -> str:
        known = facts._asdict()
        fact = match[1]
        if fact not in known:
            near = did_you_mean(fact, known)
            raise ValueError(
                f"nothing is known as {{{visible(fact[:40])}}}: only {{hostname}}, {{user}} and {{os}} are expanded"
                + (f"; {near}" if near else "")
            )
        if not known[fact]:
            raise ValueError(f"this machine has no {fact}, and {{{fact}}} stands for it")
        return suggest_profile_name(known[fact]) if as_name else known[fact]

    return _PLACE.sub(value, text)
