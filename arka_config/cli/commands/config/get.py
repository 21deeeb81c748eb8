"""`config get`: print the value of one setting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.input.options import show_token_option
from arka_config.cli.output import terminal
from arka_config.cli.output.format import value_document, value_text
from arka_config.cli.runtime import words
from arka_config.cli.runtime.command import command
from arka_config.errors import ConfigError, UsageError
from arka_config.secret import Secret
from arka_config.text import did_you_mean, shorten

if TYPE_CHECKING:
    from arka_config.cli.output.documents.profiles import SettingDocument
    from arka_config.cli.runtime.session import Session


@command()
@click.argument("key", type=words.SETTING_NAME)
@show_token_option
def get(session: Session, key: str, show_token: bool) -> None:
    """Print the value of a setting.

    Exits with 1 if the setting has no value. To pass the token to another program, use `{app} token`.
    """
    settings, resolution = session.settings()
    leaves = settings.leaves()
    if key == "profile":
        resolved = resolution.profile.choice
    elif key in leaves:
        resolved = resolution.resolve(leaves[key].field)
    else:
        known = ["profile", *leaves]
        raise UsageError(
            f"there is no setting '{shorten(key, 80)}'",
            hint=did_you_mean(key, known) or f"the settings are {', '.join(known)}",
        )
    if resolved is None or resolved.value is None:
        raise ConfigError(f"{key} is not set", hint=f"{session.app.name} config show")
    if show_token and resolved.field.secret and resolved.field != session.app.token_field:
        raise UsageError(f"{key} is a secret; only the token can be shown", hint="leave --show-token out")
    if show_token and isinstance(resolved.value, Secret):
        resolved.value.reveal()  # raises TokenUnavailable and InvalidToken: there is nothing to show
    text = value_text(session, resolved, show_token=show_token)
    if session.json:
        value = value_document(session, resolved, show_token=show_token, leaf=leaves.get(key))
        assert value is not None, "a setting without a value is an error above"
        document: SettingDocument = {"name": key, **value}
        session.show_json(document, reveal=show_token)
    else:
        terminal.out(text if show_token else session.app.redact(text))
