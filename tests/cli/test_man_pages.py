"""The manual pages: complete, current, accepted by `man`, and in the wheel."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import click
import pytest
from hatchling.builders.wheel import WheelBuilder

from arka_config.arka import app
from arka_config.cli.reference import roff
from arka_config.cli.reference.man_pages import write_pages
from arka_config.cli.runtime.command_tree import program
from tests.acme import app as acme
from tests.cli.program import every_command
from tests.pages import ROOT
from tests.peers import executable
from tools.render_reference import render

MAN = ROOT / "man"


def test_generated_pages_are_current() -> None:
    for name, text in render().items():
        assert (ROOT / name).read_text("utf-8") == text, f"{name} is out of date: run 'make docs'"
    assert {path.name for path in MAN.iterdir()} == {
        name.removeprefix("man/") for name in render() if name.startswith("man/")
    }


def test_every_command_and_group_has_a_page() -> None:
    names = {name.replace(" ", "-") for name, _ in every_command(program(app))}
    groups = {name for name, command in program(app).commands.items() if isinstance(command, click.Group)}
    assert {path.name for path in MAN.iterdir()} == {"arka.1", *(f"arka-{name}.1" for name in names | groups)}


@pytest.mark.peer("man")
def test_man_reads_every_page_without_a_warning() -> None:
    paths = sorted(map(str, MAN.glob("*.1")))
    environ = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MANPAGER": "cat", "MANROFFOPT": "-wall"}
    done = subprocess.run(
        [executable("man"), "--warnings", "-l", *paths], env=environ, check=True, capture_output=True, text=True
    )
    assert done.stderr == ""
    assert done.stdout.count("\nSYNOPSIS\n") == len(paths)
    text = " ".join(done.stdout.split())
    assert "arka-profiles-list - List the profiles" in text
    assert "-p, --profile NAME Use this profile; overrides the environment." in text
    for heading in ("PRECEDENCE", "ENVIRONMENT", "EXIT STATUS", "FILES"):
        assert f"\n{heading}\n" in done.stdout
    assert 'arka login --profile ci --label "CI/CD Pipeline" --expires 90d\n' in done.stdout


def test_pages_of_another_app_have_its_names_only() -> None:
    pages = write_pages(acme, program(acme), "1.0")
    assert {"acme.1", "acme-login.1"} <= pages.keys()
    assert [name for name, text in pages.items() if "arka" in text.lower()] == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (".TH is a macro", r"\&.TH is a macro"),
        ("'quoted", r"\(aqquoted"),
        (r"a\b ~ -x", r"a\eb \(ti \-x"),
        ("two\n.lines", "two .lines"),
    ],
)
def test_roff_shows_a_text_exactly(text: str, line: str) -> None:
    assert roff.escape(text) == line


def test_wheel_installs_the_pages(tmp_path: Path) -> None:
    built = next(iter(WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])))
    with zipfile.ZipFile(built) as wheel:
        found = {Path(name).name for name in wheel.namelist() if ".data/data/share/man/man1/" in name}
    assert found == {path.name for path in MAN.iterdir()}
