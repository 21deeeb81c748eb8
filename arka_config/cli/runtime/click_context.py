"""What a click context says about a run: its session, its app, and the words that run the program.

The module of sessions is imported on first use, because a help page needs none.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from arka_config.app_identity import AppIdentity

if TYPE_CHECKING:
    import click

    from arka_config.cli.runtime.session import Session


def attach_session(context: click.Context, session: Session) -> None:
    """Use a session that exists already for the run that a context belongs to."""
    context.find_root().meta.setdefault(__name__, {})[session.app] = session


def current_session(context: click.Context, app: AppIdentity | None = None) -> Session:
    """The session of an app in the run that a context belongs to, created on first use.

    The default app is the one of the context's command. Two apps in one program have a session each. `ctx.obj` stays
    the author's.
    """
    app = app or app_of(context)
    sessions: dict[AppIdentity, Session] = context.find_root().meta.setdefault(__name__, {})
    if app not in sessions:
        from arka_config.cli.runtime.session import Session

        sessions[app] = Session(app, os.environ)
    return sessions[app]


def app_of(context: click.Context) -> AppIdentity:
    """The app of the nearest command of ours, from the context upwards. Raises LookupError without one."""
    at: click.Context | None = context
    while at is not None:
        if isinstance(app := getattr(at.command, "app", None), AppIdentity):
            return app
        at = at.parent
    raise LookupError(f"'{context.command_path}' was not added by an App")


def program_of(context: click.Context) -> str:
    """The words that run the program: `arka`, or `corp weather` if a command of ours is below another program's."""
    return program_context(context).command_path


def program_context(context: click.Context) -> click.Context:
    """The context of the group that the app's commands were added to."""
    while context.parent is not None and isinstance(getattr(context.command, "app", None), AppIdentity):
        context = context.parent
    return context
