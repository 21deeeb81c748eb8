"""If a text is not in the app's token format, it is neither printed, sent nor shown, whatever its source is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.program import OTHER, arka

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workspace.fake import FakeWorkspace

DATABASE = "postgresql://arka:hunter2@db.example/workspace"
NO_TOKENS = ["***", DATABASE, OTHER[:-1], OTHER[:-1] + "!"]
COMMANDS = [
    ["token"],
    ["token", "--json"],
    ["exec", "--", "true"],
    ["status"],
    ["status", "--json"],
    ["status", "--show-token"],
    ["config", "get", "token", "--show-token"],
    ["env", "--with-token"],
    ["export", "dotenv"],
]


@pytest.mark.parametrize("text", NO_TOKENS)
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.usefixtures("home")
def test_variable_without_a_token_is_refused_by_name(command: list[str], text: str, fake: FakeWorkspace) -> None:
    done = arka(*command, environ={"ARKA_API_KEY": text, "ARKA_API_URL": fake.url})
    assert done.code == 4
    assert "ARKA_API_KEY is not a token: it " in done.err
    for secret in (text, "hunter2", "workspace", "w77d"):
        assert secret not in done.out + done.err.replace("the workspace's", "")
    assert fake.requests == []


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_reference_without_a_token_is_refused_by_name(
    command: list[str], home: Path, tmp_path: Path, fake: FakeWorkspace
) -> None:
    file = tmp_path / "notes"
    file.write_text(DATABASE)
    file.chmod(0o600)
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(f'[helpers]\nvault = ["echo", "{DATABASE}"]\n')
    for reference in ("token.env=FAR_TOKEN", f"token.file={file}", "token.helper=vault"):
        assert arka("profiles", "create", "far", reference, f"api_url={fake.url}").code == 0
        done = arka("-p", "far", *command, environ={"FAR_TOKEN": DATABASE})
        assert "hunter2" not in done.out + done.err
        if command[0] != "status" or "helper" not in reference:  # status runs no helper to verify
            assert done.code == 4, (reference, done)
            assert "profile 'far' takes its token from " in done.err
            assert ", which is not a token: it does not start with arka_" in done.err
        arka("profiles", "remove", "far", "--yes")
    assert fake.requests == []


@pytest.mark.usefixtures("two_profiles")
def test_flag_without_a_token_is_refused_by_name() -> None:
    done = arka("--api-key", "hunter2", "token")
    assert (done.code, done.out) == (4, "")
    assert "error: --api-key is not a token: it does not start with arka_" in done.err
    assert "hunter2" not in done.err


@pytest.mark.usefixtures("two_profiles")
def test_profile_named_by_flag_ignores_a_variable_without_a_token() -> None:
    assert arka("token", "-p", "ci", environ={"ARKA_API_KEY": "***"}).out == f"{OTHER}\n"


@pytest.mark.parametrize(
    "name", ["API_KEY", "DATABASE_URL", "HOME", "PASSPHRASE", "PROFILE", "PROXY", "SESSION", "TIMEOUT"]
)
def test_token_reference_cannot_name_a_variable_of_the_app(name: str, home: Path, fake: FakeWorkspace) -> None:
    variable = f"ARKA_{name}"
    done = arka("profiles", "create", "far", f"token.env={variable}")
    assert done.code == 1
    assert f"{variable} is arka's own variable" in done.err
    (home / "config" / "profiles").mkdir(parents=True)
    (home / "config" / "profiles" / "far.toml").write_text(f'api_url = "{fake.url}"\ntoken.env = "{variable}"\n')
    value = {"HOME": str(home), "PROFILE": "far", "TIMEOUT": "5", "PROXY": fake.url}.get(name, OTHER)
    for command in (["token"], ["exec", "--", "true"], ["status"]):
        done = arka("-p", "far", *command, environ={variable: value})
        assert done.code == 4
        assert f"profile 'far' takes its token from ${variable}, which is arka's own variable" in done.err
    assert fake.requests == []
