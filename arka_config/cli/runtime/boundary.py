"""Where our errors leave for a click whose `main` is the author's own."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from arka_config.cli.output import terminal
from arka_config.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arka_config.app import App


class Told(click.ClickException):
    """A ConfigError on its way through click, which shows it as the commands do and ends with its exit code. `error`
    is the one."""

    def __init__(self, app: App, error: ConfigError) -> None:
        super().__init__(app.redacted(error.message))
        self.app = app
        self.error = error
        self.exit_code = error.exit_code  # type: ignore[misc]  # click reads it of the instance

    def show(self, file: object = None) -> None:
        """The message and the hint, on stderr."""
        with terminal.AppOutput(self.app):
            terminal.show_error(self.error)


@contextmanager
def boundary(app: App) -> Iterator[None]:
    """Has an app speak, and what it raises become click's. Raises Told."""
    told = None
    with terminal.AppOutput(app):
        try:
            yield
        except ConfigError as error:
            told = Told(app, error)
    if told is not None:  # outside of the handler, so that no traceback shows what that error was careful not to
        raise told
