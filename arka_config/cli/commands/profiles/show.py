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
    from collections.abc import Iterator, Mapping

    from arka_config.cli.output.tables import Cell
    from arka_config.cli.runtime.session import Session


@command()
@click.argument("name", required=False, type=ProfileName())
def show(session: Session, name: str | None) -> None:
    """Show a profile; without a name, the effective one.

    `{app} config show` shows the effective values, which other layers can override.
    """
    name = session.profile_name(name)
    store = session.store
    profile, credential = store.profiles.read(name), store.tokens.read(name)
    records = store.secrets
    # Finding them takes longer the more profiles there are.
    secrets = records.fields(name) if session.app.may_have_secrets else []
    if session.json:
        return session.show_json(
            {
                "name": name,
                "path": profile.path,
                "description": profile.description or None,
                "api_url": profile.api_url or None,
                "token": token_document(session, profile, credential),
                "settings": visible_settings(session, profile.settings),
                "secrets": [{"name": field, "storage": records.read_storage(name, field)} for field in secrets],
            }
        )
    none: Cell = ("—", "dim")
    rows: list[tuple[Cell, ...]] = [
        (
            "description",
            profile.description or none,
            session.short_path(profile.path) if profile.is_on_disk else "",
        ),
        ("api_url", profile.api_url or none, ""),
        (
            "token",
            token_cell(session, profile, credential),
            session.short_path(store.tokens.path(name)) if credential else "",
        ),
    ]
    if profile.reference is not None:
        rows.append(("expires", (NOT_CHECKED, "dim"), ""))
    elif credential is not None:
        rows += [
            *([("storage", credential.storage, "")] if credential.storage != PLAIN else []),
            ("origin", str(credential.origin), ""),
            ("label", credential.label or none, ""),
            ("user", credential.user or none, ""),
            ("created", credential.created or none, ""),
            ("expires", expiry_cell(session, credential), ""),
        ]
    rows += [(key, value, "") for key, value in _flat(visible_settings(session, profile.settings), "")]
    rows += [(field, HIDDEN, session.short_path(records.path(name, field))) for field in secrets]
    tables.show((name.upper(), "VALUE", "FILE"), rows)


def _flat(table: Mapping[str, object], within: str) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{within}{key}.")
        else:
            yield f"{within}{key}", value_literal(value)
