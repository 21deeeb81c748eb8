"""`version`: the version of the program, for people and for bug reports."""

from __future__ import annotations

import platform
import sys

import click

from arka_config import versions
from arka_config.cli.runtime.command import Session, command
from arka_config.cli.runtime.session import program_of


@command()
def version(session: Session) -> None:
    """Print the version.

    `--json` adds the versions of Python and of the toolkit that the program is built on.
    """
    program = program_of(click.get_current_context())
    document = {
        "name": program,
        "version": versions.app_version(session.app),
        "toolkit": versions.toolkit_version(),
        "python": platform.python_version(),
        "platform": sys.platform,
    }
    session.show(document, versions.version_line(session.app, program))
