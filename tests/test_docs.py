"""The documentation: its commands run, its links resolve, and every command is described."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from arka_config.arka import app
from arka_config.cli.runtime.command_tree import program
from tests.cli.program import every_command
from tests.pages import ROOT, Home, read_blocks, run_page

PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "profiles" / "README.md",
    ROOT / "examples" / "ansible" / "README.md",
]
COMMON = {"-p", "--profile", "--json", "--no-input", "--debug", "--api-key", "--token", "--api-url", "--help"}


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_page_examples_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_page(page, Home(tmp_path, monkeypatch))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_page_has_commands_only_in_console_blocks(page: Path) -> None:
    shown = re.compile(r"^\$ ", re.MULTILINE)
    assert [block for block in read_blocks(page) if block.kind != "console" and shown.search(block.text)] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_toml_blocks_are_valid(page: Path) -> None:
    for block in read_blocks(page):
        if block.kind == "toml":
            tomllib.loads(block.text)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_between_pages_resolve(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    targets = [target for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    assert [target for target in targets if not link_exists(page, target)] == []


def link_exists(page: Path, target: str) -> bool:
    """Whether a link's file exists, and its heading if the link names one."""
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    return file.exists() and (not anchor or anchor in anchors(file))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub generates them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def sections() -> dict[str, str]:
    """The text below each heading of docs/reference/commands.md."""
    text = (ROOT / "docs" / "reference" / "commands.md").read_text("utf-8")
    parts = re.split(r"^#+ (.*)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_command_and_option_is_in_the_reference() -> None:
    known = sections()
    commands = dict(every_command(program(app)))
    assert [name for name in commands if f"`arka {name}`" not in known] == [], "commands.md: add a heading"
    missing = [
        f"arka {name} {option}"
        for name, command in commands.items()
        for parameter in command.params
        for option in (*parameter.opts, *parameter.secondary_opts)
        if option.startswith("-") and option not in COMMON and f"`{option}" not in known[f"`arka {name}`"]
    ]
    assert missing == [], "commands.md: add the options"


def test_common_options_are_described_once() -> None:
    text = sections()["Options of every command"]
    options = {option for parameter in program(app).params for option in parameter.opts} | COMMON
    assert [option for option in sorted(options) if f"`{option}" not in text] == []


def test_every_heading_names_an_existing_command() -> None:
    commands = {f"`arka {name}`" for name, _ in every_command(program(app))}
    assert {heading for heading in sections() if heading.startswith("`arka ")} == commands


def test_demo_picture_loads_nothing_from_the_network() -> None:
    picture = (ROOT / "docs" / "pictures" / "demo.svg").read_text("utf-8")
    assert "@font-face" not in picture
    assert re.findall(r"(?:url\(|href=)[\"']?(?!#)[^)\"'\s]*:", picture) == []
