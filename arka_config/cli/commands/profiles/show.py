"""`profiles show`: show the contents of one profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.output import tables
from arka_config.cli.output.format import (
    HIDDEN,
    NOT_CHECKED,
    expiry_cell,
    token_cell,
    token_document,
    value_literal,
    visible_settings,
)
from arka_config.cli.runtime.command import ProfileName, command
from arka_config.store.tokens import PLAIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from arka_config.cli.output.documents.profiles import ProfileDocument
    from arka_config.cli.output.tables import Cell
    from arka_config.cli.runtime.session import Session
    from arka_config.store.profiles import Profile
    from arka_config.store.tokens import Credential


@command()
@click.argument("name", required=False, type=ProfileName())
def show(session: Session, name: str | None) -> None:
    """Show a profile; without a name, the effective one.

    `{app} config show` shows the effective values, which other layers can override.
    """
    name = session.profile_name(name)
    store = session.store
    profile, credential = store.profiles.read(name), store.tokens.read(name)
    # Finding them takes longer the more profiles there are.
    secrets = store.secrets.fields(name) if session.app.may_have_secrets else []
    if session.json:
        session.show_json(_document(session, profile, credential, secrets))
    else:
        tables.show((name.upper(), "VALUE", "FILE"), _rows(session, profile, credential, secrets))


def _document(
    session: Session, profile: Profile, credential: Credential | None, secrets: Sequence[str]
) -> ProfileDocument:
    records = session.store.secrets
    return {
        "name": profile.name,
        "path": profile.path,
        "description": profile.description or None,
        "api_url": profile.api_url or None,
        "token": token_document(session, profile, credential),
        "settings": visible_settings(session, profile.settings),
        "secrets": [{"name": field, "storage": records.read_storage(profile.name, field)} for field in secrets],
    }


def _rows(
    session: Session, profile: Profile, credential: Credential | None, secrets: Sequence[str]
) -> Iterator[tuple[Cell, ...]]:
    store, none = session.store, ("—", "dim")
    profile_path = session.short_path(profile.path) if profile.is_on_disk else ""
    token_path = session.short_path(store.tokens.path(profile.name)) if credential else ""
    yield "description", profile.description or none, profile_path
    yield "api_url", profile.api_url or none, ""
    yield "token", token_cell(session, profile, credential), token_path
    if profile.reference is not None:
        yield "expires", (NOT_CHECKED, "dim"), ""
    elif credential is not None:
        if credential.storage != PLAIN:
            yield "storage", credential.storage, ""
        yield "origin", str(credential.origin), ""
        yield "label", credential.label or none, ""
        yield "user", credential.user or none, ""
        yield "created", credential.created or none, ""
        yield "expires", expiry_cell(session, credential), ""
    for key, value in _flat(visible_settings(session, profile.settings), ""):
        yield key, value, ""
    for field in secrets:
        yield field, HIDDEN, session.short_path(store.secrets.path(profile.name, field))


def _flat(table: Mapping[str, object], within: str) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{within}{key}.")
        else:
            yield f"{within}{key}", value_literal(value)
