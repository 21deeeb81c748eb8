"""Run a program whose command line an ArgumentParser of the author parses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.cli.output import terminal
from arka_config.cli.runtime.asynchronous import finish
from arka_config.errors import EXIT_USAGE

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Sequence


def run_parser(parser: ArgumentParser, arguments: Sequence[str]) -> int:
    """Parse a command line, call the `func` of the subparser that it names, and return the exit code."""
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
