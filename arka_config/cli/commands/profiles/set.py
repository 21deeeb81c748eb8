"""`profiles set`: set values in a profile, validated by the settings class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.runtime import words
from arka_config.cli.runtime.command import ProfileName, command

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session

if TYPE_CHECKING:
    from arka_config.cli.output.documents.profiles import ChangedProfileDocument


@command(name="set")
@click.argument("name", type=ProfileName())
@click.argument("values", metavar="KEY=VALUE…", type=words.SETTING, nargs=-1, required=True)
def set_(session: Session, name: str, values: tuple[str, ...]) -> None:
    """Set values in a profile.

    A key is `description`, `api_url`, the name of a setting (`{app} config show` lists them), or a token reference:
    `token.env`, `token.file`, or `token.helper`, which names a command defined in config.toml. All values are checked
    before any is written, and comments in the file are kept.

    \b
    {app} profiles set work timeout=60 description="Work laptop"
    """
    from arka_config.settings.assignments import check_together, parse_assignments, without_old_names

    session.check_not_two(name)
    assigned = parse_assignments(session.app, values)
    store = session.store
    with store.lock:
        changes = without_old_names(session.app, assigned, store.profiles.read(name).settings)
        check_together(store, name, changes, session.environ)
        changed = store.edit(name, changes)
    document: ChangedProfileDocument = {"profile": name, "changed": changed}
    session.report(
        document,
        f"Changed profile '{name}'" if changed else f"Profile '{name}' already has these values",
    )
