"""`profiles remove`: remove a profile's settings and token."""

from __future__ import annotations

import click

from arka_config.cli.input.options import yes_option
from arka_config.cli.output import terminal
from arka_config.cli.runtime import legacy_copy, legacy_sync, workspace_access
from arka_config.cli.runtime.command import ProfileName, Session, command


@command()
@click.argument("name", type=ProfileName())
@yes_option
@click.option("--revoke", is_flag=True, help="Revoke the token at the workspace first; remove nothing if that fails.")
def remove(session: Session, name: str, yes: bool, revoke: bool) -> None:
    """Remove a profile and its token.

    The token keeps working until it is revoked: with `--revoke`, or with the trash icon on the tokens page.
    """
    store, app = session.store, session.app
    store.check_exists(name)
    had_token, origin = store.tokens.holds(name), store.read_origin(name)
    if not yes:
        what = " and its token, and revoke that" if had_token and revoke else " and its token" if had_token else ""
        session.confirm(f"Remove profile '{name}'{what}?", flag="--yes")
    revoked = workspace_access.revoke_before_removal(session, name) if had_token and revoke else ""
    was_active = store.selection.read_active()[0] == name
    copy = legacy_copy.find_copy(session, [name]) if had_token and not revoked else None
    unpinned = store.remove(name)
    legacy_sync.after_change(session)
    if session.json:
        session.show_json({"profile": name, "unpinned": unpinned})
    if revoked:
        terminal.say(revoked, mark="✓")
    terminal.say(f"Removed profile '{name}'", mark="✓")
    if had_token and not revoked:
        terminal.say(f"  Its token works until it is revoked: {app.page(app.tokens_page, origin)}")
    legacy_copy.report_or_remove(session, copy, remove=False)
    for directory in unpinned:
        terminal.say(f"  {session.with_tilde(directory)} is no longer pinned")
    if was_active:
        terminal.say(f"  No profile is active now; choose one with: {app.name} use NAME")
