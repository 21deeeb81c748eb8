"""The tutorial for authors of CLIs, step by step in an empty folder, and the types of the code in the documentation."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.guarantees import numbers
from tests.pages import ROOT, Block, matches, parse_commands, read_blocks

TUTORIAL = ROOT / "docs" / "tutorial" / "build-your-own-cli.md"
PAGES = [
    TUTORIAL,
    ROOT / "docs" / "reference" / "settings.md",
    ROOT / "docs" / "guides" / "any-api.md",
    ROOT / "docs" / "guides" / "migrating-from-pydantic-settings.md",
    ROOT / "tests" / "scenarios" / "other-cli-author.md",
]
_FILE = re.compile(r"# ~/(\S+)\n")
_END = "-- end of the command: "
# mypy spends half of its time on what only the workspace's server imports, and no public type has.
SERVER_LIBRARIES = "[mypy-alembic.*,fastapi.*,jinja2.*,joserfc.*,psycopg.*,sqlalchemy.*,starlette.*,uvicorn.*]"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not numbers.FULL, reason="it takes half a minute: set GUARANTEES=full"),
]


class Shell:
    """A bash without a network. Its `pip` finds the packages of this test, and builds with them.

    A `.pth` file adds them to a new environment, as if `pip` had installed them.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        (home / "arka-config").symlink_to(ROOT)
        environ = {
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "PATH": os.pathsep.join([os.path.dirname(sys.executable), "/usr/bin", "/bin"]),
            "PIP_NO_INDEX": "1",
            "PIP_NO_BUILD_ISOLATION": "0",  # no isolation: https://github.com/pypa/pip/issues/5735
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_CACHE_DIR": "1",
            "PIP_COMPILE": "0",  # the tutorial imports only a part of what it installs
        }
        self._bash = subprocess.Popen(
            ["bash"],
            cwd=home,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )

    def run(self, line: str) -> tuple[int, str]:
        """Run a line in the same shell as those before, and return its exit code and output."""
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        self._bash.stdin.write(f'{line}\necho "\n{_END}$?"\n')
        self._bash.stdin.flush()
        output: list[str] = []
        while not (last := self._bash.stdout.readline()).startswith(_END):
            assert last, f"{line}\n{''.join(output)}"
            output.append(last)
        if "-m venv " in line:
            self._offer_packages()
        text = "".join(output).removesuffix("\n").replace(os.path.realpath(self.home), "/home/you")
        return int(last.removeprefix(_END)), text.replace(str(self.home), "/home/you")

    def _offer_packages(self) -> None:
        (site,) = (self.home / "acme" / ".venv" / "lib").glob("python*/site-packages")
        (site / "packages-of-the-test.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")

    def close(self) -> None:
        self._bash.communicate()


def lines_of(block: Block) -> list[tuple[str, int, tuple[str, ...]]]:
    """Return the command lines of a block, each with its exit code and output."""
    if block.kind == "console":
        return [(command.text, command.exit_code, command.output) for command in parse_commands(block)]
    return [(line, 0, ()) for line in block.text.splitlines()] if block.kind == "sh" else []


def test_tutorial_works_literally_in_an_empty_folder_and_a_fresh_environment(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    ran = []
    for block in read_blocks(TUTORIAL):
        if block.kind in ("python", "toml") and (path := _FILE.match(block.text)):
            file = tmp_path / path[1]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, "utf-8")
        for line, expected, output in lines_of(block):
            code, shown = shell.run(line)
            assert code == expected, f"{TUTORIAL.name}:{block.line}: {line}\n{shown}"
            assert not output or matches(shown, output), f"{TUTORIAL.name}:{block.line}: {line}\n{shown}"
            ran.append(line)
    shell.close()
    assert {"python -m pip install ~/arka-config pytest", "python -m pip install -e ."} < set(ran)
    installed = tmp_path / "acme" / ".venv" / "bin" / "acme"
    assert installed.exists()
    loaded = [
        str(tmp_path / "acme" / ".venv" / "bin" / "python"),
        "-c",
        "import arka_config; print(arka_config.__file__)",
    ]
    place = subprocess.run(loaded, capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    assert place.startswith(str(tmp_path)), "the tutorial used the checkout in place of what it installed"


def write_code(folder: Path) -> None:
    """Write the code of the pages: files under their names, and the rest of each page as one module."""
    for page in PAGES:
        rest = []
        for block in read_blocks(page):
            if block.kind != "python":
                continue
            if (path := _FILE.match(block.text)) is None:
                rest.append(block.text)
                continue
            file = folder / path[1].removeprefix("acme/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, "utf-8")
        (folder / f"{page.stem.replace('-', '_')}_page.py").write_text("\n".join(rest), "utf-8")


def mypy(folder: Path) -> list[str]:
    (folder / "mypy.ini").write_text(f"[mypy]\nstrict = True\n\n{SERVER_LIBRARIES}\nfollow_imports = skip\n", "utf-8")
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "."]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout.splitlines()


def pyright(folder: Path) -> list[str]:
    (folder / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "standard", "extraPaths": ["."]}))
    command = [sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(folder)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)["generalDiagnostics"]
    return [f"{Path(each['file']).name}: {each['message']}" for each in found if each["severity"] == "error"]


def test_code_of_the_documentation_passes_both_type_checkers_without_a_plugin(tmp_path: Path) -> None:
    """If a default in the page has no name, both report it, so both check the page."""
    write_code(tmp_path)
    text = (tmp_path / "settings_page.py").read_text("utf-8")
    (tmp_path / "wrong_page.py").write_text(text.replace("Field(default=3,", "Field(3,"), "utf-8")
    found = [*mypy(tmp_path), *pyright(tmp_path)]
    assert [line for line in found if not line.startswith("wrong_page.py:")] == []
    assert found
