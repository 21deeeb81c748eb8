"""The manual pages are complete, up to date, accepted by `man`, and in the wheel."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from arka_config import man
from arka_config.arka import app
from arka_config.cli.reference import roff
from arka_config.cli.reference.man_pages import write_pages
from arka_config.cli.runtime.command_tree import program
from arka_config.errors import ConfigError
from tests.acme import app as acme
from tests.cli.program import every_command
from tests.guarantees import numbers
from tests.pages import ROOT
from tests.peers import executable
from tools.render_reference import render

MAN = ROOT / "man"


def test_generated_pages_are_current() -> None:
    files = render()
    for name, text in files.items():
        assert (ROOT / name).read_text("utf-8") == text, f"{name} is out of date: run 'make docs'"
    assert {str(path.relative_to(ROOT)) for path in MAN.glob("*/*")} == {
        name for name in files if name.startswith("man/")
    }


def test_every_command_and_group_has_a_page() -> None:
    hidden = tuple(f"{name} " for name, command in program(app).commands.items() if command.hidden)
    commands = [name for name, command in every_command(program(app)) if not command.hidden]
    names = {name.replace(" ", "-") for name in commands if not name.startswith(hidden)}
    groups = {name.partition(" ")[0] for name in commands if " " in name and not name.startswith(hidden)}
    found = {path.name for path in (MAN / "man1").iterdir()}
    assert found == {"arka.1", *(f"arka-{name}.1" for name in names | groups)}, "man/man1: run 'make docs'"


@pytest.mark.peer("man")
def test_man_reads_every_page_without_a_warning() -> None:
    names = ("arka.1", "arka-login.1", "arka-profiles-list.1")
    paths = numbers.part_of(sorted(path for path in MAN.glob("*/*") if path.name not in names), 8)
    paths = [*(MAN / "man1" / name for name in names), *paths]
    environ = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MANPAGER": "cat", "MANROFFOPT": "-wall"}
    done = subprocess.run(
        [executable("man"), "--warnings", "-l", *map(str, paths)],
        env=environ,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    assert done.stdout.count("\nNAME\n") == len(paths)
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
    assert [name for name, text in pages.items() if "{app}" in text] == []
    assert r"default: .acme\-scan\-allow" in pages["acme-scan.1"]


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


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The prefix of an installation of the wheel's data files."""
    folder = tmp_path_factory.mktemp("wheel")
    built = next(iter(WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])))
    with zipfile.ZipFile(built) as wheel:
        names = [name for name in wheel.namelist() if ".data/data/" in name]
        wheel.extractall(folder, names)
    return folder / names[0].partition("/")[0] / "data"


def test_wheel_installs_the_pages(installed: Path) -> None:
    folder = installed / "share" / "man"
    found = {str(path.relative_to(folder)) for path in folder.glob("*/*")}
    assert found == {str(path.relative_to(MAN)) for path in MAN.glob("*/*")}


@pytest.mark.peer("man")
@pytest.mark.parametrize("page", ["arka", "arka-login", "arka-profiles-list"])
def test_man_finds_an_installed_page_by_its_name(installed: Path, page: str) -> None:
    (installed / "bin").mkdir(exist_ok=True)  # `man` looks for share/man next to each folder of PATH
    environ = {"PATH": f"{installed}/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANPAGER": "cat"}
    done = subprocess.run([executable("man"), page], env=environ, check=True, capture_output=True, text=True)
    assert f"       {page} - " in done.stdout


@pytest.fixture(scope="module")
def tides(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The prefix of an installation of the example `tides` with man pages, as docs/reference/settings.md describes."""
    folder = tmp_path_factory.mktemp("tides")
    source = shutil.copytree(ROOT / "examples" / "tides", folder / "source")
    command = [sys.executable, "-m", "arka_config.man", "tides.cli:cli", "man"]
    done = subprocess.run(command, cwd=source, check=True, capture_output=True, text=True)
    assert re.fullmatch(r"✓ Wrote \d+ pages to man\n", done.stderr)
    with (source / "pyproject.toml").open("a") as project:
        project.write('\n[tool.hatch.build.targets.wheel.shared-data]\nman = "share/man"\n')
    wheel = next(iter(WheelBuilder(str(source)).build(directory=str(folder), versions=["standard"])))
    options = ["--quiet", "--no-deps", "--no-index", "--no-compile", "--prefix", str(folder / "prefix")]
    install = [sys.executable, "-m", "pip", "--isolated", "install", *options, wheel]
    subprocess.run(install, check=True, capture_output=True)
    return folder / "prefix"


@pytest.mark.peer("man")
def test_man_finds_the_pages_of_an_installed_program_of_another_author(tides: Path) -> None:
    environ = {"PATH": f"{tides}/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANPAGER": "cat", "MANWIDTH": "80"}
    pages = {}
    for page in ("tides", "tides-high", "tides-profiles-list", "tides-settings"):
        command = [executable("man"), "--warnings", page]
        done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
        assert done.stderr == ""
        pages[page] = " ".join(done.stdout.split())
    assert "tides-high(1) Show the height of high tide" in pages["tides"]
    assert re.search(r"ARGUMENTS port( <str>)? The port\. .*OPTIONS --upper", pages["tides-high"])
    assert "--unit" in pages["tides-high"]
    assert "tides-profiles-list - List the profiles" in pages["tides-profiles-list"]
    assert "unit of heights" in pages["tides-settings"].lower()
    assert "arka" not in pages["tides-profiles-list"].lower()


@pytest.mark.peer("man")
def test_man_reads_every_page_of_a_click_program_without_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "examples" / "octo"))
    paths = man.write("octo.cli:cli", str(tmp_path))
    assert {"octo.1", "octo-repos.1", "octo-login.1", "octo-settings.5"} <= {Path(path).name for path in paths}
    environ = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANPAGER": "cat"}
    command = [executable("man"), "--warnings", "-l", *numbers.part_of(sorted(paths), 8)]
    done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("octo", "'octo' is not an import string"),
        ("no_such_module:cli", "'no_such_module:cli' cannot be imported: No module named 'no_such_module'"),
        ("json:nothing", "cannot be imported: module 'json' has no attribute 'nothing'"),
        ("json:dumps", "is not a click group or a Typer with an app's commands, nor an App"),
    ],
)
def test_man_pages_of_another_object_are_an_error(program: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        man.write(program, str(tmp_path))


def test_pages_of_an_app_without_other_commands(tmp_path: Path) -> None:
    names = {Path(path).name for path in man.write("tests.acme:app", str(tmp_path))}
    assert {"acme.1", "acme-login.1"} <= names
