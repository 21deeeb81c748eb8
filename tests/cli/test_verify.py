"""`profiles verify` verifies every profile's token concurrently, and lists the results in order."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from arka_config import Credential, Origin, Secret, open_store
from arka_config.arka import app
from arka_config.errors import LockTimeout
from arka_config.store.profile_store import ProfileStore
from tests.cli.program import OTHER, TOKEN, arka
from tests.workspace import fake as steps

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workspace.fake import FakeWorkspace, Handler


def log_in(fake: FakeWorkspace, name: str, token: str) -> None:
    line = ["login", "-p", name, "--with-token", "--no-verify", "--api-url", fake.url]
    assert arka(*line, stdin=token).code == 0


def states(*arguments: str) -> dict[str, str]:
    return {each["name"]: each["state"] for each in arka("profiles", "verify", "--json", *arguments).json["profiles"]}


def test_verify_lists_the_state_of_each_profile_in_order(home: Path, fake: FakeWorkspace) -> None:
    fake.add(TOKEN)
    fake.add(OTHER, plan="free")
    log_in(fake, "b-good", TOKEN)
    log_in(fake, "a-free", OTHER)
    log_in(fake, "c-revoked", "arka_" + "r" * 37)
    assert arka("profiles", "create", "d-bare").code == 0
    done = arka("profiles", "verify")
    assert done.code == 4
    assert [line.split() for line in done.out.splitlines()] == [
        ["PROFILE", "STATE", "USER"],
        ["a-free", "needs", "Pro", "—"],
        ["b-good", "valid", "ann@example.com"],
        ["c-revoked", "invalid", "—"],
        ["d-bare", "no", "token", "—"],
    ]
    assert done.err == ""


def test_verify_json_has_the_details_of_each_profile(home: Path, fake: FakeWorkspace) -> None:
    fake.add(TOKEN, "CI/CD Pipeline", expires="2099-01-01T00:00:00Z")
    log_in(fake, "ci", TOKEN)
    done = arka("profiles", "verify", "--json")
    assert (done.code, done.json) == (
        0,
        {
            "profiles": [
                {
                    "name": "ci",
                    "state": "valid",
                    "reason": None,
                    "user": "ann@example.com",
                    "plan": "pro",
                    "label": "CI/CD Pipeline",
                    "expires": "2099-01-01T00:00:00Z",
                    "expiry": "date",
                }
            ]
        },
    )


def test_verify_stores_what_the_workspace_reports(home: Path, fake: FakeWorkspace) -> None:
    fake.add(TOKEN, "CI/CD Pipeline", expires="2099-01-01T00:00:00Z")
    log_in(fake, "ci", TOKEN)
    assert "USER" not in arka("profiles", "list").out
    assert arka("profiles", "verify").code == 0
    assert arka("profiles", "list").out.splitlines()[0].split()[-2:] == ["USER", "URL"]
    shown = dict(line.split(maxsplit=1) for line in arka("profiles", "show", "ci").out.splitlines())
    assert (shown["user"], shown["label"], shown["expires"][-12:]) == (
        "ann@example.com",
        "CI/CD Pipeline",
        "(2099-01-01)",
    )
    assert "\nuser      ann@example.com\n" in arka("status", "--offline").out
    assert arka("token").out == f"{TOKEN}\n"


def test_verify_keeps_a_token_that_was_replaced_meanwhile(home: Path, fake: FakeWorkspace) -> None:
    fake.add(TOKEN, "CI/CD Pipeline")
    log_in(fake, "ci", TOKEN)

    answer = steps.reply_json(
        200, {"user": {"id": "usr_1", "email": "ann@example.com"}, "token": {"id": "tok_1", "label": "CI/CD Pipeline"}}
    )

    def replace_and_answer(handler: Handler) -> None:
        open_store(app).log_in("ci", Credential(Secret(OTHER), Origin.of(fake.url)))
        answer(handler)

    fake.script = [replace_and_answer]
    assert states() == {"ci": "valid"}
    assert arka("token").out == f"{OTHER}\n"
    assert "USER" not in arka("profiles", "list").out


def test_verify_reports_if_the_details_cannot_be_stored(
    home: Path, fake: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.add(TOKEN, "CI/CD Pipeline")
    log_in(fake, "ci", TOKEN)

    def fail(*_: object) -> bool:
        raise LockTimeout("the lock is taken", hint="try again")

    monkeypatch.setattr(ProfileStore, "replace_token", fail)
    done = arka("profiles", "verify")
    assert (done.code, "valid" in done.out) == (0, True)
    assert done.err == ("warning: what the workspaces say was not stored: the lock is taken\nhint: try again\n")


def test_verify_checks_only_the_named_profiles(home: Path, fake: FakeWorkspace) -> None:
    fake.add(TOKEN)
    for name in ("a", "b", "c"):
        log_in(fake, name, TOKEN)
    assert list(states("c", "a", "c")) == ["c", "a"]
    assert list(states("-p", "b")) == ["b"]
    assert len(fake.requests) == 3
    assert arka("profiles", "verify", "gone").code == 1


def test_verify_asks_concurrently(home: Path, fake: FakeWorkspace) -> None:
    fake.add(TOKEN)
    for number in range(8):
        log_in(fake, f"p{number}", TOKEN)
    fake.script = [steps.stall(0.5)] * 8
    began = time.monotonic()
    found = states()
    assert time.monotonic() - began < 3
    assert list(found) == [f"p{number}" for number in range(8)]


@pytest.mark.parametrize(
    ("step", "state"),
    [(steps.reply_page(200), "no_api"), (steps.reply(500), "unreachable"), (steps.reply(401), "invalid")],
)
def test_verify_exit_code_distinguishes_rejected_from_unknown(
    home: Path, fake: FakeWorkspace, step: object, state: str
) -> None:
    fake.add(TOKEN)
    log_in(fake, "a", TOKEN)
    log_in(fake, "b", TOKEN)
    fake.script = [step]  # type: ignore[list-item]
    done = arka("profiles", "verify", "--json")
    assert sorted(each["state"] for each in done.json["profiles"]) == sorted([state, "valid"])
    assert done.code == (4 if state == "invalid" else 1)


def test_verify_fails_for_a_missing_token_only_if_the_profile_is_named(home: Path, fake: FakeWorkspace) -> None:
    assert arka("profiles", "create", "bare").code == 0
    assert arka("profiles", "verify").code == 0
    assert arka("profiles", "verify", "bare").code == 4
    assert arka("profiles", "create", "far", "token.env=FAR_TOKEN", f"api_url={fake.url}").code == 0
    assert arka("profiles", "verify").code == 4
    fake.add(TOKEN)
    assert arka("profiles", "verify", environ={"FAR_TOKEN": TOKEN}).code == 0


def test_verify_ignores_a_token_of_the_environment(home: Path, fake: FakeWorkspace) -> None:
    assert arka("profiles", "create", "bare", f"api_url={fake.url}").code == 0
    done = arka("profiles", "verify", "--json", environ={"ARKA_API_KEY": TOKEN, "ARKA_API_URL": fake.url})
    assert (done.code, done.json["profiles"][0]["state"], fake.requests) == (0, "no_token", [])


def test_verify_runs_a_helper_only_for_a_named_profile(home: Path, fake: FakeWorkspace) -> None:
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(f'[helpers]\nop = ["echo", "{TOKEN}"]\n')
    assert arka("profiles", "create", "far", "token.helper=op", f"api_url={fake.url}").code == 0
    fake.add(TOKEN)
    assert (arka("profiles", "verify").code, states(), fake.requests) == (0, {"far": "not_asked"}, [])
    assert "not fetched" in arka("profiles", "verify").out
    assert states("far") == {"far": "valid"}


def test_verify_reports_the_other_profiles_if_one_is_broken(home: Path, fake: FakeWorkspace, tmp_path: Path) -> None:
    fake.add(TOKEN)
    for name in ("a", "b", "c", "d"):
        log_in(fake, name, TOKEN)
    (home / "data" / "tokens" / "a.json").write_text("{")
    profiles = home / "config" / "profiles"
    profiles.mkdir(parents=True)
    (profiles / "b.toml").write_text('[settings]\ntimeout = "soon"\n')
    (profiles / "c.toml").write_text('api_url = "https://elsewhere.example"\n')
    done = arka("profiles", "verify")
    assert (done.code, "not JSON" in done.out, "timeout is not a number" in done.out) == (1, True, True)
    assert states() == {"a": "broken", "b": "broken", "c": "broken", "d": "valid"}


@pytest.mark.usefixtures("home")
def test_verify_without_profiles_says_how_to_create_one() -> None:
    done = arka("profiles", "verify")
    assert (done.code, "There are no profiles yet" in done.err) == (0, True)
    assert arka("profiles", "verify", "--json").json == {"profiles": []}
