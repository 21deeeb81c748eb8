"""`version`: the version of the program, for people and for bug reports."""

from __future__ import annotations

import platform
import sys
from typing import TYPE_CHECKING

import click

from arka_config.cli.runtime.click_context import program_of
from arka_config.cli.runtime.command import command

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session

if TYPE_CHECKING:
    from arka_config.cli.output.documents.machine import VersionDocument


@command()
def version(session: Session) -> None:
    """Print the version.

    `--json` adds the versions of Python and of the toolkit that the program is built on.
    """
    from arka_config import versions

    program = program_of(click.get_current_context())
    document: VersionDocument = {
        "name": program,
        "version": versions.app_version(session.app),
        "toolkit": versions.toolkit_version(),
        "python": platform.python_version(),
        "platform": sys.platform,
    }
    session.show(document, versions.version_line(session.app, program))
