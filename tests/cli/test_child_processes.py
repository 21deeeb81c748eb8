"""What the programs that arka starts inherit: none of its secrets, and no token of another profile."""

from __future__ import annotations

import ast
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import arka_config
from arka_config import App
from arka_config.arka import app
from arka_config.cli.runtime.session import Session
from arka_config.opening import open_store
from arka_config.sealing.unlockers.environment import secret_from
from arka_config.store import files
from arka_config.store.programs import read_output
from tests.cli.program import OTHER, TOKEN, arka

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PACKAGE = Path(arka_config.__file__).parent
ARKA = [sys.executable, "-m", "arka_config"]
SHOW = [sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))"]
PASSWORD = "hunter2"

# Every variable of ours that may contain a secret or lead to one.
SECRETS = {
    "ARKA_PASSPHRASE": PASSWORD,
    "ARKA_PASSPHRASE_FILE": f"/{PASSWORD}",
    "ARKA_PASSPHRASE_COMMAND": f"echo {PASSWORD}",
    "ARKA_SESSION": PASSWORD,
    "ARKA_DATABASE_URL": f"postgresql://me:{PASSWORD}@db.example/arka",
    "ARKA_PROXY": f"http://me:{PASSWORD}@proxy.example:3128",
    "ARKA_INTROSPECTION_SECRET": PASSWORD,
}
PLAIN = {"ARKA_TIMEOUT": "5", "ARKA_NO_INPUT": "1", "OTHER": "theirs", "HTTPS_PROXY": "http://proxy.example"}


