"""Imports go one way, and each tier of start-up imports only its own: standard library, then click, then pydantic."""

from __future__ import annotations

import ast
import functools
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from arka_config import Credential, Origin, Secret, open_store
from arka_config.arka import app
from arka_config.sealing import operations
from arka_config.sealing.unlockers.registry import NewUnlocker
from arka_config.sealing.vault import vault_of
from tests import command_samples
from tests.guarantees import numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PACKAGE = Path(__file__).parents[1] / "arka_config"
FILES = sorted(PACKAGE.rglob("*.py"))
IMPORT_STRING = re.compile(r"arka_config(\.\w+)+(:\w+)?")

# What each top-level module or package of `arka_config` may import besides itself, from the bottom up.
BASICS = {"errors", "extras", "text", "secret", "timestamps", "token_checksum", "debug", "deadline", "schema"}
STORE = BASICS | {"precedence", "app_identity", "versions", "store"}
OPENING = STORE | {"sealing", "references", "opening"}
CLI = OPENING | {"exchange", "settings", "templates", "workspace", "verifiers", "scanning", "doctor", "cli"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "extras": set(),
    "schema": set(),
    "debug": set(),
    "deadline": set(),
    "secret": set(),
    "text": {"errors"},
    "timestamps": {"errors", "text"},
    "token_checksum": set(),
    "precedence": BASICS,
    "app_identity": BASICS | {"precedence"},
    "versions": {"app_identity"},
    "store": STORE,
    "sealing": STORE,
    "references": STORE,
    "opening": STORE | {"sealing", "references"},
    "exchange": STORE,
    "settings": OPENING,
    "templates": STORE | {"references", "settings"},
    "workspace": STORE,
    "verifiers": STORE | {"workspace"},
    "scanning": STORE,
    "doctor": OPENING | {"exchange", "settings", "templates", "scanning", "workspace"},
    "cli": CLI,
    "app": CLI | {"app_identity"},
    "arka": {"app", "app_identity", "settings", "verifiers", "workspace"},
    "__init__": CLI | {"app"},
    "__main__": {"arka"},
    "man": CLI | {"app", "app_identity", "versions"},
    "testing": STORE | {"opening", "workspace", "app"},
}

# Beyond what the interpreter loads when it starts. `typing`, `dataclasses`, `pathlib` and `re` cost more than all
# of ours together, so the first two may never come in, and the others only by way of json.
CHEAP = {"errno", "time", "fcntl", "_json", "json", "re", "enum", "functools", "collections", "operator", "keyword"}
CHEAP |= {"reprlib", "copyreg", "types", "_collections", "_functools", "_operator", "_sre", "itertools", "_typing"}
CHEAP |= {"tomllib", "string", "_string", "datetime", "_datetime", "math", "__future__", "arka_config"}
TYPED_BY_TOMLLIB = {"typing", "contextlib", "warnings", "_warnings"}

HEAVY = {"click", "rich", "pydantic", "pydantic_settings", "platformdirs", "tomlkit", "tomli_w", "cryptography"}
HEAVY |= {"httpx", "keyring", "pyrage"}
HEAVY |= {"alembic", "fastapi", "jinja2", "sqlalchemy", "starlette", "uvicorn"}


@functools.cache
def find_imports(path: Path) -> list[str]:
    """Return every module of the package that a file imports, or names in a string such as `arka_config.x:attribute`.

    Imports inside functions and for type checking count too: if a dependency is hidden, it is still one.
    """
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and IMPORT_STRING.fullmatch(node.value):
            names = [node.value.partition(":")[0]]
        elif isinstance(node, ast.JoinedStr) and (match := IMPORT_STRING.match(ast.unparse(node).removeprefix("f'"))):
            names = [match[0]]  # f"arka_config.x.{name}"
        found += [module for name in names if (module := find_module(name)) is not None]
    return found


