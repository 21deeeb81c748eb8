"""The documentation: its commands run, its links resolve, and every command is described."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # its types are a package of their own

import arka_config
from arka_config import errors
from arka_config.arka import app
from arka_config.cli.runtime.command_tree import program
from tests.cli.program import every_command
from tests.guarantees.numbers import BOUNDED
from tests.pages import ROOT, Home, read_blocks, run_page
from tools import render_code_reference, render_json_reference, render_precedence

PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "profiles" / "README.md",
    ROOT / "examples" / "ansible" / "README.md",
]
COMMON = {"-p", "--profile", "--json", "--no-input", "--debug", "--api-key", "--token", "--api-url", "--help"}


# They start a workspace and many processes. The README does too, but always runs.
LONG = {ROOT / "docs" / "tutorial" / "first-steps.md", ROOT / "docs" / "guides" / "leaked-tokens.md"}
README_LINES = 120


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= README_LINES


def test_home_page_links_to_every_page() -> None:
    linked = set(re.findall(r"\]\(([^)#]+\.md)", (ROOT / "docs" / "index.md").read_text("utf-8")))
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert pages - linked == {"index.md"}


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=pytest.mark.peer("direnv") if page.name == "direnv.md" else (), id=named(page))
        for page in PAGES
        if not (BOUNDED and page in LONG)
    ],
)
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
def test_yaml_and_json_blocks_are_valid(page: Path) -> None:
    for block in read_blocks(page):
        if block.kind == "yaml":
            assert list(yaml.safe_load_all(block.text))
        elif block.kind == "jsonc":
            assert json.loads(re.sub(r"^//.*$", "", block.text, flags=re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_column_of_a_table_has_a_title(page: Path) -> None:
    """Screen readers announce it with each cell."""
    titles = re.findall(r"^(\|.*)\n\|[-:| ]+\|$", page.read_text("utf-8"), re.MULTILINE)
    assert [line for line in titles if re.search(r"\|\s*\|", line)] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_between_pages_resolve(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    targets = [target for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    assert [target for target in targets if not is_link_valid(page, target)] == []


def is_link_valid(page: Path, target: str) -> bool:
    """Tell whether a link's file exists and, if the link names a heading, whether that exists too."""
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    return file.exists() and (not anchor or anchor in anchors(file))


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub generates them, and those of its tables."""
    text = page.read_text("utf-8")
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    named = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return named | set(re.findall(r'^<span id="(\w+)">', text, re.MULTILINE))


def sections() -> dict[str, str]:
    """Return the text below each heading of docs/reference/commands.md."""
    text = (ROOT / "docs" / "reference" / "commands.md").read_text("utf-8")
    parts = re.split(r"^#+ (.*)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_command_and_option_is_in_the_reference() -> None:
    known = sections()
    commands = dict(every_command(program(app)))
    assert [name for name in commands if f"`arka {name}`" not in known] == [], (
        "docs/reference/commands.md: add a heading for each of these"
    )
    missing = [
        f"arka {name} {option}"
        for name, command in commands.items()
        for parameter in command.params
        for option in (*parameter.opts, *parameter.secondary_opts)
        if option.startswith("-") and option not in COMMON and f"`{option}" not in known[f"`arka {name}`"]
    ]
    assert missing == [], "docs/reference/commands.md: add these options"


def test_common_options_are_described_once() -> None:
    text = sections()["Options of every command"]
    options = {option for parameter in program(app).params for option in parameter.opts} | COMMON
    assert [option for option in sorted(options) if f"`{option}" not in text] == []


def test_every_heading_names_an_existing_command() -> None:
    commands = {f"`arka {name}`" for name, _ in every_command(program(app))}
    headings = {heading for heading in sections() if heading.startswith("`arka ")}
    assert headings - commands == set(), "docs/reference/commands.md: these are no commands"


def test_generated_code_reference_is_current() -> None:
    for name, text in render_code_reference.render().items():
        page = (ROOT / "docs" / "reference" / name).read_text("utf-8")
        assert page == text.rstrip("\n") + "\n", f"docs/reference/{name} is out of date: run 'make docs'"


def test_json_reference_is_current() -> None:
    for name, text in render_json_reference.render().items():
        page = (ROOT / "docs" / "reference" / name).read_text("utf-8")
        assert page == text, f"docs/reference/{name} is out of date: run 'make docs'"


def test_picture_of_precedence_is_current() -> None:
    assert render_precedence.PICTURE.read_text("utf-8") == render_precedence.render(), "run 'make docs'"


def test_reference_has_every_command_error_name_and_operation() -> None:
    pages = render_code_reference.render()
    tree = program(app)
    shown = [name for name, _ in every_command(tree) if not tree.commands[name.partition(" ")[0]].hidden]
    commands = [f"## `arka {name}`\n" for name in shown]
    assert [each for each in commands if each not in pages["command-line.md"]] == []
    names = [f"## `{name}`\n" for name in arka_config.__all__]
    assert [each for each in names if each not in pages["python-api.md"]] == []
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.ConfigError)]
    assert [kind for kind in kinds if f"| `{kind.__name__}` |" not in pages["errors.md"]] == []
    assert "## `POST /api/v1/tokens`" in pages["workspace-api.md"]
    assert "| `prompt` | `true` |" in pages["template-schema.md"]


def test_python_reference_describes_no_members_of_other_libraries() -> None:
    page = render_code_reference.render()["python-api.md"]
    assert [name for name in ("_env_file", "model_post_init", "settings_customise_sources") if name in page] == []


def test_demo_picture_loads_nothing_from_the_network() -> None:
    picture = (ROOT / "docs" / "pictures" / "demo.svg").read_text("utf-8")
    assert "@font-face" not in picture
    assert re.findall(r"(?:url\(|href=)[\"']?(?!#)[^)\"'\s]*:", picture) == []