def run_exec(home: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run `arka exec` of the package under test. The command replaces its process."""
    variables = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(PACKAGE.parent),
        "HOME": str(home.parent),
        "ARKA_HOME": str(home),
        **environ,
    }
    return subprocess.run(
        [*ARKA, "exec", *words], env=variables, cwd=home, capture_output=True, encoding="utf-8", check=False
    )


def read_environment_of_exec(home: Path, environ: Mapping[str, str]) -> dict[str, str]:
    done = run_exec(home, "--", *SHOW, **environ)
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


def read_environment_of_a_helper(home: Path, environ: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = json.loads(read_output(SHOW, app, environ, "a helper"))
    return found


def read_environment_of_a_passphrase_command(home: Path, environ: Mapping[str, str]) -> dict[str, str]:
    variables = {**environ, "ARKA_PASSPHRASE": "", "ARKA_PASSPHRASE_FILE": ""}
    secret = secret_from(app, variables | {"ARKA_PASSPHRASE_COMMAND": shlex.join(SHOW)}, "PASSPHRASE")
    assert secret is not None
    found: dict[str, str] = json.loads(secret[0])
    return found


def read_environment_of_the_browser(home: Path, environ: Mapping[str, str]) -> dict[str, str]:
    seen: dict[str, str] = {}
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name, value in {**environ, "BROWSER": "echo %s", "ARKA_HOME": str(home)}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("webbrowser.open", lambda _: bool(seen.update(os.environ)) or True)
        before = dict(os.environ)
        assert Session(app, os.environ).open_page("https://arka-ai.com")
        assert dict(os.environ) == before
    return seen


def read_environment_of_git(home: Path, environ: Mapping[str, str]) -> dict[str, str]:
    programs = home.parent / "programs"
    programs.mkdir()
    (programs / "git").write_text(f"#!/bin/sh\n{shlex.join(SHOW)} > '{home.parent}/seen'\nexit 128\n")
    (programs / "git").chmod(0o755)
    done = arka("scan", "--staged", environ={**environ, "PATH": f"{programs}:{os.environ['PATH']}"})
    assert "git diff failed" in done.err
    found: dict[str, str] = json.loads((home.parent / "seen").read_text())
    return found


def read_environment_of_powershell(home: Path, environ: Mapping[str, str]) -> dict[str, str]:
    programs = home.parent / "programs"
    programs.mkdir()
    text = f"#!/bin/sh\n{shlex.join(SHOW)} > '{home.parent}/seen'\necho '{home.parent}/profile.ps1'\n"
    (programs / "pwsh").write_text(text)
    (programs / "pwsh").chmod(0o755)
    path = f"{programs}:{os.environ['PATH']}"
    done = arka("completion", "install", "powershell", "--yes", environ={**environ, "PATH": path})
    assert done.code == 0, done.err
    found: dict[str, str] = json.loads((home.parent / "seen").read_text())
    return found


CHILDREN = [
    read_environment_of_exec,
    read_environment_of_a_helper,
    read_environment_of_a_passphrase_command,
    read_environment_of_the_browser,
    read_environment_of_git,
    read_environment_of_powershell,
]


@pytest.mark.parametrize("read_environment", CHILDREN)
def test_no_child_inherits_a_secret_of_ours(
    two_profiles: Path, read_environment: Callable[[Path, Mapping[str, str]], dict[str, str]]
) -> None:
    seen = read_environment(two_profiles, SECRETS | PLAIN)
    assert PLAIN.items() <= seen.items()
    assert [name for name, value in seen.items() if PASSWORD in value] == []


def test_every_variable_with_a_secret_is_tried_here() -> None:
    assert set(SECRETS) | {"ARKA_API_KEY"} == set(app.secret_variables)


def test_the_app_declares_the_secret_settings_of_its_class() -> None:
    leaves = app.settings_class().leaves()
    secret = {name for name, leaf in leaves.items() if leaf.field.secret and name != "token"}
    assert secret == set(app.secret_settings or ())


def find_program_starts(path: Path) -> set[str]:
    """Return the calls in a file that start a program."""
    modules = {"subprocess", "webbrowser", "pty"}
    functions = ("exec", "spawn", "posix_spawn", "system", "popen", "startfile")
    return {
        ast.unparse(node.func)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and (node.func.value.id in modules or (node.func.value.id == "os" and node.func.attr.startswith(functions)))
    }


def test_every_started_program_gets_an_environment_without_secrets() -> None:
    starts = {str(path.relative_to(PACKAGE)): find_program_starts(path) for path in PACKAGE.rglob("*.py")}
    assert {path: calls for path, calls in starts.items() if calls} == {
        "cli/runtime/completion_places.py": {"subprocess.run"},
        "cli/runtime/session.py": {"webbrowser.open"},
        "scanning/git.py": {"subprocess.Popen"},
        "store/programs.py": {"subprocess.run"},
        "store/system.py": {"subprocess.run", "os.execve"},  # called by exec_process.py
    }, "use child_environment, and add the program to CHILDREN"


def test_a_proxy_without_a_password_is_passed_to_the_child(two_profiles: Path) -> None:
    environ = {"ARKA_PROXY": "http://proxy.example:3128"}
    assert environ.items() <= read_environment_of_exec(two_profiles, environ).items()


def test_arka_works_inside_arka_exec(two_profiles: Path) -> None:
    assert run_exec(two_profiles, "-p", "ci", "--", *ARKA, "token", **SECRETS).stdout == f"{OTHER}\n"
    inner = run_exec(two_profiles, "-p", "ci", "--", *ARKA, "exec", "-p", "work", "--", "printenv", "ARKA_API_KEY")
    assert inner.stdout == f"{TOKEN}\n"


# Secret settings of other apps


@pytest.mark.parametrize("declared", [None, ("password",)])
def test_a_secret_setting_of_another_app_is_removed(declared: tuple[str, ...] | None) -> None:
    other = App("acme", settings="tests.acme:Settings", secret_settings=declared)
    environ = {"PATH": os.environ["PATH"], "ACME_PASSWORD": PASSWORD, "ACME_REGION": "eu"}
    seen = json.loads(read_output(SHOW, other, environ, "a helper"))
    assert ("ACME_PASSWORD" in seen, seen["ACME_REGION"]) == (False, "eu")


def test_the_settings_class_is_not_imported_without_a_variable_of_the_app() -> None:
    other = App("acme", settings="no.such.module:Settings")
    environ = {"PATH": os.environ["PATH"], "ACME_PROFILE": "x"}
    assert json.loads(read_output(SHOW, other, environ, "a helper"))["ACME_PROFILE"] == "x"


# Variables that the token references of other profiles name


@pytest.fixture
def references(two_profiles: Path) -> Path:
    """Two more profiles. Their tokens are in variables."""
    for name in ("pipeline", "nightly"):
        assert arka("profiles", "create", name, f"token.env={name.upper()}_TOKEN").code == 0
    return two_profiles


@pytest.mark.parametrize("profile", ["work", "pipeline"])
def test_exec_passes_no_token_that_another_profile_s_reference_names(references: Path, profile: str) -> None:
    environ = {"PIPELINE_TOKEN": TOKEN, "NIGHTLY_TOKEN": OTHER, "UNRELATED_TOKEN": OTHER}
    done = run_exec(references, "-p", profile, "--", *SHOW, **environ)
    seen = json.loads(done.stdout)
    assert "NIGHTLY_TOKEN" not in seen
    assert ("PIPELINE_TOKEN" in seen) == (profile == "pipeline"), "the selected profile keeps its own"
    assert (seen["ARKA_API_KEY"], seen["UNRELATED_TOKEN"]) == (TOKEN, OTHER)


def test_exec_without_a_profile_passes_no_token_that_a_reference_names(references: Path) -> None:
    arka("use", "pipeline")
    (references / "state" / "active").unlink()
    environ = {"ARKA_API_KEY": OTHER, "PIPELINE_TOKEN": TOKEN}
    assert "PIPELINE_TOKEN" not in read_environment_of_exec(references, environ)


def test_the_browser_inherits_no_token_of_a_reference(references: Path) -> None:
    assert "PIPELINE_TOKEN" not in read_environment_of_the_browser(references, {"PIPELINE_TOKEN": TOKEN})


def test_exec_finds_a_reference_that_was_written_with_an_escape(references: Path) -> None:
    path = references / "config" / "profiles" / "nightly.toml"
    path.write_text('[token]\nenv = "NIGHT\\u004cY_TOKEN"\n')
    assert "NIGHTLY_TOKEN" not in read_environment_of_exec(references, {"NIGHTLY_TOKEN": TOKEN})


def test_exec_keeps_a_variable_that_a_profile_only_mentions(references: Path) -> None:
    arka("profiles", "set", "ci", "description=not UNRELATED_TOKEN")
    assert "UNRELATED_TOKEN" in read_environment_of_exec(references, {"UNRELATED_TOKEN": TOKEN})


def test_exec_works_with_another_profile_that_cannot_be_parsed(references: Path) -> None:
    path = references / "config" / "profiles" / "nightly.toml"
    path.write_text(f"{path.read_text()}\nbroken")
    seen = read_environment_of_exec(references, {"NIGHTLY_TOKEN": TOKEN, "UNRELATED_TOKEN": TOKEN})
    assert ("NIGHTLY_TOKEN" in seen, "UNRELATED_TOKEN" in seen) == (False, True)


def test_exec_reads_no_other_profile_if_no_variable_holds_a_token(
    references: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from arka_config.cli.runtime import exec_process

    read: list[str] = []
    real = files.read_with_status

    def record(path: str, **options: Any) -> tuple[str, os.stat_result] | None:
        read.append(path)
        return real(path, **options)

    monkeypatch.setattr(files, "read_with_status", record)
    session = Session(app, {"ARKA_HOME": str(references), "PATH": "/bin", "LANG": "C"})
    assert "ARKA_API_KEY" in exec_process.environment(session)
    assert {Path(path).stem for path in read if Path(path).parent.name == "profiles"} == {"work"}
    assert len(open_store(app, session.environ).names()) == 4
