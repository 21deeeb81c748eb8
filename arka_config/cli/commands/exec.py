"""`exec`: run a command with the token in its environment, in place of this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.input.options import strict_expiry_option
from arka_config.cli.runtime import exec_process, words
from arka_config.cli.runtime.command import command

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session


@command(name="exec", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@strict_expiry_option
@click.argument("words", metavar="-- COMMAND…", nargs=-1, required=True, type=words.ANOTHER_COMMAND)
def exec_(session: Session, words: tuple[str, ...], strict_expiry: bool) -> None:
    """Run a command with the token in its environment.

    The command gets the token, its URL and the profile's name as environment variables, and no other secret of
    {app}. It replaces this process, so it receives all signals and its exit code is returned.

    \b
    {app} exec -p ci -- make deploy
    """
    exec_process.run(session, words, strict_expiry=strict_expiry)
