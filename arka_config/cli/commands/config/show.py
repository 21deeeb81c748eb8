"""`config show`: every setting, its value and where it comes from, with overridden values and unused variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.input.options import show_token_option
from arka_config.cli.output import tables
from arka_config.cli.output.format import error_document, value_document, value_row
from arka_config.cli.runtime.command import command
from arka_config.errors import ConfigError, SettingsError
from arka_config.store.diagnosis import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arka_config.cli.output.documents.profiles import SettingsDocument
    from arka_config.cli.output.documents.values import ResolvedValueDocument, TracedValueDocument
    from arka_config.cli.output.tables import Cell
    from arka_config.cli.runtime.session import Session
    from arka_config.precedence.values import ResolvedValue
    from arka_config.settings import ProfileSettings
    from arka_config.settings.fields import Leaf
    from arka_config.store.resolution import Resolution


@command()
@click.option("--sources", is_flag=True, help="Include overridden values, and variables that are set but not read.")
@show_token_option
def show(session: Session, sources: bool, show_token: bool) -> None:
    """Show every setting, its value and where it comes from.

    If something is wrong, such as an invalid value or a profile that does not exist, shows what is known, and then the
    error.
    """
    settings, resolution = session.settings()
    diagnosis = Diagnosis(resolution)
    diagnosis.attempt(lambda: session.store.preferences)
    traces = {
        "profile": diagnosis.trace_choice(),
        **{name: diagnosis.trace(leaf.field) for name, leaf in settings.leaves().items()},
    }
    unread = _unread(session) if sources else None
    diagnosis.attempt(lambda: _check(settings, resolution))
    if session.json:
        document = _document(session, traces, settings.leaves(), unread, show_token)
        document["error"] = error_document(session, diagnosis.error)
        session.show_json(document, reveal=show_token)
    else:
        rows = [row for name, trace in traces.items() for row in _rows(session, name, trace, sources, show_token)]
        rows += [((name, "dim"), ("not read", "red"), ("env", "yellow"), why) for name, why in (unread or {}).items()]
        tables.show(("SETTING", "VALUE", "LAYER", "PLACE"), rows, reveal=show_token)
    diagnosis.attempt(session.note_token_choice)
    if diagnosis.error is not None:
        raise diagnosis.error


def _check(settings: type[ProfileSettings], resolution: Resolution) -> None:
    try:
        settings.from_resolution(resolution)
    except SettingsError as error:
        raise SettingsError(error.problems, hint="correct or remove each of them at its place") from None


def _rows(
    session: Session, name: str, trace: list[ResolvedValue], sources: bool, show_token: bool
) -> list[tuple[Cell, ...]]:
    winner = trace[0] if trace else None
    others = [each for each in trace[1:] if each.value is not None]
    rows = [value_row(session, name, winner, show_token=show_token, style="bold" if name == "profile" else "")]
    for other in others if sources else ():
        _, value, layer, place = value_row(session, name, other, show_token=show_token)
        texts = [cell if isinstance(cell, str) else cell[0] for cell in (value, layer, place)]
        rows.append((("  overridden", "dim"), *((text, "dim") for text in texts)))
    return rows


def _document(
    session: Session,
    traces: Mapping[str, list[ResolvedValue]],
    leaves: Mapping[str, Leaf],
    unread: Mapping[str, str] | None,
    show_token: bool,
) -> SettingsDocument:
    settings: dict[str, ResolvedValueDocument | TracedValueDocument | None] = {}
    for name, trace in traces.items():
        values = (value_document(session, one, show_token=show_token, leaf=leaves.get(name)) for one in trace)
        documents = [document for document in values if document is not None]
        settings[name] = documents[0] if documents else None
        if documents and unread is not None:
            traced: TracedValueDocument = {**documents[0], "overridden": documents[1:]}
            settings[name] = traced
    return {"settings": settings} if unread is None else {"settings": settings, "not_read": dict(unread)}


def _unread(session: Session) -> dict[str, str]:
    """The app's variables that are set but not read, each with the reason."""
    from arka_config.settings.unused import unused_variables

    try:
        profile = session.resolution.profile.profile
    except ConfigError:  # shown below the table
        profile = None
    references = {profile.reference[1]} if profile is not None and profile.reference is not None else set()
    unused = unused_variables(session.app, session.environ, references)
    return {variable: each.reason for variable, each in unused.items()}
