"""What the user said of a plan, beside the templates that it is of."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Options(NamedTuple):
    """What the user said of the plan. `take` says who gives way in a conflict: nobody, the template, or `mine`."""

    only: tuple[str, ...] = ()
    prune: bool = False
    take: Literal["template", "mine"] | None = None
    adopt: bool = False
