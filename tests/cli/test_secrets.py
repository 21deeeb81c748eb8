"""`secrets`, and every command that handles a profile with stored secrets: none of them shows a value."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from arka_config import Credential, Origin, Secret, open_store
from arka_config.cli.output import terminal
from arka_config.doctor.machine import Machine
from arka_config.doctor.registry import apply_fixes, run_checks
from arka_config.scanning.tokens import fingerprint
from tests.cli.program import TOKEN, arka
from tests.secretive import app, secretive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arka_config import ProfileStore
    from arka_config.testing import Result

SECRET = "hunter-2-and-more"
LEAKED = "arka_aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5h"
PATH = "~/arka/data/tokens/work.webhook_secret.json"


@pytest.fixture
def store(home: Path) -> ProfileStore:
    """A store with the active profile `work`, which has a token."""
    made = open_store(app)
    made.log_in("work", Credential(Secret(TOKEN), Origin.of("https://arka-ai.com")))
    return made


def run(*words: str, stdin: str = "", **environ: str) -> Result:
    """Run the app, and check that its output contains no part of the secret."""
    done = secretive(*words, stdin=stdin, environ=environ)
    assert "hunter" not in done.out + done.err
    assert "Traceback" not in done.err
    return done


def value(store: ProfileStore, field: str = "webhook_secret", profile: str = "work") -> str | None:
    secret = open_store(app).secrets.read(profile, field)
    return None if secret is None else secret.reveal()


@pytest.mark.parametrize(
    ("stdin", "stored"),
    [(SECRET, SECRET), (f"{SECRET}\n", SECRET), (f"{SECRET}\r\n", SECRET), ("a\n\tb\n\n", "a\n\tb\n")],
)
def test_set_stores_what_stdin_has_without_one_line_end(store: ProfileStore, stdin: str, stored: str) -> None:
    done = run("secrets", "set", "webhook_secret", stdin=stdin)
    assert done.code == 0, done.err
    assert done.err.splitlines() == [
        "✓ Stored the secret 'webhook_secret' of profile 'work'",
        f"note: it is stored in plain text in {PATH}, which only your account can read",
    ]
    assert value(store) == stored
    assert "webhook" not in "".join(path.read_text() for path in Path(store.folders.config).rglob("*.toml"))


def test_set_and_unset_report_in_json(store: ProfileStore) -> None:
    store.create("ci", {})
    done = run("secrets", "set", "mail.password", "-p", "ci", "--json", "--no-input", stdin=SECRET)
    assert done.json == {"profile": "ci", "secret": "mail.password", "storage": "plain"}
    listed = run("secrets", "list", "-p", "ci", "--json").json
    assert listed["profile"] == "ci"
    assert {each["name"]: each["storage"] for each in listed["secrets"]} == {
        **dict.fromkeys(("webhook_secret", "private_key", "pin", "keys", "named")),
        "mail.password": "plain",
    }
    assert listed["secrets"][-1] == {
        "name": "mail.password",
        "storage": "plain",
        "variable": "ARKA_MAIL__PASSWORD",
    }
    removed = run("secrets", "unset", "mail.password", "keys", "-p", "ci", "--json")
    assert removed.json == {"profile": "ci", "removed": ["mail.password"]}
    assert run("secrets", "unset", "keys", "-p", "ci").err == "✓ Profile 'ci' has none of these secrets\n"


def test_list_opens_nothing_and_names_secrets_without_a_setting(store: ProfileStore) -> None:
    run("secrets", "set", "webhook_secret", stdin=SECRET)
    store.set_secret("work", "retired", Secret(SECRET))
    run("vault", "enable")
    os.unlink(Path(store.folders.state, "vault.key"))
    lines = [line.split() for line in run("secrets", "list").out.splitlines()]
    assert lines[0] == ["SECRET", "STORAGE", "VARIABLE"]
    assert ["webhook_secret", "sealed", "ARKA_WEBHOOK_SECRET"] in lines
    assert ["retired", "sealed", "not", "a", "setting"] in lines
    assert run("secrets", "unset", "retired").code == 0


@pytest.mark.parametrize(
    ("words", "stdin", "code", "message"),
    [
        ("set webhook_secret=hunter-2", "", 2, "a secret cannot be given on the command line"),
        ("set token", SECRET, 2, "the token is not stored with 'secrets'"),
        ("set timeout", SECRET, 2, "'timeout' is not a secret"),
        ("set webhook_secre", SECRET, 2, "did you mean 'webhook_secret'?"),
        ("set webhook_secret -p wrok", SECRET, 1, "there is no profile 'wrok'"),
        ("set webhook_secret", "", 1, "webhook_secret: the secret is empty"),
        ("set webhook_secret", "ab", 1, "webhook_secret: value should have at least 4 items"),
        ("set pin", SECRET, 1, "pin: input should be a valid integer"),
        ("set keys", SECRET, 1, "keys: input should be a valid list"),
        ("set webhook_secret", "hunter\x1b[2J", 1, r"U+001B at position 7"),
        ("set webhook_secret --storage sealed", SECRET, 1, "sealing is off"),
        ("unset nope", "", 2, "there is no secret 'nope'"),
    ],
)
def test_unusable_secret_is_refused_and_not_shown(
    store: ProfileStore, words: str, stdin: str, code: int, message: str
) -> None:
    done = run("secrets", *words.split(), stdin=stdin)
    assert done.code == code
    assert message in done.err
    assert open_store(app).secrets.names() == []
    in_json = run("secrets", *words.split(), "--json", stdin=stdin)
    assert (in_json.code, in_json.json["error"]["exit_code"]) == (code, code)


def test_secret_that_is_too_long_is_refused_and_not_cut(store: ProfileStore) -> None:
    done = run("secrets", "set", "private_key", stdin="x" * 65_537 + "\n")
    assert (done.code, "is longer than 65536 characters" in done.err) == (1, True)
    assert run("secrets", "set", "private_key", stdin="x" * 65_536 + "\r\n").code == 0
    assert value(store, "private_key") == "x" * 65_536


def test_secret_that_is_not_text_is_refused_without_its_bytes(
    store: ProfileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    bytes_of = io.TextIOWrapper(io.BytesIO(b"hunter\xff"), encoding="utf-8", errors="strict")
    with mock.patch("arka_config.testing.io.StringIO", return_value=bytes_of):
        done = run("secrets", "set", "webhook_secret")
    assert (done.code, "stdin is not UTF-8 text" in done.err) == (1, True)


class Typed(io.StringIO):
    """A stdin that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("options", [["--no-input"], []], ids=["no input", "no terminal for the prompt"])
