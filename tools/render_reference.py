"""Write the manual pages man/*.1 from the help of the commands: `make docs`."""

from __future__ import annotations

from pathlib import Path

from arka_config.arka import app
from arka_config.cli.reference.man_pages import write_pages
from arka_config.cli.runtime.command_tree import program
from arka_config.cli.runtime.versions import toolkit_version

FOLDER = Path(__file__).parents[1] / "man"


def main() -> None:
    """Write every page, and remove those of commands that no longer exist."""
    pages = write_pages(app, program(app), toolkit_version())
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.1"):
        if path.name not in pages:
            path.unlink()
    for name, text in pages.items():
        (FOLDER / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
