"""Write the man pages of a program, for its package: `python -m arka_config.man acme.cli:cli man`.

The program is named as in `app.main("acme.cli:cli")`: a click group or a Typer that has an app's commands, or an App if
there are no others. A page for each command goes to `man/man1`, and one about the settings to `man/man5`.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arka_config.app_identity import AppIdentity
from arka_config.errors import ConfigError, UsageError
from arka_config.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    import click


def write(program: str, folder: str) -> list[str]:
    """Write the pages of the program with this import string below a folder. Return their paths.

    Raises ConfigError if there is no such program.
    """
    from arka_config.cli.reference.man_pages import write_pages
    from arka_config.versions import app_version

    app, group = _load(program)
    pages = {f"man1/{name}": text for name, text in write_pages(app, group, app_version(app) or "").items()}
    if app.settings is not None:
        from arka_config.app import App

        assert isinstance(app, App)
        pages[f"man5/{app.name}-settings.5"] = app.settings_reference("man")
    paths = [Path(folder, name) for name in pages]
    for path, text in zip(paths, pages.values(), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return list(map(str, paths))


def _load(program: str) -> tuple[AppIdentity, click.Group]:
    from arka_config.cli.runtime import command_tree

    module, _, name = program.partition(":")
    if not name:
        raise UsageError(f"'{visible(program)}' is not an import string", hint="acme.cli:cli")
    try:
        found: Any = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"'{visible(program)}' cannot be imported: {visible(str(error))}") from None
    if isinstance(found, AppIdentity):
        return found, command_tree.program(found)
    group = _typer_group(found) if hasattr(found, "registered_commands") else found
    app = next(_apps(group), None) if hasattr(group, "commands") else None
    if app is None:
        raise ConfigError(
            f"'{visible(program)}' is not a click group or a Typer with an app's commands, nor an App",
            hint="call app.add_commands(cli), or name the App",
        )
    return app, group


def _typer_group(cli: Any) -> click.Group:
    """Return a Typer's group, with the app's commands in place of those that forward to them."""
    import click
    from typer.main import get_command

    from arka_config.cli.runtime import command_tree

    of_typer: Any = get_command(cli)
    app = next(_apps(of_typer), None)
    own = {command.name: command for command in command_tree.commands(app)} if app is not None else {}
    commands = {
        name: own.get(name, each) if _app_of(each) is not None else each for name, each in of_typer.commands.items()
    }
    return click.Group(of_typer.name, commands, params=of_typer.params, help=of_typer.help)


def _apps(group: Any) -> Iterator[AppIdentity]:
    return filter(None, map(_app_of, group.commands.values()))


def _app_of(command: Any) -> AppIdentity | None:
    """The app whose command this is; None for one of the author's."""
    found = getattr(command, "app", None) or getattr(command.callback, "app", None)
    return found if isinstance(found, AppIdentity) else None


def main() -> int:
    """Run the command line and return the exit code."""
    from arka_config.cli.output import terminal
    from arka_config.cli.runtime.reporting import report_error

    parser = argparse.ArgumentParser("python -m arka_config.man", description="Write the man pages of a program.")
    parser.add_argument("program", metavar="PROGRAM", help="the import string of a click group, a Typer or an App")
    parser.add_argument("folder", metavar="FOLDER", help="where man1/ and man5/ are written")
    given = parser.parse_args()
    sys.path.insert(0, os.getcwd())
    try:
        paths = write(given.program, given.folder)
    except ConfigError as error:
        return report_error(error)
    terminal.say(f"Wrote {len(paths)} pages to {given.folder}", mark="✓")
    return 0


if __name__ == "__main__":
    sys.exit(main())
