"""`login` checks a token and stores it in a profile. If the check fails, nothing changes."""

from __future__ import annotations

import json
import os
import stat
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from arka_config import timestamps
from tests.cli.program import OTHER, TOKEN, Result, arka

if TYPE_CHECKING:
    from pathlib import Path

OTHER_URL = "https://eu.arka-ai.com"


def login(*options: str, token: str = TOKEN) -> Result:
    return arka("login", *options, "--with-token", stdin=token)


def read_stored(home: Path, name: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((home / "data" / "tokens" / f"{name}.json").read_text())
    return found


def set_user(home: Path, name: str, user: str) -> None:
    file = home / "data" / "tokens" / f"{name}.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"user": user}))


def nothing_is_stored(home: Path) -> bool:
    return not list(home.rglob("*.json")) and not list(home.rglob("*.toml"))


def test_login_reads_the_token_from_stdin_and_strips_whitespace(home: Path) -> None:
    done = login("-p", "work", token=f"  {TOKEN}\r\n")
    assert (done.code, done.out) == (0, "")
    assert "✓ Stored arka_…9f3c under profile 'work', for https://arka-ai.com (unverified)" in done.err
    assert read_stored(home, "work")["token"] == TOKEN


@pytest.mark.parametrize(
    "text",
    [f"Bearer {TOKEN}", f"bearer  {TOKEN}", f'"{TOKEN}"', f"' {TOKEN} '", f'"Authorization: Bearer {TOKEN}"\n'],
)
def test_login_accepts_a_token_copied_with_quotes_or_bearer(home: Path, text: str) -> None:
    assert login(token=text).code == 0
    assert read_stored(home, "default")["token"] == TOKEN


@pytest.mark.parametrize(("value", "named"), [(f"Bearer {TOKEN}", "Bearer"), (f'"{TOKEN}"', "quotes")])
@pytest.mark.usefixtures("home")
def test_variable_with_quotes_or_bearer_is_named(value: str, named: str) -> None:
    done = arka("token", environ={"ARKA_API_KEY": value})
    assert (done.code, named in done.err, TOKEN in done.err) == (4, True, False)


def test_login_reads_the_token_from_a_file(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    file.chmod(0o600)
    assert arka("login", "--token-file", str(file)).code == 0
    assert read_stored(home, "default")["token"] == TOKEN


def test_login_takes_the_token_of_the_global_flag(home: Path) -> None:
    assert arka("--api-key", TOKEN, "login").code == 0
    assert arka("--token", OTHER, "login", "-p", "ci").code == 0
    assert (read_stored(home, "default")["token"], read_stored(home, "ci")["token"]) == (TOKEN, OTHER)


@pytest.mark.parametrize("mode", [0o622, 0o666])
def test_login_refuses_a_token_file_that_others_can_write(home: Path, tmp_path: Path, mode: int) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(mode)
    done = arka("login", "--token-file", str(file))
    assert (done.code, "can be written by others" in done.err) == (1, True)
    assert nothing_is_stored(home)


def test_login_names_a_missing_token_file(home: Path, tmp_path: Path) -> None:
    done = arka("login", "--token-file", str(tmp_path / "none"))
    assert (done.code, str(tmp_path / "none") in done.err) == (4, True)
    assert nothing_is_stored(home)


def test_login_json_describes_the_stored_token(home: Path) -> None:
    done = login("--json", "-p", "work", "--label", "MacBook Pro", "--expires", "2099-12-31")
    assert done.json == {
        "profile": "work",
        "active": True,
        "token": "arka_…9f3c",
        "origin": "https://arka-ai.com",
        "storage": "plain",
        "label": "MacBook Pro",
        "expires": "2099-12-31T23:59:59Z",
        "expiry": "date",
        "verified": False,
        "state": "unreachable",
        "reason": "https://arka-ai.com cannot be reached: the proxy refused the connection",
        "user": None,
    }


def test_first_login_activates_its_profile_and_later_ones_say_how_to_switch(home: Path) -> None:
    first, second = login("-p", "work"), login("-p", "ci", token=OTHER)
    assert "arka use" not in first.err
    assert "switch with: arka use ci" in second.err
    assert arka("token").out == f"{TOKEN}\n"


def test_login_use_activates_the_profile(two_profiles: Path) -> None:
    done = login("-p", "third", "--use")
    assert "arka use" not in done.err
    assert arka("config", "get", "profile").out == "third\n"
    assert arka("use", "-").err == "✓ Profile 'work' is active\n"


@pytest.mark.usefixtures("home")
def test_login_notes_plain_text_storage_only_once() -> None:
    assert "the token is stored in plain text in ~/arka/data/tokens/work.json" in login("-p", "work").err
    assert "plain text" not in login("-p", "ci").err


def test_login_without_a_name_uses_the_effective_profile(two_profiles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert login("--json", token=OTHER).json["profile"] == "work"
    monkeypatch.setenv("ARKA_PROFILE", "runner")
    assert login("--json").json["profile"] == "runner"


def test_login_replaces_a_token_of_the_same_workspace(two_profiles: Path) -> None:
    assert login("-p", "work", token=OTHER).code == 0
    assert arka("token").out == f"{OTHER}\n"


def test_login_drops_the_metadata_of_the_old_token(two_profiles: Path) -> None:
    assert login("-p", "work", token=OTHER).code == 0
    assert "label" not in read_stored(two_profiles, "work")


def test_login_replaces_another_workspace_s_token_only_with_force(two_profiles: Path) -> None:
    set_user(two_profiles, "work", "ann@example.com")  # the token was verified
    done = login("-p", "work", "--api-url", OTHER_URL, token=OTHER)
    assert (done.code, read_stored(two_profiles, "work")["token"]) == (1, TOKEN)
    assert f"has a token for https://arka-ai.com, and this one is for {OTHER_URL}; nothing was stored" in done.err
    assert "--force" in done.err
    assert login("-p", "work", "--api-url", OTHER_URL, "--force", token=OTHER).code == 0
    assert read_stored(two_profiles, "work")["origin"] == OTHER_URL
    assert arka("status", "-p", "work").code == 0


def test_login_corrects_the_url_of_an_unverified_token_without_force(home: Path) -> None:
    assert login("-p", "work", "--api-url", "https://typo.example/workspaces/7").code == 0
    done = login("-p", "work", "--api-url", OTHER_URL)
    assert (done.code, "has a token for https://typo.example that was never verified" in done.err) == (0, True)
    assert read_stored(home, "work")["origin"] == OTHER_URL
    assert arka("token", "-p", "work", "--for", OTHER_URL).out == f"{TOKEN}\n"


def test_login_says_if_the_profile_s_url_beats_the_variable(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert arka("profiles", "create", "work", "api_url=https://old.example").code == 0
    monkeypatch.setenv("ARKA_API_URL", OTHER_URL)
    done = login("-p", "work")
    assert (done.code, read_stored(home, "work")["origin"]) == (0, "https://old.example")
    assert f"work.toml: api_url; ARKA_API_URL is not used. To change it: --api-url {OTHER_URL}\n" in done.err
    monkeypatch.setenv("ARKA_API_URL", "https://old.example/v2")
    assert "ARKA_API_URL" not in login("-p", "work").err


def test_login_stores_a_url_without_the_path_of_the_default_one(home: Path) -> None:
    """If it stored only the origin, the token would go to the default URL, with its path."""
    assert arka("config", "set", f"api_url={OTHER_URL}/api").code == 0
    for name, path, stored in (("bare", "", OTHER_URL), ("same", "/api", None)):
        assert login("-p", name, "--api-url", OTHER_URL + path, "--no-verify").code == 0
        assert json.loads(arka("profiles", "show", name, "--json").out)["api_url"] == stored
        assert arka("config", "get", "api_url", "-p", name).out == f"{OTHER_URL}{path}\n"


def test_login_stores_the_url_s_path_in_the_profile(home: Path) -> None:
    assert login("-p", "eu", "--api-url", f"{OTHER_URL}/workspaces/7").code == 0
    assert read_stored(home, "eu")["origin"] == OTHER_URL
    assert arka("config", "get", "api_url", "-p", "eu").out == f"{OTHER_URL}/workspaces/7\n"


def test_login_writes_no_profile_file_for_an_origin_only(home: Path) -> None:
    assert login("-p", "eu", "--api-url", OTHER_URL).code == 0
    assert not (home / "config").exists()
    assert arka("config", "get", "api_url", "-p", "eu").out == f"{OTHER_URL}\n"


def test_login_uses_the_url_of_the_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert arka("profiles", "create", "eu", f"api_url={OTHER_URL}").code == 0  # so this user has used it
    monkeypatch.setenv("ARKA_API_URL", OTHER_URL)
    assert login("--json").json["origin"] == OTHER_URL


def test_login_refuses_a_profile_url_that_conflicts_with_the_environment(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert arka("profiles", "create", "work", "api_url=https://arka.example").code == 0
    monkeypatch.setenv("ARKA_PROFILE", "work")
    monkeypatch.setenv("ARKA_API_URL", OTHER_URL)
    done = login()
    assert done.code == 1
    assert f"ARKA_API_URL says {OTHER_URL}, but" in done.err
    assert "work.toml: api_url says https://arka.example" in done.err
    assert not (home / "data").exists()
    assert login("--api-url", OTHER_URL).code == 0  # the option decides, and the profile's file is updated
    assert f'api_url = "{OTHER_URL}"' in (home / "config" / "profiles" / "work.toml").read_text()


def test_login_expect_user_stores_nothing_if_the_user_is_unknown(home: Path) -> None:
    done = login("--expect-user", "someone@example.com")
    assert (done.code, done.out) == (1, "")
    assert "someone@example.com" in done.err
    assert nothing_is_stored(home)


@pytest.mark.parametrize(
    ("text", "expires"),
    [
        ("2099-12-31", "2099-12-31T23:59:59Z"),
        ("2099-02-28T12:00:00+02:00", "2099-02-28T10:00:00Z"),
        ("2099-02-28T12:00:00Z", "2099-02-28T12:00:00Z"),
    ],
)
def test_login_expires_accepts_a_date_or_timestamp(home: Path, text: str, expires: str) -> None:
    assert login("--expires", text).code == 0
    assert read_stored(home, "default")["expires"] == expires


@pytest.mark.parametrize(("text", "days"), [("90d", 90), ("12w", 84), ("3mo", 90), ("1y", 365), ("1Y", 365)])
def test_login_expires_accepts_a_duration(home: Path, text: str, days: int) -> None:
    before = timestamps.now()
    assert login("--expires", text).code == 0
    found = timestamps.parse(read_stored(home, "default")["expires"])
    assert before + timedelta(days=days) <= found <= timestamps.now() + timedelta(days=days)


@pytest.mark.parametrize("text", ["soon", "2027-02-30", "90", "-1d", "99999y", "", "d", "9" * 5000])
def test_login_expires_rejects_anything_else(home: Path, text: str) -> None:
    done = login("--expires", text)
    assert done.code == 2
    assert "is neither a date such as 2027-02-28 nor a duration such as 90d" in done.err
    assert nothing_is_stored(home)


@pytest.mark.parametrize("character", ["\x1b", "\n", "\x7f", "\x9b", "\u2028", "\u202e", "\udcff"])
def test_login_rejects_a_label_with_a_control_character(home: Path, character: str) -> None:
    done = login("--label", f"a{character}b")
    assert done.code == 1
    found = "is not UTF-8 text: byte 0xFF" if character == "\udcff" else "contains a forbidden character: U+"
    assert f"--label {found}" in done.err
    assert "at position 2" in done.err
    assert nothing_is_stored(home)


def test_login_rejects_a_label_that_contains_a_token(home: Path) -> None:
    done = login("--label", f"my {OTHER}")
    assert (done.code, OTHER in done.err) == (2, False)
    assert "--label contains a token, but labels are not secret" in done.err
    assert nothing_is_stored(home)


MALFORMED = {
    "another program's": "ghp_" + "x" * 38,
    "its beginning is missing": TOKEN[5:],
    "cut off": TOKEN[:-1],
    "pasted twice": TOKEN + TOKEN,
    "a space within": f"{TOKEN[:20]} {TOKEN[21:]}",
    "two lines": f"{TOKEN}\n{OTHER}",
    "a control character within": f"{TOKEN[:20]}\x00{TOKEN[21:]}",
    "not ASCII": f"{TOKEN[:-1]}é",
}


@pytest.mark.parametrize("token", MALFORMED.values(), ids=list(MALFORMED))
def test_login_rejects_a_malformed_token_without_repeating_it(home: Path, token: str) -> None:
    done = login(token=token)
    assert done.out == ""
    assert "w" * 8 not in done.err
    assert "x" * 8 not in done.err
    assert nothing_is_stored(home)
    if token.isprintable():
        assert done.code == 4
        assert "Invalid token: it " in done.err
        assert "hint: copy one whole from https://arka-ai.com/app/personal/settings/tokens" in done.err


@pytest.mark.parametrize(
    ("token", "said"),
    [
        (TOKEN[5:], "it does not start with arka_"),
        (TOKEN[:-1], "it has 41 characters and not 42: was it copied whole?"),
        (TOKEN[:-1] + ".", "it contains a character that no token has"),
    ],
)
@pytest.mark.usefixtures("home")
def test_login_says_what_is_wrong_with_a_malformed_token(token: str, said: str) -> None:
    assert f"Invalid token: {said}" in login(token=token).err


@pytest.mark.usefixtures("home")
def test_login_hint_names_the_tokens_page_of_that_workspace() -> None:
    done = login("--api-url", OTHER_URL, token="wrong")
    assert f"{OTHER_URL}/app/personal/settings/tokens" in done.err


@pytest.mark.parametrize("token", ["", " \n"])
def test_login_fails_if_stdin_has_no_token(home: Path, token: str) -> None:
    done = login(token=token)
    assert (done.code, "--with-token: no token was given" in done.err) == (4, True)
    assert nothing_is_stored(home)


def test_login_refuses_a_pipe_or_an_empty_path_as_token_file(home: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # as in `--token-file <(op read …)`
    done = arka("login", "--token-file", str(tmp_path / "pipe"))
    assert (done.code, f"--token-file: {tmp_path}/pipe is not a regular file" in done.err) == (4, True)
    assert "hint: pipe the token to --with-token instead" in done.err
    done = arka("login", "--token-file", "")  # an empty variable
    assert (done.code, "--token-file: the path is empty" in done.err) == (2, True)
    assert nothing_is_stored(home)


@pytest.mark.parametrize("options", [[], ["--no-input"], ["--json"], ["--no-browser"]])
def test_login_without_a_terminal_names_the_options(home: Path, options: list[str]) -> None:
    done = arka("login", *options)
    assert (done.code, bool(done.out)) == (2, "--json" in options)
    assert "--with-token reads it from stdin, --token-file PATH from a file" in done.err
    assert nothing_is_stored(home)


@pytest.mark.parametrize(
    "url", ["http://arka-ai.com", "ftp://arka-ai.com", "arka-ai.com", "https://me:pass@arka-ai.com", "https://"]
)
def test_login_rejects_a_url_that_may_not_receive_a_token(home: Path, url: str) -> None:
    done = login("--api-url", url)
    assert (done.code, "--api-url" in done.err) == (1, True)
    assert nothing_is_stored(home)


@pytest.mark.usefixtures("home")
def test_login_accepts_http_for_localhost() -> None:
    assert login("--json", "--api-url", "http://localhost:8000").json["origin"] == "http://localhost:8000"


def test_login_refuses_a_profile_with_a_token_reference(home: Path) -> None:
    assert arka("profiles", "create", "far", "token.env=FAR_TOKEN").code == 0
    done = login("-p", "far")
    assert (done.code, "hint: arka profiles unset far token" in done.err) == (1, True)
    assert not (home / "data").exists()


@pytest.mark.usefixtures("home")
def test_login_notes_an_exported_token_that_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARKA_API_KEY", OTHER)
    done = login("-p", "work")
    assert "ARKA_API_KEY is set, and wins over this token unless --profile work is given" in done.err


def test_login_creates_private_files(home: Path) -> None:
    assert login("-p", "work").code == 0
    modes = {path.relative_to(home).as_posix(): stat.S_IMODE(path.stat().st_mode) for path in home.rglob("*")}
    assert modes["data"] == modes["data/tokens"] == modes["state"] == 0o700
    assert modes["data/tokens/work.json"] == modes["state/active"] == 0o600
