"""`config path`: print the paths of the files."""

from __future__ import annotations

import click

from arka_config.cli.output import tables, terminal
from arka_config.cli.runtime.command import Session, command
from arka_config.exchange.env_paths import legacy_path

_PLACES = ("config", "data", "state", "profile", "token", "legacy")


@command()
@click.argument("place", required=False, type=click.Choice(_PLACES))
def path(session: Session, place: str | None) -> None:
    """Print the paths of all files and folders, or of one.

    `profile` and `token` are the files of the effective profile, whether they exist or not; `legacy` is the Node CLI's
    file.
    """
    folders = session.store.folders
    places: dict[str, str] = {"config": folders.config, "data": folders.data, "state": folders.state}
    name = session.resolution.name if place in (None, "profile", "token") else None
    if name is not None:
        places |= {"profile": session.store.profiles.path(name), "token": session.store.tokens.path(name)}
    if session.app.legacy_project is not None:
        places["legacy"] = legacy_path(session.app.legacy_project, session.environ)
    if place is not None:
        if place not in places:
            session.profile_name(None)
        places = {place: places[place]}
    if session.json:
        session.show_json(places)
    elif place is not None:
        terminal.out(places[place])
    else:
        tables.show(("PLACE", "PATH"), list(places.items()))
