"""`profiles set`: set values in a profile, validated by the settings class."""

from __future__ import annotations

import click

from arka_config.cli.runtime import words
from arka_config.cli.runtime.command import ProfileName, Session, command


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
    from arka_config.settings.assignments import assignments, check_together, without_old_names

    session.check_not_two(name)
    assigned = assignments(session.app, values)
    check_together(session.store, name, assigned, session.environ)
    settings = session.store.profiles.read(name).settings
    changed = session.store.edit(name, without_old_names(session.app, assigned, settings))
    session.report(
        {"profile": name, "changed": changed},
        f"Changed profile '{name}'" if changed else f"Profile '{name}' already has these values",
    )
