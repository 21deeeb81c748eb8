"""What `plan` and `apply` share: their arguments and options, and how a plan is made from them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

import click

from arka_config.cli.output.progress import track
from arka_config.cli.runtime import words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Literal

    from arka_config.cli.runtime.session import Session
    from arka_config.templates.plan import Options
    from arka_config.templates.preparation import Prepared

_OPTIONS = [
    click.option(
        "--only",
        metavar="NAME",
        type=words.ProfileName(),
        multiple=True,
        help="Plan only this profile. Can be repeated.",
    ),
    click.option("--prune", is_flag=True, help="Remove profiles that an apply created, if their template is gone."),
    click.option("--take", type=click.Choice(["template", "mine"]), help="The side that wins in a conflict."),
    click.option("--adopt", is_flag=True, help="Take over existing profiles."),
    click.option("--diff", is_flag=True, help="Also show the changed lines of the files."),
    click.option(
        "--identity",
        "identities",
        metavar="PATH",
        type=words.FILE,
        multiple=True,
        help="An age or ssh identity for sealed tokens.",
    ),
]


class PlanInput(NamedTuple):
    """What a plan is made of: the paths of templates, the user's options, and the identities for sealed tokens."""

    paths: Sequence[str]
    options: Options
    identities: Sequence[str]


def plan_options(function: Callable[..., int]) -> Callable[..., int]:
    """Add the arguments and options that say what to plan. The command gets them as a PlanInput."""

    @functools.wraps(function)
    def with_input(
        session: Session,
        *,
        paths: Sequence[str],
        only: tuple[str, ...],
        prune: bool,
        take: Literal["template", "mine"] | None,
        adopt: bool,
        identities: Sequence[str],
        **more: Any,
    ) -> int:
        from arka_config.templates.plan import Options

        return function(session, PlanInput(paths, Options(only, prune, take, adopt), identities), **more)

    decorated: Callable[..., int] = with_input
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return click.argument("paths", metavar="PATH…", type=words.FILE, nargs=-1, required=True)(decorated)


def prepare_plan(session: Session, given: PlanInput) -> Prepared:
    """Read the templates and this machine's profiles, and make a plan."""
    from arka_config.templates.preparation import prepare

    return prepare(session.store, session.environ, given.paths, given.options, given.identities, track)
