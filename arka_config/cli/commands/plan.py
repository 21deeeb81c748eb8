"""`plan`: show what an apply of templates would do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from arka_config.cli.input.options import follow_links_option
from arka_config.cli.output import terminal
from arka_config.cli.output.plan import PlanLines, conflict_hint, plan_document
from arka_config.cli.runtime import words
from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.plan_command import plan_options, prepare_plan
from arka_config.errors import EXIT_ERROR, EXIT_PENDING
from arka_config.store import files

if TYPE_CHECKING:
    from arka_config.cli.runtime.plan_command import PlanInput
    from arka_config.cli.runtime.session import Session


@command()
@plan_options
@click.option("--out", metavar="FILE", type=words.FILE, help="Save the plan to a file, for `apply FILE`.")
@follow_links_option
def plan(session: Session, given: PlanInput, diff: bool, out: str | None, follow_links: bool) -> int:
    """Show what an apply of templates would do.

    A PATH is a template, or a folder with templates (*.toml). Nothing is changed, run, or sent.
    The exit code is 0 if there is nothing to do, 3 if changes are pending, and 1 for an error or a conflict.

    \b
    + create   ~ change or adopt   - remove   = unchanged   ! conflict   ? no token
    """
    from arka_config.templates import plan_file

    if out is not None and not follow_links:
        files.refuse_link(out)
    result = prepare_plan(session, given).plan
    document = plan_document(result)
    if session.json:
        session.show_json(document)
    else:
        for line in PlanLines(session, result, sys.stdout).lines(diff=diff):
            terminal.out_report(line)
    if out is not None:
        saved = plan_file.SavedPlan(
            app=session.app.name,
            paths=list(given.paths),
            **given.options._asdict(),
            identities=list(given.identities),
            digest=result.digest(),
            plan=dict(document),
        )
        plan_file.write(session.store, out, saved, follow_links=follow_links)
        terminal.say(f"Wrote {session.with_tilde(out)}", mark="✓")
    if result.conflicts:
        terminal.show_hint(conflict_hint(result, session.app.name))
        return EXIT_ERROR
    return EXIT_PENDING if result.is_pending else 0
