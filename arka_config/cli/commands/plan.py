"""`plan`: what an apply of templates would do to this machine's profiles."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from arka_config.cli.output import terminal
from arka_config.cli.output.format import hide_passwords
from arka_config.cli.output.plan_lines import PlanLines, ways_out
from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.planned import plan_options, prepare
from arka_config.errors import EXIT_ERROR, EXIT_PENDING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arka_config.cli.runtime.session import Session


@command()
@plan_options
@click.option("--out", metavar="FILE", help="Keep the plan in a file, for `apply FILE`.")
def plan(
    session: Session,
    paths: Sequence[str],
    only: tuple[str, ...],
    prune: bool,
    take: str | None,
    adopt: bool,
    diff: bool,
    identities: Sequence[str],
    out: str | None,
) -> int:
    """Show what an apply of templates would do.

    Templates are files, or the *.toml directly in a folder. Nothing is changed, nothing is run, and nothing is sent.
    The exit code is 0 where nothing is to be done, 3 where changes are pending, 1 on an error or a conflict.

    \b
    + create   ~ change or adopt   - remove   = unchanged   ! conflict   ? no token
    """
    from arka_config.templates import plan_file
    from arka_config.templates.options import Options

    options = Options(only, prune, take, adopt)  # type: ignore[arg-type]  # click has checked the choice
    made = prepare(session, paths, options, identities).plan
    document = hide_passwords(made.document())
    if session.json:
        session.show_json(document)
    else:
        for line in PlanLines(session, made, sys.stdout).all(diff=diff):
            terminal.out(line)
    if out is not None:
        plan_file.write(session.store, out, plan_file.SavedPlan(paths, options, identities, made.digest()), document)
        terminal.say(f"Wrote {session.with_tilde(out)}", mark="✓")
    if made.conflicts:
        terminal.show_hint(ways_out(made, session.app.name))
        return EXIT_ERROR
    return EXIT_PENDING if made.is_pending else 0
