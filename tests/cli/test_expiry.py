"""An expired token is reported when it is used. "Never", "unknown" and "not checked" are different words."""

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

PAST = "2020-01-31T12:00:00Z"
FUTURE = "2099-01-31T12:00:00Z"
WARNING = f"the token of profile 'ci' expired at {PAST}"


def store(home: Path, expires: str, url: str = "https://arka-ai.com") -> None:
    """Store a token with this expiry in profile `ci`."""
    open_store(app, {"ARKA_HOME": str(home)}).log_in("ci", Credential(Secret(OTHER), Origin.of(url), expires=expires))


def set_preference(home: Path, line: str) -> None:
    (home / "config").mkdir(parents=True, exist_ok=True)
    (home / "config" / "config.toml").write_text(line)


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that `exec` would run."""
    ran: list[list[str]] = []
    monkeypatch.setattr("os.execve", lambda _, words, __: ran.append(words))
    return ran


@pytest.mark.parametrize("line", ["token", "token -p ci", "token --for https://arka-ai.com", "env --with-token"])
def test_expired_token_is_printed_with_a_warning_on_one_line(home: Path, line: str) -> None:
    store(home, PAST)
    done = arka(*line.split())
    assert (done.code, OTHER in done.out) == (0, True)
    assert done.err == f"warning: {WARNING}; to replace it: arka login -p ci\n"


@pytest.mark.parametrize("line", ["exec -- true", "exec -p ci -- true"])
def test_exec_warns_of_an_expired_token_and_runs_the_command(home: Path, commands: list[list[str]], line: str) -> None:
    store(home, PAST)
    done = arka(*line.split())
    assert (commands, WARNING in done.err) == ([["true"]], True)


@pytest.mark.parametrize(
    "line", ["token", "token --json", "exec -- true", "env --with-token", "env --github --with-token"]
)
def test_refuse_exits_with_4_and_prints_no_expired_token(
    home: Path, tmp_path: Path, commands: list[list[str]], line: str
) -> None:
    store(home, PAST)
    set_preference(home, 'expiry = "refuse"\n')
    done = arka(*line.split(), environ={"GITHUB_ENV": str(tmp_path / "github.env")})
    assert (done.code, OTHER in done.out + done.err, commands) == (4, False, [])
    assert done.err == f"error: {WARNING}\nhint: arka login -p ci\n"
    assert not (tmp_path / "github.env").exists()


@pytest.mark.parametrize(
    "line", ["token --strict-expiry", "exec --strict-expiry -- true", "env --with-token --strict-expiry"]
)
def test_strict_expiry_exits_with_4_and_prints_no_expired_token(
    home: Path, commands: list[list[str]], line: str
) -> None:
    store(home, PAST)
    done = arka(*line.split())
    assert (done.code, done.out, commands) == (4, "", [])
    assert done.err == f"error: {WARNING}\nhint: arka login -p ci\n"
    store(home, FUTURE)
    assert arka(*line.split()).err == ""
    assert commands == ([["true"]] if line.startswith("exec") else [])


@pytest.mark.parametrize("expires", [FUTURE, "never", "", "2099-01-31T12:00:00+02:00"])
def test_token_that_is_not_known_to_be_expired_is_printed_without_a_warning(home: Path, expires: str) -> None:
    store(home, expires)
    set_preference(home, 'expiry = "refuse"\n')
    done = arka("token", "--strict-expiry")
    assert (done.code, done.out, done.err) == (0, f"{OTHER}\n", "")


def test_expiry_of_a_stored_token_does_not_matter_if_another_token_is_used(home: Path) -> None:
    store(home, PAST)
    set_preference(home, 'expiry = "refuse"\n')
    done = arka("token", environ={"ARKA_API_KEY": TOKEN})
    assert (done.code, done.out, WARNING in done.err) == (0, f"{TOKEN}\n", False)


def test_env_strict_expiry_without_a_token_is_a_usage_error(home: Path) -> None:
    store(home, PAST)
    done = arka("env", "--strict-expiry")
    assert (done.code, done.err.splitlines()[-1]) == (2, "hint: add --with-token")


@pytest.mark.parametrize("text", ["2001-01-01", "2001-01-01T00:00:00Z"])
@pytest.mark.parametrize("line", ["login --with-token --no-verify", "rotate", "tokens create x"])
def test_expires_in_the_past_is_a_usage_error(home: Path, line: str, text: str) -> None:
    done = arka(*line.split(), "--expires", text, stdin=TOKEN)
    assert (done.code, " is in the past\n" in done.err) == (2, True)
    assert not list(home.rglob("*.json"))


@pytest.mark.parametrize("options", [[], ["--with-token", "-p", "other"]])
def test_seal_does_not_seal_an_expired_token(home: Path, options: list[str]) -> None:
    pyrage = pytest.importorskip("pyrage", reason="the extra age is not installed")
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    store(home, PAST)
    done = arka("seal", "--to", recipient, *options, stdin=OTHER)
    assert (done.code, done.out) == (4, "")
    assert done.err == f"error: {WARNING}\nhint: arka login -p ci\n"


def test_legacy_sync_warns_of_an_expired_token(home: Path, tmp_path: Path) -> None:
    file = tmp_path / ".config" / "arka-code-nodejs" / "config.json"
    arka("login", "-p", "work", "--with-token", "--no-verify", stdin=TOKEN)
    store(home, PAST)
    set_preference(home, "legacy_sync = true\n")
    arka("use", "work")
    assert json.loads(file.read_text()) == {"token": TOKEN}
    done = arka("use", "ci")
    assert (done.code, f"warning: {WARNING}\nhint: arka login -p ci\n" in done.err) == (0, True)
    assert json.loads(file.read_text()) == {"token": OTHER}


def test_legacy_sync_with_refuse_removes_the_token_instead_of_writing_an_expired_one(
    home: Path, tmp_path: Path
) -> None:
    file = tmp_path / ".config" / "arka-code-nodejs" / "config.json"
    arka("login", "-p", "work", "--with-token", "--no-verify", stdin=TOKEN)
    store(home, PAST)
    set_preference(home, 'legacy_sync = true\nexpiry = "refuse"\n')
    arka("use", "work")
    done = arka("use", "ci")
    assert (done.code, "config.toml refuses one that has expired" in done.err) == (0, True)
    assert "arka_" not in file.read_text()


# Never, unknown, not checked


def log_in(fake: FakeWorkspace, *options: str) -> None:
    assert arka("login", "-p", "work", "--with-token", "--api-url", fake.url, *options, stdin=TOKEN).code == 0


def read_list(name: str) -> tuple[str, object, object]:
    """Return the expiry of `ci` in `profiles list` (the column after the token), and in its JSON."""
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
    assert read_list("work") == ("never", None, "never")
    assert read_list("ci") == ("unknown", None, "unknown")
    assert read_list("runner") == ("not checked", None, "not_checked")
    assert "expires      not checked" in arka("profiles", "show", "runner").out
    assert "expires      never" in arka("profiles", "show", "work").out
    store(home, FUTURE)
    assert read_list("ci")[1:] == (FUTURE, "date")


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


def test_tokens_list_tells_never_and_unknown_apart(home: Path, fake: FakeWorkspace) -> None:
    fake.add(TOKEN, "Mine", scopes=(steps.MANAGE,))
    fake.add(OTHER, "Silent")
    log_in(fake)
    del fake.tokens[OTHER]["details"]["expires"]
    mine, silent = (
        next(row for row in arka("tokens", "list").out.splitlines() if name in row) for name in ("Mine", "Silent")
    )
    assert ("unknown" in mine, "unknown" in silent) == (False, True)
    found = {each["label"]: each["expiry"] for each in arka("tokens", "list", "--json").json["tokens"]}
    assert found == {"Mine": "never", "Silent": "unknown"}


def test_profiles_verify_tells_never_unknown_and_not_checked_apart(home: Path, fake: FakeWorkspace) -> None:
    fake.add(TOKEN)
    log_in(fake)
    store(home, "", "https://unreachable.example")
    set_preference(home, f'[helpers]\nprinting = ["echo", "{TOKEN}"]\n')
    assert arka("profiles", "create", "runner", "token.helper=printing").code == 0
    profiles = arka("profiles", "verify", "--json").json["profiles"]
    assert {each["name"]: each["expiry"] for each in profiles} == {
        "ci": "unknown",
        "runner": "not_checked",
        "work": "never",
    }


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
