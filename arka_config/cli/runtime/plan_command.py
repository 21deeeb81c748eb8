"""What `plan` and `apply` share: their arguments and options, and how a plan is made from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from arka_config.cli.output.progress import track
from arka_config.cli.runtime import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TypeVar

    from arka_config.cli.runtime.session import Session
    from arka_config.templates.plan import Options
    from arka_config.templates.preparation import Prepared

    F = TypeVar("F", bound=Callable[..., object])

_MIN_ITEMS = 50  # below that, the work is done before a bar is drawn
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


def plan_options(function: F) -> F:
    """Add the arguments and options that say what to plan."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return click.argument("paths", metavar="PATH…", type=words.FILE, nargs=-1, required=True)(function)


def prepare_plan(session: Session, paths: Sequence[str], options: Options, identities: Sequence[str]) -> Prepared:
    """Read the templates and this machine's profiles, and make a plan."""
    from arka_config.templates.preparation import prepare

    return prepare(session.store, session.environ, paths, options, identities, show_progress)


def show_progress(items: Sequence[Any], label: str) -> Iterable[Any]:
    """Return the items, with a progress bar if there are many."""
    return track(items, label) if len(items) > _MIN_ITEMS else items
