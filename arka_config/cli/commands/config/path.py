"""`config path`: print the paths of the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.output import tables, terminal
from arka_config.cli.output.format import error_document
from arka_config.cli.runtime.command import command
from arka_config.exchange.env_paths import legacy_path
from arka_config.store.diagnosis import Diagnosis
from arka_config.text import is_profile_name

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session

_PLACES = ("config", "data", "state", "profile", "token", "legacy")


@command()
@click.argument("place", required=False, type=click.Choice(_PLACES))
def path(session: Session, place: str | None) -> None:
    """Print the paths of all files and folders, or of one.

    `profile` and `token` are the files of the effective profile, whether they exist or not; `legacy` is the Node CLI's
    file. If the profile does not exist, cannot be read, or contradicts the environment, an error follows the paths.
    """
    folders = session.store.folders
    places: dict[str, str] = {"config": folders.config, "data": folders.data, "state": folders.state}
    diagnosis = Diagnosis(session.resolution) if place in (None, "profile", "token") else None
    if diagnosis is not None and place is None:
        diagnosis.attempt(
            session.resolution.effective_token
        )  # the table shows two files that may contradict each other
    name = None if diagnosis is None else _selected_name(diagnosis)
    if name is not None:
        places |= {"profile": session.store.profiles.path(name), "token": session.store.tokens.path(name)}
    if session.app.legacy_project is not None:
        places["legacy"] = legacy_path(session.app.legacy_project, session.environ)
    if place is not None:
        if place not in places:
            session.profile_name(None)  # raises ConfigError
        places = {place: places[place]}
    error = None if diagnosis is None else diagnosis.error
    if session.json:
        session.show_json({**places, **({"error": error_document(session, error)} if error else {})})
    elif place is not None:
        terminal.out(places[place])
    else:
        tables.show(("PLACE", "PATH"), list(places.items()))
    if error is not None:
        raise error


def _selected_name(diagnosis: Diagnosis) -> str | None:
    """The name of the effective profile, which need not exist."""
    return next((name for choice in diagnosis.trace_choice()[:1] if is_profile_name(name := str(choice.value))), None)
