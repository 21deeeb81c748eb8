"""`secrets list`: the secret settings of a profile, and which are stored. Never their values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.cli.output import tables, terminal
from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.secret_settings import describe_none, secret_leaves

if TYPE_CHECKING:
    from arka_config.cli.output.documents.profiles import ListedSecretDocument, SecretsDocument
    from arka_config.cli.output.tables import Cell
    from arka_config.cli.runtime.session import Session


@command(name="list")
def list_(session: Session) -> None:
    """List the secret settings of the effective profile, or that of `--profile`, and how each is stored.

    No value is shown or read, so nothing is unlocked.
    """
    leaves, records = secret_leaves(session.app), session.store.secrets
    if not leaves:
        if session.json:
            document: SecretsDocument = {"profile": None, "secrets": []}
            return session.show_json(document)
        return terminal.say(describe_none(session.app))
    profile = session.profile_name(None)
    names = [*leaves, *(field for field in records.fields(profile) if field not in leaves)]
    storages = {name: records.read_storage(profile, name) for name in names}
    variables = {name: leaf.field.variable for name, leaf in leaves.items()}
    if session.json:
        found: list[ListedSecretDocument] = [
            {"name": name, "storage": storage, "variable": variables.get(name)} for name, storage in storages.items()
        ]
        document = {"profile": profile, "secrets": found}
        return session.show_json(document)
    old = {old.name: f"now {leaf.field.name}" for leaf in leaves.values() for old in leaf.field.old}
    rows: list[tuple[Cell, ...]] = [
        (name, storage or ("—", "dim"), variables.get(name) or (old.get(name, "not a setting"), "yellow"))
        for name, storage in storages.items()
    ]
    tables.show(("SECRET", "STORAGE", "VARIABLE"), rows)
    return None
