"""The checksum of tokens: `login` remembers whether a workspace uses it, and `login` and `scan` check it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from arka_config import App, token_checksum
from arka_config.testing import FakeTokens, run_program
from tests.cli.program import arka

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workspace.fake import FakeWorkspace

BODY = "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1d"
TOKEN = f"arka_{BODY}{token_checksum.compute(BODY)}"
TYPED = TOKEN.replace("aB3d", "aB3e")  # also an older token, if the workspace has any


@pytest.fixture
def checked(home: Path, fake: FakeWorkspace) -> FakeWorkspace:
    """The default workspace after a login: all of its tokens have a checksum."""
    fake.checksum = "required"
    fake.add(TOKEN)
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(f'api_url = "{fake.url}"\n')
    assert log_in(TOKEN).code == 0
    fake.requests.clear()
    return fake


def log_in(token: str, *options: str) -> Any:
    return arka("login", "-p", "work", "--with-token", *options, stdin=token)


def read_formats(home: Path) -> Any:
    return json.loads((home / "state" / "token-formats.json").read_text())


def test_login_finds_a_typing_error_without_sending_anything(checked: FakeWorkspace, home: Path) -> None:
    assert read_formats(home) == {"version": 1, "checksums": {checked.url: "required"}}
    for options in ((), ("--no-verify",), ("--verify",)):
        done = log_in(TYPED, *options)
        assert (done.code, checked.requests) == (4, [])
        assert done.err.startswith("error: Invalid token: its last 6 characters, a checksum, do not match the rest")
        assert "rm " in done.err
        assert TYPED not in done.err


@pytest.mark.parametrize("checksum", ["optional", "none", ""])
def test_login_accepts_an_older_token_if_the_workspace_may_have_any(
    home: Path, fake: FakeWorkspace, checksum: str
) -> None:
    fake.checksum = checksum
    fake.add(TOKEN)
    fake.add(TYPED)
    for token in (TOKEN, TYPED):
        assert log_in(token, "--api-url", fake.url, "--verify").code == 0


def test_each_login_updates_whether_tokens_have_a_checksum(checked: FakeWorkspace, home: Path) -> None:
    checked.checksum = "optional"
    assert log_in(TOKEN).code == 0
    assert read_formats(home)["checksums"] == {checked.url: "optional"}
    checked.add(TYPED)
    assert log_in(TYPED).code == 0


def test_login_to_another_workspace_is_not_affected(checked: FakeWorkspace) -> None:
    assert arka("login", "-p", "x", "--with-token", "--no-verify", "--api-url", "https://a.dev", stdin=TYPED).code == 0


@pytest.mark.parametrize("text", ["", "[]", '{"version": 2}', '{"version": 1, "checksums": []}', "\\x00"])
def test_damaged_file_is_ignored_and_kept(checked: FakeWorkspace, home: Path, text: str) -> None:
    path = home / "state" / "token-formats.json"
    path.write_text(text)
    checked.add(TYPED)
    assert log_in(TYPED).code == 0
    assert path.read_text() == text


def scan(folder: Path, *options: str) -> tuple[list[str], int, str]:
    done = arka("scan", str(folder), "--json", *options)
    return [each["token"] for each in done.json["findings"]], done.json["look_alikes"], done.err


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder outside of a repository, with a token and a look-alike."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "a.py").write_text(f"{TOKEN}\n{TYPED}\n")
    return folder


def test_scan_ignores_look_alikes_if_every_token_has_a_checksum(checked: FakeWorkspace, folder: Path) -> None:
    masked = f"arka_…{TOKEN[-4:]}"
    assert scan(folder) == (
        [masked],
        1,
        "note: 1 look-alike is not shown, without a valid checksum; to show: --look-alikes\n",
    )
    assert scan(folder, "--look-alikes") == ([masked, masked], 0, "")


def test_scan_shows_all_if_a_workspace_may_have_older_tokens(checked: FakeWorkspace, folder: Path) -> None:
    arka("login", "-p", "x", "--with-token", "--no-verify", "--api-url", "https://a.dev", stdin=TYPED)
    assert len(scan(folder)[0]) == 2


def test_scan_shows_all_before_any_login(home: Path, folder: Path) -> None:
    assert len(scan(folder)[0]) == 2


def test_scan_of_an_app_that_requires_the_checksum_ignores_look_alikes(home: Path, folder: Path) -> None:
    app = App("arka", token_prefix="arka_", token_length=42, token_checksum="required", api_url="https://a.dev")
    done = run_program(app.main(), ("scan", str(folder), "--json"))
    assert (len(done.json["findings"]), done.json["look_alikes"]) == (1, 1)
    token = FakeTokens(app).make()
    assert run_program(app.main(), ("login", "--with-token", "--no-verify"), stdin=token).code == 0
    assert run_program(app.main(), ("login", "--with-token", "--no-verify"), stdin=TYPED).code == 4
