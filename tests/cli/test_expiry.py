"""When a token expires: never, unknown and not checked are three different words."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from arka_config import Credential, Origin, Secret, open_store, timestamps
from arka_config.arka import app
from tests.cli.program import OTHER, TOKEN, arka
from tests.workspace import fake as steps

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workspace.fake import FakeWorkspace

FUTURE = "2099-01-31T12:00:00Z"


def store(home: Path, expires: str, url: str = "https://arka-ai.com") -> None:
    """Store a token with this expiry in profile `ci`."""
    open_store(app, {"ARKA_HOME": str(home)}).log_in("ci", Credential(Secret(OTHER), Origin.of(url), expires=expires))


def set_preference(home: Path, line: str) -> None:
    (home / "config").mkdir(parents=True, exist_ok=True)
    (home / "config" / "config.toml").write_text(line)


# Never, unknown, not checked


def log_in(fake: FakeWorkspace, *options: str) -> None:
    assert arka("login", "-p", "work", "--with-token", "--api-url", fake.url, *options, stdin=TOKEN).code == 0


def shown(name: str) -> tuple[str, object, object]:
    """The expiry in `profiles list` (the column after the token), and `expires` and `expiry` of its JSON."""
    row = next(row for row in arka("profiles", "list").out.splitlines() if name in row)
    (document,) = (each for each in arka("profiles", "list", "--json").json["profiles"] if each["name"] == name)
    words = [word.strip() for word in row.replace("●", " ").split("  ") if word.strip()]
    return words[2], document["token"]["expires"], document["token"]["expiry"]


def test_profiles_list_tells_never_unknown_and_not_checked_apart(home: Path, fake: FakeWorkspace) -> None:
    fake.add(TOKEN)
    log_in(fake)
    store(home, "")
    arka("profiles", "create", "runner")
    (home / "config" / "profiles" / "runner.toml").write_text('[token]\nenv = "RUNNER_TOKEN"\n')
    assert shown("work") == ("never", None, "never")
    assert shown("ci") == ("unknown", None, "unknown")
    assert shown("runner") == ("not checked", None, "not_checked")
    assert "expires      not checked" in arka("profiles", "show", "runner").out
    assert "expires      never" in arka("profiles", "show", "work").out
    store(home, FUTURE)
    assert shown("ci")[1:] == (FUTURE, "date")


@pytest.mark.parametrize(
    ("token", "word"), [({"expires": None}, "never"), ({}, "unknown"), ({"expires": FUTURE}, "date")]
)
def test_status_and_login_report_what_the_workspace_says(
    home: Path, fake: FakeWorkspace, token: dict[str, str | None], word: str
) -> None:
    answer = {"user": {"id": "usr_1", "email": "ann@example.com"}, "token": {"id": "tok_1", **token}}
    fake.script = [steps.reply_json(200, answer)] * 2
    done = arka("login", "--with-token", "--json", "--api-url", fake.url, stdin=TOKEN)
    assert (done.json["expiry"], done.json["expires"]) == (word, token.get("expires"))
    document = arka("status", "--json").json["token"]
    assert (document["expiry"], document["expires"]) == (word, token.get("expires"))
    stored = json.loads((home / "data" / "tokens" / "default.json").read_text())
    assert stored.get("expires") == {"never": "never", "unknown": None, "date": FUTURE}[word]


@pytest.mark.usefixtures("two_profiles")
def test_status_offline_says_that_an_unknown_expiry_was_not_checked() -> None:
    assert "expires   not checked" in arka("status", "--offline").out
    assert "expires   unknown" in arka("status").out
    assert arka("status", "--offline", "--json").json["token"]["expiry"] == "not_checked"
    assert arka("status", "--json", environ={"ARKA_API_KEY": OTHER}).json["token"]["expiry"] == "unknown"


def test_rotate_stores_and_reports_that_the_new_token_never_expires(home: Path, fake: FakeWorkspace) -> None:
    fake.add(TOKEN)
    log_in(fake)
    document = arka("rotate", "--json").json
    assert (document["expiry"], document["expires"]) == ("never", None)
    assert json.loads((home / "data" / "tokens" / "work.json").read_text())["expires"] == "never"


# --expiring


@pytest.mark.parametrize(("expires", "code"), [(None, 0), ("soon", 3), (FUTURE, 0)])
@pytest.mark.usefixtures("home")
def test_status_expiring_asks_the_workspace_for_an_unknown_expiry(
    fake: FakeWorkspace, expires: str | None, code: int
) -> None:
    soon = timestamps.to_text(timestamps.now() + timedelta(days=3))
    fake.add(TOKEN, expires=soon if expires == "soon" else expires)
    log_in(fake, "--no-verify")
    assert arka("status", "--expiring", "14d").code == code


@pytest.mark.parametrize(("kind", "line"), [("env", "RUNNER_TOKEN"), ("helper", "printing")])
def test_status_expiring_follows_a_token_reference(home: Path, fake: FakeWorkspace, kind: str, line: str) -> None:
    fake.add(TOKEN, expires=timestamps.to_text(timestamps.now() + timedelta(days=3)))
    set_preference(home, f'[helpers]\nprinting = ["echo", "{TOKEN}"]\n')
    assert arka("profiles", "create", "runner").code == 0
    path = home / "config" / "profiles" / "runner.toml"
    path.write_text(f'api_url = "{fake.url}"\n[token]\n{kind} = "{line}"\n')
    done = arka("status", "-p", "runner", "--expiring", "14d", environ={"RUNNER_TOKEN": TOKEN})
    assert (done.code, len(fake.requests)) == (3, 1)


@pytest.mark.usefixtures("two_profiles")
def test_status_expiring_offline_says_that_the_expiry_is_unknown_and_exits_with_3() -> None:
    done = arka("status", "--offline", "--expiring", "14d")
    assert done.code == 3
    assert "it is not known when this token expires: with --offline, the workspace is not asked\n" in done.err
    assert arka("status", "-p", "ci", "--offline", "--expiring", "14d").code == 0


def test_status_expiring_offline_accepts_a_token_that_never_expires(home: Path) -> None:
    store(home, "never")
    done = arka("status", "--offline", "--expiring", "14d")
    assert (done.code, done.err) == (0, "")
