"""`config set` and `config unset`, and the default workspace in `config.toml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.program import TOKEN, arka

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://arka.example"
TEXT = "# mine\nstorage = 'plain'  # why\n\n[helpers]\n# the manager\nop = ['op', 'read']\n"


@pytest.fixture
def file(home: Path) -> Path:
    file = home / "config" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(TEXT)
    return file


def test_set_keeps_comments_and_the_other_keys(file: Path) -> None:
    done = arka("config", "set", f"api_url={URL}", "legacy_sync=true", "allow_env=A_TOKEN, B_TOKEN", "helpers.x=y z")
    assert (done.code, done.err) == (0, f"✓ Changed {str(file).replace(str(file.parents[2]), '~')}\n")
    text = file.read_text()
    assert ("# mine\n" in text, "storage = 'plain'  # why" in text, "# the manager" in text) == (True, True, True)
    assert (f'api_url = "{URL}"' in text, "legacy_sync = true" in text) == (True, True)
    assert ('allow_env = ["A_TOKEN", "B_TOKEN"]' in text, 'x = "y z"' in text) == (True, True)
    assert arka("config", "unset", "api_url", "legacy_sync", "allow_env", "helpers.x").code == 0
    assert file.read_text() == TEXT


def test_set_creates_the_file(home: Path) -> None:
    assert arka("config", "set", "expiry_warning=30d", "--json").json["changed"] is True
    assert (home / "config" / "config.toml").read_text() == 'expiry_warning = "30d"\n'
    assert arka("config", "set", "expiry_warning=30d", "--json").json["changed"] is False
    assert arka("config", "unset", "storage", "--json").json["changed"] is False


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("storage=paper", "storage must be plain, sealed or keyring; nothing was changed"),
        ("api_url=arka.example", "api_url: 'arka.example' is not a URL"),
        ("legacy_sync=maybe", "legacy_sync must be true or false"),
        ("expiry_warning=soon", "expiry_warning: "),
        ("allow_env=[1", "allow_env: not an array"),
        ("ca_bundle=authority.pem", "ca_bundle is not the full path of a file"),
        ("storge=plain", "did you mean 'storage'?"),
        ("timeout=5", "it is set in a profile: arka profiles set NAME timeout=VALUE"),
        ("helpers=x", "helpers.NAME=COMMAND"),
        ("storage", "'storage' is not KEY=VALUE"),
        ("storage=", "arka config unset storage"),
        (f"helpers.x=echo {TOKEN}", "contains a token"),
    ],
)
def test_set_refuses_an_invalid_preference_and_changes_nothing(file: Path, word: str, said: str) -> None:
    done = arka("config", "set", "legacy_sync=true" if "legacy" not in word else "storage=plain", word)
    assert (done.code in (1, 2), said in done.err, TOKEN in done.err) == (True, True, False), done.err
    assert file.read_text() == TEXT


def test_set_corrects_an_invalid_value(file: Path) -> None:
    file.write_text("storage = 'paper'\n")
    assert arka("config", "set", "storage=plain").code == 0
    assert arka("config", "unset", "storage").code == 0
    assert file.read_text() == ""


def test_set_never_overwrites_a_file_that_cannot_be_parsed(file: Path) -> None:
    file.write_text("storage =\n")
    done = arka("config", "set", "storage=plain")
    assert (done.code, "config.toml: not TOML: line 1" in done.err) == (1, True)
    assert file.read_text() == "storage =\n"


@pytest.mark.usefixtures("file")
def test_unset_removes_a_key_that_is_not_known(file: Path) -> None:
    file.write_text("from_tomorrow = 1\n")
    assert arka("config", "unset", "from_tomorrow").code == 0
    assert file.read_text() == ""


def api_url(*options: str, **environ: str) -> tuple[object, object, object]:
    found = arka("config", "show", "--json", *options, environ=environ).json["settings"]["api_url"]
    return found["value"], found["layer"], found["source"]


def test_default_workspace_is_below_environment_and_profile_and_above_the_built_in_one(file: Path) -> None:
    assert api_url()[0] == "https://arka-ai.com"
    arka("config", "set", f"api_url={URL}")
    default = (URL, "default", str(file))
    assert api_url() == default
    assert api_url(ARKA_API_KEY=TOKEN) == default
    assert api_url(ARKA_API_KEY=TOKEN, ARKA_API_URL="https://eu.example")[:2] == ("https://eu.example", "env")
    arka("profiles", "create", "work", "api_url=https://work.example", "token.env=WORK_TOKEN")
    assert api_url("-p", "work", WORK_TOKEN=TOKEN)[0] == "https://work.example"
    assert api_url(ARKA_PROFILE="work", ARKA_API_KEY=TOKEN) == default


def test_login_stores_the_token_for_the_default_workspace(file: Path) -> None:
    arka("config", "set", f"api_url={URL}")
    done = arka("login", "--with-token", "--no-verify", stdin=TOKEN)
    assert f"for {URL} (unverified)" in done.err
    assert arka("token", "--for", URL).out == f"{TOKEN}\n"


def test_default_workspace_must_be_a_url(file: Path) -> None:
    file.write_text("api_url = 'arka.example'\n")
    done = arka("token", environ={"ARKA_API_KEY": TOKEN})
    assert (done.code, done.out, "config.toml: api_url: " in done.err) == (1, "", True)
