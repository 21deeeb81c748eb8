"""Print the interface of this version as JSON: commands with their options, variables, exit codes, and Python names.

`record` runs this with the code of another version, so it may use only what every recorded version has.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

import arka_config
from arka_config import errors, testing
from arka_config.arka import app
from arka_config.cli.reference.document import write_markdown
from arka_config.cli.reference.topics import TOPICS
from arka_config.cli.runtime.command_tree import program

if TYPE_CHECKING:
    from collections.abc import Iterator


def interface() -> dict[str, Any]:
    """Return the interface."""
    variables = write_markdown(TOPICS["environment"].blocks(app)).split("`")
    kinds = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.ConfigError)]
    return {
        "commands": dict(commands(program(app), "")),
        "variables": sorted({each for each in variables if each.startswith(app.variable(""))}),
        "errors": {kind.__name__: kind.exit_code for kind in kinds},
        "names": {"arka_config": sorted(arka_config.__all__), "arka_config.testing": sorted(testing.__all__)},
    }


def commands(group: click.Group, within: str) -> Iterator[tuple[str, list[str]]]:
    """Yield every command with its options and arguments."""
    context = click.Context(group, info_name="arka")
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None, name
        command: Any = found.load() if hasattr(found, "load") else found
        if isinstance(command, click.Group):
            yield from commands(command, f"{within}{name} ")
        else:
            words = [option for each in command.params for option in (*each.opts, *each.secondary_opts)]
            yield f"{within}{name}", sorted(words)


if __name__ == "__main__":
    print(json.dumps(interface(), indent=1))  # noqa: T201  # `record` reads it