@functools.cache
def find_module(name: str) -> str | None:
    """Return the longest part of a dotted name that is a module of the package; None if it is another package's."""
    parts = name.split(".")
    while len(parts) > 1 and parts[0] == PACKAGE.name:
        path = PACKAGE.parent.joinpath(*parts)
        if path.with_suffix(".py").is_file() or (path / "__init__.py").is_file():
            return ".".join(parts)
        parts.pop()
    return None


def name_of(path: Path) -> str:
    """Return a file's module name."""
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def test_every_import_points_down() -> None:
    wrong = []
    for path in FILES:
        top = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        allowed = MAY_IMPORT[top] | {top}
        wrong += [f"{name_of(path)}: {module}" for module in find_imports(path) if module.split(".")[1] not in allowed]
    assert wrong == []


def test_every_top_level_module_has_a_row_in_the_allow_list() -> None:
    tops = {path.name.removesuffix(".py") for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert tops - {"__pycache__"} == set(MAY_IMPORT)


def test_an_import_string_counts_as_an_import(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text(
        'KIND = "arka_config.store.files:read"\nTEXT = "arka_config.store is a package"\n'
        'def module(name): return f"arka_config.cli.commands.{name}"'
    )
    assert find_imports(tmp_path / "x.py") == ["arka_config.store.files", "arka_config.cli.commands"]


def test_no_modules_import_each_other_in_a_cycle() -> None:
    graph = {name_of(path): set(find_imports(path)) - {name_of(path)} for path in FILES}
    graph["arka_config.arka"].discard("arka_config.arka.settings")  # the app names its settings class, as any app does
    graph["arka_config"] = set()  # the public names, loaded on first use
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


# The order within the CLI: what each of its packages may import besides itself. No command imports another, and only
# the registry names them.
CLI_ORDER: dict[str, set[str]] = {
    "output": set(),
    "input": {"output"},
    "reference": {"output"},
    "runtime": {"output", "input", "reference"},
    "commands": {"output", "input", "reference", "runtime"},
    "embed": {"output", "input", "reference", "runtime"},
}


def find_imports_at_run_time(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports, except for annotations."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    annotations = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if id(node) in annotations:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_imports_within_the_cli_go_one_way() -> None:
    wrong = []
    for path in sorted((PACKAGE / "cli").rglob("*.py")):
        package = path.relative_to(PACKAGE / "cli").parts[0]
        allowed = CLI_ORDER.get(package, set()) | ({package} - {"commands"})
        names = [name for name in find_imports_at_run_time(path) if name.startswith("arka_config.cli.")]
        wrong += [f"{name_of(path)}: {name}" for name in names if name.split(".")[2] not in allowed]
    assert wrong == []


def test_every_package_of_the_cli_has_a_row() -> None:
    packages = {path.name for path in (PACKAGE / "cli").iterdir() if path.is_dir()}
    assert packages - {"__pycache__"} == set(CLI_ORDER)


def load_top_level(code: str, **environ: str) -> set[str]:
    """Run code in a fresh interpreter, and return the top-level modules that this adds."""
    return {name.partition(".")[0] for name in load_all(code, **environ)}


def load_all(code: str, **environ: str) -> set[str]:
    """Run code in a fresh interpreter, and return all modules that this adds."""
    script = f"import sys\nbefore = set(sys.modules)\n{code}\nprint(*sorted(set(sys.modules) - before))"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ARKA_", "COVERAGE"))}
    done = subprocess.run(
        [sys.executable, "-c", script], env={**kept, **environ}, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split("\n")[-2].split())


def test_importing_the_package_imports_nothing_else() -> None:
    assert load_top_level("import arka_config") == {"arka_config", "__future__"}


def test_precedence_and_store_import_only_the_standard_library() -> None:
    tier = load_top_level("import arka_config.store.resolution, arka_config.arka")
    assert tier <= CHEAP, f"not on the list: {tier - CHEAP}"


def test_an_app_with_a_verifier_is_cheap_to_import() -> None:
    code = (
        "from arka_config import App, IntrospectionVerifier, UrlVerifier\n"
        "App('octo', verifier=UrlVerifier('/user', user='login'))\n"
        "App('octo', verifier=IntrospectionVerifier('/introspect', client_id='octo'))\n"
        "app = App('octo', verifier='no.such.module:Verifier')\n"
        "assert app.can('verify') and app.prefix == 'OCTO_'"
    )
    assert load_top_level(code).isdisjoint(HEAVY | {"json", "re", "typing", "dataclasses", "pathlib", "urllib", "ssl"})


def test_resolving_a_stored_token_imports_no_more_than_json_and_tomllib(tmp_path: Path) -> None:
    store = open_store(app, {"ARKA_HOME": str(tmp_path)})
    store.log_in("work", Credential(Secret("arka_" + "a" * 37), Origin.of("https://arka-ai.com")))
    store.edit("work", {("settings", "timeout"): 3})
    code = (
        "import os\n"
        "from arka_config.arka import app\n"
        "from arka_config.opening import open_store\n"
        "from arka_config.store.resolution import Resolution\n"
        "Resolution(open_store(app), os.environ).token().secret.reveal()"
    )
    tier = load_top_level(code, ARKA_HOME=str(tmp_path))
    assert tier <= CHEAP | TYPED_BY_TOMLLIB, f"not on the list: {tier - CHEAP - TYPED_BY_TOMLLIB}"


RUNNER = 'version = 1\n[profile]\nname = "runner"\n[token]\nprompt = true\n'


def lines_by_tier(lines: Iterable[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """Return the packages that command lines may import, each with all lines that may import just these."""
    tiers: dict[str, list[str]] = {}
    for line, allowed in lines:
        tiers.setdefault(allowed, []).append(line)
    return list(tiers.items())


HELP = [("--help", "click"), ("profiles --help", "click"), (" ", "click")]
TIERS = lines_by_tier(numbers.part_of([*command_samples.imports(), *HELP], 5))
SEALED_TIERS = lines_by_tier(command_samples.imports(sealed=True))


@pytest.mark.parametrize(("allowed", "lines"), TIERS, ids=lambda value: value if isinstance(value, str) else "")
def test_commands_import_no_heavier_tier_than_they_need(tmp_path: Path, allowed: str, lines: list[str]) -> None:
    runs = []
    for number, line in enumerate(lines):
        code, _, words = line.partition(" ") if line[0].isdigit() else ("0", "", line)
        runs.append(CommandRun(words, tmp_path / str(number), int(code)))
        store = open_store(app, {"ARKA_HOME": runs[-1].home})
        store.log_in("work", Credential(Secret("arka_" + "a" * 37), Origin.of("https://arka-ai.com")))
        store.edit("work", {("description",): "Work laptop"})
    assert heavier_imports(runs, allowed) == []


def test_the_help_page_imports_no_store_no_session_and_no_command() -> None:
    code = "from arka_config.arka import app\nfrom arka_config.cli.runtime.run import run\nrun(app, ['--help'])"
    names = {name.removeprefix("arka_config.") for name in load_all(code)}
    assert names >= {"cli.runtime.command_tree", "cli.runtime.help_format"}
    assert names & {"shutil", "cli.runtime.session", "opening", "store.profile_store", "settings"} == set()
    assert [name for name in names if name.startswith(("cli.commands.", "sealing.", "workspace."))] == []


def test_the_help_of_no_command_imports_more_than_click() -> None:
    code = (
        "from importlib import import_module\n"
        "from arka_config.cli.runtime.registry import ENTRIES\n"
        "for entry in ENTRIES:\n"
        "    import_module(entry.module)"
    )
    assert load_top_level(code) & HEAVY == {"click"}


def test_status_offline_imports_nothing_that_sends_requests(tmp_path: Path) -> None:
    code = "from arka_config.arka import app\nfrom arka_config.cli.runtime.run import run\n"
    code += "run(app, ['status', '--offline'])"
    names = load_all(code, ARKA_HOME=str(tmp_path))
    assert "arka_config.workspace.client.verification" in names
    assert names & {"arka_config.workspace.client.transport", "http", "ssl", "urllib.parse"} == set()


def test_the_first_run_with_click_freezes_the_imported_objects() -> None:
    code = (
        "import gc\n"
        "from arka_config.arka import app\n"
        "from arka_config.cli.runtime.run import run\n"
        "run(app, ['--help'])\n"
        "frozen = gc.get_freeze_count()\n"
        "assert gc.isenabled() and frozen > 10_000\n"
        "run(app, ['--help'])\n"
        "assert gc.isenabled() and gc.get_freeze_count() <= frozen, 'each run freezes what it leaves behind'"
    )
    assert load_all(code)


@pytest.mark.parametrize(("words", "allowed"), [("arka use w", set()), ("arka status -p w", {"click"})])
def test_completing_a_profile_name_imports_click_at_most(tmp_path: Path, words: str, allowed: set[str]) -> None:
    completion = {"_ARKA_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    run = CommandRun("", tmp_path, environ=completion)
    open_store(app, {"ARKA_HOME": run.home}).create("work", {})
    run_commands([run])
    assert run.read_loaded() & HEAVY == allowed


# What `token` may import beyond what the interpreter starts with, for a stored token with a simple profile. Each of
# these takes a fraction of a millisecond; json, re and typing take several.
FAST = {"__future__", "arka_config", "errno", "fcntl", "time", "warnings", "_warnings", "_thread"}


@pytest.mark.parametrize("line", ["token", "token -p work", "prompt"])
@pytest.mark.parametrize("expires", ["", "never", "2099-01-31T23:59:59Z", "2020-01-31T23:59:59Z"])
def test_fast_path_imports_no_json_tomllib_or_re(tmp_path: Path, line: str, expires: str) -> None:
    store = open_store(app, {"ARKA_HOME": str(tmp_path)})
    credential = Credential(
        Secret("arka_" + "a" * 37),
        Origin.of("https://arka-ai.com"),
        created="2026-01-31T23:59:59Z",
        expires=expires,
    )
    store.log_in("work", credential)
    store.edit("work", {("description",): "Work laptop", ("settings", "timeout"): 3})
    store.pin("/pinned", "work")
    code = f"from arka_config.cli.runtime.run import run\nfrom arka_config.arka import app\nrun(app, {line.split()!r})"
    tier = load_top_level(code, ARKA_HOME=str(tmp_path))
    assert tier <= FAST, f"not on the list: {tier - FAST}"


# In addition for a sealed token: HMAC, and the parts of the cryptography package that AES-GCM needs.
UNSEALING = {
    "importlib",
    "hmac",
    "hashlib",
    "_hashlib",
    "_blake2",
    "types",
    "cryptography",
    "_cffi_backend",
    "_openssl",
}


def seal_store(home: Path, way: str) -> dict[str, str]:
    """Make a store with one sealed token that a key file or a session opens; return the variables that open it."""
    store = open_store(app, {"ARKA_HOME": str(home)})
    store.log_in("work", Credential(Secret("arka_" + "a" * 37), Origin.of("https://arka-ai.com")))
    unlocker = NewUnlocker("key-file") if way == "a key file" else NewUnlocker("passphrase", passphrase="one")
    operations.enable(vault_of(store), [unlocker])
    if way == "a key file":
        return {}
    keys = vault_of(store).keys()
    return {"ARKA_SESSION": vault_of(store).sessions.begin(keys.current, keys[keys.current], 60)[0]}


@pytest.mark.parametrize("way", ["a key file", "a session"])
@pytest.mark.parametrize("line", ["token", "token -p work"])
def test_fast_path_with_a_sealed_token_imports_only_what_opens_it(tmp_path: Path, line: str, way: str) -> None:
    variables = seal_store(tmp_path, way)
    code = "from arka_config.cli.runtime.run import run\nfrom arka_config.arka import app\n"
    code += f"assert run(app, {line.split()!r}) == 0"
    tier = load_top_level(code, ARKA_HOME=str(tmp_path), **variables)
    # If Python is old, cryptography 44, 45 and 47 warn about it at import, which needs typing.
    may = FAST | UNSEALING | load_top_level("import cryptography")
    assert tier <= may, f"not on the list: {tier - may}"
    assert tier.isdisjoint({"click", "pydantic", "keyring", "platformdirs", "json"})


def test_fast_path_reports_a_plain_file_without_other_imports(tmp_path: Path) -> None:
    store = open_store(app, {"ARKA_HOME": str(tmp_path)})
    operations.enable(vault_of(store), [NewUnlocker("key-file")])
    plain = Credential(Secret("arka_" + "a" * 37), Origin.of("https://arka-ai.com"))
    store.log_in("work", plain, storage="plain")
    code = "from arka_config.cli.runtime.run import run\nfrom arka_config.arka import app\nrun(app, ['token'])"
    tier = load_top_level(code, ARKA_HOME=str(tmp_path))
    assert tier <= FAST, f"not on the list: {tier - FAST}"


@pytest.mark.parametrize(("allowed", "lines"), SEALED_TIERS, ids=lambda value: value if isinstance(value, str) else "")
def test_commands_with_sealing_import_only_what_they_may(tmp_path: Path, allowed: str, lines: list[str]) -> None:
    runs = [CommandRun(line, tmp_path / str(number)) for number, line in enumerate(lines)]
    for run in runs:
        seal_store(Path(run.home), "a key file")
    assert heavier_imports(runs, allowed) == []


@dataclass(frozen=True)
class CommandRun:
    """A command line and its exit code; the folder, which has the files that some commands read; and more variables."""

    words: str
    folder: Path
    exit_code: int = 0
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def home(self) -> str:
        return str(self.folder / "arka")

    def prepare(self) -> dict[str, object]:
        """Write the files, and return what tests/loaded_packages.py reads."""
        self.folder.mkdir(exist_ok=True)
        (self.folder / "runner.toml").write_text(RUNNER)
        (self.folder / "recipients.txt").write_text(f"{command_samples.RECIPIENT}\n")
        (self.folder / "legacy.json").write_text('{"token": "arka_' + "c" * 37 + '"}')
        places = {"ARKA_HOME": self.home, "XDG_CONFIG_HOME": str(self.folder / "config")}
        return {
            "words": self.words.split(),
            "folder": str(self.folder),
            "stdin": "arka_" + "b" * 37,
            "environ": {**places, "GITHUB_ENV": str(self.folder / "github"), **self.environ},
        }

    def read_loaded(self) -> set[str]:
        """Return the top-level packages that were loaded when it ended, or replaced itself by another program."""
        return set(json.loads((self.folder / "loaded.json").read_text()))


def heavier_imports(runs: list[CommandRun], allowed: str) -> list[str]:
    """Run the commands, and return what each has imported of the heavy packages besides those that are allowed."""
    run_commands(runs, *allowed.split())
    heavier = {run.words: run.read_loaded() & HEAVY - set(allowed.split()) for run in runs}
    return [f"arka {words} imports {' '.join(sorted(names))}" for words, names in heavier.items() if names]


def run_commands(runs: list[CommandRun], *imported: str) -> None:
    """Run the commands, each in a fork of one fresh interpreter that has imported these packages."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ARKA_", "COVERAGE"))}
    done = subprocess.run(
        [sys.executable, "-P", Path(__file__).with_name("loaded_packages.py"), *imported],
        env=kept,
        input=json.dumps([run.prepare() for run in runs]),
        capture_output=True,
        text=True,
        check=True,
    )
    for run, code in zip(runs, json.loads(done.stdout), strict=True):
        assert code == run.exit_code, f"arka {run.words}: {(run.folder / 'output').read_text()}"
