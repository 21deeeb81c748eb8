"""`import legacy`: import the Node CLI's token into a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from arka_config.cli.runtime import words
from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.legacy_import import import_token
from arka_config.precedence.profile import DEFAULT_PROFILE

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session


@command()
@click.option("--key", metavar="NAME", help="The key that holds the token, such as `auth.apiKey`, if several do.")
@click.option(
    "--input", "-i", "source", metavar="PATH", type=words.FILE, help="Read this file instead of the Node CLI's."
)
@click.option(
    "--api-url",
    metavar="URL",
    type=words.WORKSPACE_URL,
    help="The workspace that issued the token (default: the app's own).",
)
@click.option(
    "--delete/--keep", default=None, help="Delete the token from the file afterwards, or keep it (default: ask)."
)
@click.option(
    "--tighten/--no-tighten", default=None, help="Close the file to other users, or leave its mode (default: ask)."
)
@click.option("--force", is_flag=True, help="Replace a different token of the profile.")
def legacy(session: Session, /, **options: Any) -> None:
    """Import the token in the Node CLI's file into a profile.

    The profile is `--profile`, else `default`. The file does not say which workspace issued its token, so the default
    workspace is assumed unless `--api-url` names another. The token in the file is deleted only if you confirm it.
    """
    import_token(session, session.profile or DEFAULT_PROFILE, **options)
