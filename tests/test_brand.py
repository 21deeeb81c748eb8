"""If a program has another name, it never names ARKA: not in its help, messages, topics, files, scripts or schema."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import AliasChoices, Field, SecretStr

import arka_config
from arka_config import App, ProfileSettings, Token, UrlVerifier, WorkspaceVerifier
from arka_config.cli.reference.man_pages import write_pages
from arka_config.cli.reference.topics import TOPICS
from arka_config.cli.runtime import command_tree
from arka_config.cli.runtime.completion_scripts import SUFFIXES
from arka_config.scanning.tokens import rule_for_gitleaks
from arka_config.templates.model import json_schema_text
from arka_config.testing import FakeTokens, RunCli
from tests.cli.program import every_command

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(arka_config.__file__).parent

# The library may name itself in these: its package, to install an extra of it, and its modules, in code for Python.
ITSELF = re.compile(r"arka-config\[\w+\]|\barka_config\b|^arka-config$")
OTHERS = {
    "sealing/unlockers/protocol.py": {
        "docs/guides/recovery.md of arka-config"
    },  # a page of the library's documentation
    "workspace/server/database.py": {"docs/guides/backup.md of arka-config"},  # the same
    "sealing/unlockers/weakness.py": {"hunter arka"},  # a list of weak passphrases
    "sealing/cipher.py": {"arka-config/1/"},  # separates keys (HKDF); never shown
    "store/files.py": {".arka-tmp"},  # a leftover of older versions, to remove it
    "cli/output/terminal.py": {"arka-config "},  # `--debug`: the library's version
    "workspace/server/selection.py": {"arka_label_matches"},  # a function in SQL
    "workspace/client/connection.py": {"arka"},  # a default that every caller replaces
}


def octo(**more: Any) -> App:
    return App(
        "octo",
        token_prefix=("ghp_", "github_pat_"),
        api_url="https://api.octo.example",
        tokens_page="https://octo.example/settings/tokens",
        version="2.1",
        **more,
    )


APPS = {
    "another-api": octo(verifier=UrlVerifier("/user", user="login"), settings=f"{__name__}:Settings"),
    "no-verifier": octo(),
    "workspace": octo(verifier=WorkspaceVerifier(), billing_page="/billing", legacy_project="octo-js"),
}


class Settings(ProfileSettings, app=APPS["another-api"], retired={"colour": "set NO_COLOR"}):
    token: Token | None = None
    timeout: float = Field(default=30, validation_alias=AliasChoices("timeout", "wait"), description="Seconds to wait.")
    webhook_secret: SecretStr | None = None


@pytest.fixture(params=APPS)
def cli_app(request: pytest.FixtureRequest) -> App:
    return APPS[request.param]


def find_brand(text: str) -> list[str]:
    """Return the lines of a text that name ARKA."""
    return [line for line in ITSELF.sub("", text).splitlines() if "arka" in line.lower()]


def test_no_help_page_names_arka(cli_app: App, run_cli: RunCli) -> None:
    names = [name for name, _ in every_command(command_tree.program(cli_app))]
    assert len(names) > 30
    for words in ([], *(name.split() for name in names)):
        done = run_cli(*words, "--help")
        assert done.code == 0
        assert "octo" in done.out
        assert find_brand(done.out + done.err) == [], words


def test_no_topic_names_arka(cli_app: App, run_cli: RunCli) -> None:
    for topic in TOPICS:
        done = run_cli("help", topic)
        assert (done.code, find_brand(done.out)) == (0, []), topic


def test_no_man_page_names_arka(cli_app: App) -> None:
    pages = write_pages(cli_app, command_tree.program(cli_app), "2.1")
    assert len(pages) > 30
    for name, text in pages.items():
        assert name.startswith("octo")
        assert find_brand(text) == [], name


@pytest.mark.parametrize("shell", SUFFIXES)
def test_no_completion_script_names_arka(
    shell: str, run_cli: RunCli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = str(tmp_path / "powershell" / "profile.ps1")  # if it had an answer, PowerShell would have to be installed
    monkeypatch.setattr("arka_config.cli.runtime.completion_places._powershell_profile", lambda _: profile)
    done = run_cli("completion", shell)
    assert (done.code, "octo" in done.out, find_brand(done.out)) == (0, True, [])
    for action in ("install", "uninstall"):
        done = run_cli("completion", action, shell, "--yes")
        assert (done.code, find_brand(done.out + done.err)) == (0, []), action
        written = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert [path for path in written if find_brand(f"{path.relative_to(tmp_path)}\n{path.read_text()}")] == []
        assert written or action == "uninstall"


def test_schema_scanner_rule_and_settings_reference_do_not_name_arka(cli_app: App, run_cli: RunCli) -> None:
    assert find_brand(json_schema_text(cli_app)) == []
    assert find_brand(rule_for_gitleaks(cli_app)) == []
    for words in (["config", "reference"], ["config", "reference", "--man"]):
        done = run_cli(*words)
        assert find_brand(done.out + done.err) == [], words


def test_secrets_and_old_names_do_not_name_arka(
    cli_app: App, run_cli: RunCli, cli_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    template = tmp_path / "ci.toml"
    template.write_text('version = 1\n[profile]\nname = "ci"\n[settings]\nwait = 7\ncolour = "red"\n')
    lines = [
        (["profiles", "create", "work"], ""),
        (["secrets", "list", "-p", "work"], ""),
        (["secrets", "set", "webhook_secret", "-p", "work"], "hunter2"),
        (["secrets", "list", "-p", "work"], ""),
        (["secrets", "list", "-p", "work", "--json"], ""),
        (["secrets", "set", "nosuch", "-p", "work"], "x"),
        (["profiles", "set", "work", "webhook_secret=hunter2"], ""),
        (["profiles", "set", "work", "wait=7"], ""),
        (["profiles", "set", "work", "colour=red"], ""),
        (["apply", "ci.toml", "--yes"], ""),
        (["doctor", "ci.toml"], ""),
        (["doctor", "--fix", "ci.toml"], ""),
        (["secrets", "unset", "webhook_secret", "-p", "work"], ""),
    ]
    for words, stdin in lines:
        done = run_cli(*words, stdin=stdin)
        assert find_brand(done.out + done.err) == [], words
    for path in (each for each in tmp_path.rglob("*") if each.is_file()):
        assert find_brand(f"{path.relative_to(tmp_path)}\n{path.read_text('utf-8')}") == [], path


def test_no_command_and_no_file_that_it_writes_names_arka(
    cli_tokens: FakeTokens, run_cli: RunCli, cli_home: Path, tmp_path: Path
) -> None:
    token = cli_tokens.make()
    template, key = tmp_path / "ci.toml", tmp_path / "key"
    lines = [
        (["login", "-p", "home", "--with-token", "--no-verify"], token),
        (["profiles", "create", "work", "description=Work"], ""),
        (["status", "--offline"], ""),
        (["status", "--offline", "--json"], ""),
        (["use", "home"], ""),
        (["use", "home", "--here"], ""),
        (["env"], ""),
        (["export", "dotenv", str(tmp_path / ".env")], ""),
        (["export", "template"], ""),
        (["plan", str(template)], ""),
        (["config", "set", "expiry_warning=7d"], ""),
        (["config", "show", "--sources"], ""),
        (["config", "path"], ""),
        (["vault", "enable", "--with", "key-file", "--key-file", str(key)], ""),
        (["vault", "status"], ""),
        (["scan", str(tmp_path)], ""),
        (["doctor", "--all"], ""),
        (["token", "--for", "https://other.example"], ""),
        (["token", "-p", "nosuch"], ""),
        (["nosuch"], ""),
        (["profiles", "set", "home", "api_url=http://x.example"], ""),
        (["logout"], ""),
    ]
    template.write_text('version = 1\n[profile]\nname = "ci"\n[token]\nenv = "OCTO_CI_TOKEN"\n')
    for words, stdin in lines:
        done = run_cli(*words, stdin=stdin)
        assert find_brand(done.out + done.err) == [], words
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 6
    for path in written:
        text = path.read_bytes().decode("utf-8", "replace")
        assert find_brand(f"{path.relative_to(tmp_path)}\n{text}") == [], path


def find_texts(tree: ast.AST) -> Iterator[str]:
    """Return every string of a module that a user may see: no docstrings, not even of attributes, and no names."""
    docstrings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings:
            yield node.value


def test_no_text_in_the_code_names_arka() -> None:
    found: dict[str, list[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        name = str(path.relative_to(PACKAGE))
        if name.startswith("arka/") or name == "__main__.py":  # ARKA's own program
            continue
        code = path.read_text("utf-8")
        if "arka" not in code.lower().replace("arka_config", ""):
            continue
        for text in find_texts(ast.parse(code)):
            shown = [line for line in find_brand(text) if not any(each in line for each in OTHERS.get(name, ()))]
            if shown:
                found.setdefault(name, []).extend(shown)
    assert found == {}


def test_no_page_of_a_workspace_names_arka() -> None:
    files = [
        path for path in (PACKAGE / "workspace" / "server" / "pages").rglob("*") if path.suffix in (".html", ".js")
    ]
    assert len(files) > 10
    for path in files:
        assert find_brand(path.read_text("utf-8")) == [], path


def test_every_error_for_json_names_the_program(run_cli: RunCli) -> None:
    error = json.loads(run_cli("token", "--json").out)["error"]
    assert error["hint"] == "octo login"
