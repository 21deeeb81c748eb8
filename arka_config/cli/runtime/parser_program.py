"""Run a program whose command line an ArgumentParser of the author parses."""

from __future__ import annotations

import argparse
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from arka_config.cli.output import terminal
from arka_config.cli.runtime.asynchronous import finish
from arka_config.errors import EXIT_USAGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arka_config.app_identity import AppIdentity


def run_parser(app: AppIdentity, parser: argparse.ArgumentParser, arguments: Sequence[str]) -> int:
    """Parse a command line, call the `func` of the subparser that it names, and return the exit code."""
    _add_version(app, parser)
    try:
        namespace = parser.parse_args(list(arguments))
        function = getattr(namespace, "func", None)
        if function is None:
            parser.print_help()
            return EXIT_USAGE
        result = finish(function(namespace))
    except SystemExit as ended:
        if isinstance(ended.code, str):
            terminal.say(ended.code)
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return result if isinstance(result, int) else 0


def _add_version(app: AppIdentity, parser: argparse.ArgumentParser) -> None:
    """Add `-V` and `--version`, unless the author's own options have these names."""

    class Print(argparse.Action):
        """Print the version and exit."""

        def __call__(
            self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
        ) -> None:
            from arka_config.versions import version_line

            terminal.out(version_line(app, app.name))
            parser.exit()

    for names in (("-V", "--version"), ("--version",)):
        with suppress(argparse.ArgumentError):
            group = parser.add_argument_group(conflict_handler="error")
            group.add_argument(*names, action=Print, nargs=0, default=argparse.SUPPRESS, help="print the version")
            return