def test_set_never_asks_without_a_terminal_and_reads_no_echoed_line(store: ProfileStore, options: list[str]) -> None:
    with mock.patch("arka_config.testing.io.StringIO", return_value=Typed(SECRET)):
        done = run("secrets", "set", "webhook_secret", *options)
    assert done.code == 2
    assert "there is no secret to store" in done.err
    assert "arka secrets set webhook_secret < FILE" in done.err


def test_typed_secret_is_asked_for_again_if_it_is_invalid(store: ProfileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: Iterator[str] = iter(["ab", SECRET])
    asked = []

    def ask(question: str, **_: str) -> str:
        asked.append(question)
        return next(answers)

    monkeypatch.setattr(terminal, "can_ask", lambda _: True)
    monkeypatch.setattr(terminal, "ask_secret", ask)
    assert run("secrets", "set", "webhook_secret").code == 0
    assert asked == ["webhook_secret (it will not be shown)"] * 2
    assert value(store) == SECRET


def test_secrets_list_says_that_arka_has_only_the_token(home: Path) -> None:
    assert (arka("secrets", "list").code, arka("secrets", "list").err) == (
        0,
        "arka has no secrets other than the token\n",
    )
    assert arka("secrets", "set", "webhook_secret", stdin=SECRET).code == 2
    assert "secrets" not in arka("--help").out
    assert "secrets" in secretive("--help").out


def test_set_names_what_hides_the_secret(store: ProfileStore) -> None:
    store.edit("work", {("settings", "webhook_secret"): SECRET})
    done = run("secrets", "set", "webhook_secret", stdin=SECRET, ARKA_WEBHOOK_SECRET=SECRET)
    assert "note: ARKA_WEBHOOK_SECRET is set, and overrides it unless --profile work is given" in done.err
    assert "work.toml has settings.webhook_secret in plain text, which is not used any more" in done.err
    assert "hint: arka profiles unset work webhook_secret" in done.err


# Other commands


@pytest.fixture
def stored(store: ProfileStore) -> ProfileStore:
    for field, text in {"webhook_secret": SECRET, "keys": f'["{SECRET}"]', "mail.password": "hunter-3"}.items():
        store.set_secret("work", field, Secret(text))
    return store


@pytest.mark.parametrize(
    "line",
    [
        *("config show", "config show --json", "config show --sources", "config show --show-token"),
        *("config get webhook_secret", "config get keys --json", "profiles show", "profiles show --json"),
        *("profiles list --json", "status --offline --json", "doctor --json", "vault status --json"),
        *("export template work", "secrets list --json", "vault enable --json", "profiles rename work job --debug"),
    ],
)
def test_stored_secret_is_in_no_command_s_output(stored: ProfileStore, line: str) -> None:
    assert run(*line.split()).code == 0


def test_show_token_shows_no_other_secret(stored: ProfileStore) -> None:
    done = run("config", "get", "webhook_secret", "--show-token")
    assert (done.code, done.out) == (2, "")
    assert "webhook_secret is a secret" in done.err
    assert run("config", "get", "token", "--show-token").out == f"{TOKEN}\n"


def test_profiles_show_and_remove_name_secrets(stored: ProfileStore) -> None:
    assert run("profiles", "show", "--json").json["secrets"] == [
        {"name": "keys", "storage": "plain"},
        {"name": "mail.password", "storage": "plain"},
        {"name": "webhook_secret", "storage": "plain"},
    ]
    assert "~/arka/data/tokens/work.mail.password.json" in run("profiles", "show").out
    assert "Remove profile 'work' and its token and secrets?" in run("profiles", "remove", "work").err
    assert run("profiles", "remove", "work", "--yes").code == 0
    assert stored.secrets.names() == []


def test_vault_counts_secrets(stored: ProfileStore) -> None:
    enabled = run("vault", "enable", "--json")
    assert "sealed 1 token and 3 secrets" in enabled.err
    assert (enabled.json["sealed"], enabled.json["secrets"]) == (
        ["work"],
        ["work.keys", "work.mail.password", "work.webhook_secret"],
    )
    assert run("vault", "status", "--json").json["secrets"] == {"plain": 0, "sealed": 3, "keyring": 0}
    assert "sealed secrets  3" in run("vault", "status").out
    assert run("vault", "rekey").err.startswith("✓ Created a new data key; sealed 1 token and 3 secrets with it")
    assert "wrote 1 token and 3 secrets in plain text" in run("vault", "disable", "--yes").err


def test_dotenv_has_the_secrets_that_every_reader_agrees_on(stored: ProfileStore) -> None:
    done = secretive("export", "dotenv")
    assert done.out == (
        f"ARKA_API_KEY={TOKEN}\nARKA_API_URL=https://arka-ai.com\nARKA_WEBHOOK_SECRET={SECRET}\n"
        "ARKA_MAIL__PASSWORD=hunter-3\n"
    )
    assert "ARKA_KEYS cannot be written to a dotenv file" in done.err
    assert "it is left out" in done.err


def test_template_names_the_secrets_that_it_leaves_out(stored: ProfileStore) -> None:
    err = run("export", "template", "work").err
    assert "note: the secret 'webhook_secret' is omitted; on the other machine: arka secrets set webhook_secret" in err


def test_doctor_seals_a_plain_secret_and_reports_one_in_a_profile_s_file(stored: ProfileStore) -> None:
    run("vault", "enable")
    stored.set_secret("work", "webhook_secret", Secret(SECRET), storage="plain")
    stored.edit("work", {("settings", "mail", "password"): "hunter-3"})
    machine = Machine(open_store(app), directory="/")
    problems = {each.check: each for each in run_checks(machine)}
    assert problems.keys() == {"plain-tokens", "profiles"}
    assert problems["plain-tokens"].message == (
        "the secret 'webhook_secret' of profile 'work' is in plain text, although sealing is on"
    )
    assert problems["profiles"].command == (
        "arka secrets set mail.password --profile work && arka profiles unset work mail.password"
    )
    assert "hunter" not in repr(problems)
    assert [result.is_fixed for result in apply_fixes(machine, [problems["plain-tokens"]])] == [True]
    assert open_store(app).secrets.read_storage("work", "webhook_secret") == "sealed"
    assert value(stored) == SECRET


def test_doctor_reports_secrets_without_their_data_key(stored: ProfileStore) -> None:
    run("vault", "enable")
    stored.log_out("work")
    os.unlink(stored.data_key_path)
    (problem, *_) = [each for each in run_checks(Machine(open_store(app), directory="/")) if each.check == "vault"]
    assert "without it the secrets work.keys, work.mail.password, work.webhook_secret cannot be" in problem.message
    assert problem.command == "arka secrets unset keys --profile work"


def test_scan_finds_stored_secrets_and_shows_their_names(stored: ProfileStore, tmp_path: Path) -> None:
    stored.set_secret("work", "private_key", Secret("hunter-5\nof two lines"))
    file = tmp_path / "notes.txt"
    file.write_text(f"x\n  {SECRET} {LEAKED}\nhunter-5\nof two lines\nhunter-3\n{SECRET}  # arka:allow\n")
    done = run("scan", str(file), "--json")
    found = [(each["secret"], each["token"], each["line"], each["column"]) for each in done.json["findings"]]
    assert (None, "arka_…fG5h", 2, 21) in found
    assert set(found) - {(None, "arka_…fG5h", 2, 21)} == {
        ("webhook_secret", None, 2, 3),
        ("keys", None, 2, 3),
        ("private_key", None, 3, 1),
        ("mail.password", None, 5, 1),
    }
    assert done.json["allowed"] == 2
    assert {each["fingerprint"] for each in done.json["findings"] if each["secret"]}.isdisjoint({fingerprint(SECRET)})
    table = run("scan", str(file)).out
    assert "secret 'webhook_secret'  work" in table
    assert run("scan", str(file), "--sarif").json["runs"][0]["results"][1]["message"]["text"] == (
        "A secret is stored in plain text."
    )


def test_scan_does_not_look_for_short_secrets_or_ask_for_a_passphrase(store: ProfileStore, tmp_path: Path) -> None:
    store.set_secret("work", "webhook_secret", Secret("hunt"))
    store.set_secret("work", "private_key", Secret("aaaaaaaaaaaaaaaa"))
    (tmp_path / "notes.txt").write_text("hunt aaaaaaaaaaaaaaaa")
    assert run("scan", str(tmp_path / "notes.txt")).code == 0
    store.set_secret("work", "webhook_secret", Secret(SECRET))
    run("vault", "enable", "--with", "passphrase", ARKA_PASSPHRASE="correct horse battery staple")
    (tmp_path / "notes.txt").write_text(SECRET)
    done = run("scan", str(tmp_path / "notes.txt"))
    assert (done.code, "2 stored secrets were not searched for" in done.err) == (0, True)
