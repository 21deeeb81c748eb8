"""`doctor --online`: what the workspaces say about the tokens of this machine."""

from __future__ import annotations

import shlex
import socket
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.program import OTHER, TOKEN, arka, log_in_both
from tests.workspace import fake as steps
from tests.workspace.fake import serve_fake

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workspace.fake import FakeWorkspace

THIRD = "arka_" + "t" * 33 + "1a2b"


@pytest.fixture
def work(home: Path, fake: FakeWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeWorkspace:
    """Profile `work` with a token that may manage tokens, and profile `ci`."""
    monkeypatch.chdir(tmp_path)
    log_in_both(fake, OTHER, "CI")
    return fake


def list_problems(*options: str, check: str = "", **environ: str) -> list[dict[str, Any]]:
    """Return the problems that the online checks report."""
    found = arka("doctor", "--online", "--json", *options, environ=environ).json
    online = {each["name"] for each in found["checks"] if each["group"] == "Workspaces"}
    assert online
    return [each for each in found["problems"] if each["check"] in online and check in ("", each["check"])]


def test_tokens_in_profiles_are_not_reported(work: FakeWorkspace) -> None:
    done = arka("doctor", "--online")
    assert (done.code, done.err) == (0, "")
    assert "✓ Workspaces  they know no token that is not in a profile\n" in done.out
    assert [request.path for request in work.requests].count("/api/v1/me") == 2


def test_doctor_without_online_sends_no_request(work: FakeWorkspace) -> None:
    document = arka("doctor", "--json").json
    assert work.requests == []
    assert "Workspaces" not in {each["group"] for each in document["checks"]}


def test_token_that_no_profile_has_is_named_with_the_command_that_revokes_it(work: FakeWorkspace) -> None:
    details = work.add(THIRD, "Old laptop")
    (found,) = list_problems()
    assert found == {
        "check": "unheld-tokens",
        "severity": "note",
        "place": work.url,
        "message": f"'Old laptop', arka_…1a2b ({details['id']}) works, was never used, and no profile here has it",
        "command": f"arka tokens revoke {details['id']} --profile work",
        "advice": "unless another device, job or person of yours uses it",
        "fixable": False,
        "token_id": details["id"],
    }
    assert arka(*found["command"].split()[1:], "--yes").code == 0
    assert not work.accepts(THIRD)
    assert list_problems() == []


@pytest.mark.parametrize(
    ("token_id", "words"),
    [
        ("--label=*", ["--profile", "work", "--", "--label=*"]),
        ("$(touch x);", ["$(touch x);", "--profile", "work"]),
    ],
)
def test_id_of_a_hostile_workspace_is_one_word_of_the_command(
    work: FakeWorkspace, token_id: str, words: list[str]
) -> None:
    work.add(THIRD, "Old laptop")["id"] = token_id
    (found,) = list_problems()
    assert shlex.split(found["command"]) == ["arka", "tokens", "revoke", *words]
    assert "$(" not in found["command"].replace("'$(touch x);'", "")


def test_report_shows_some_of_many_tokens_and_json_all(work: FakeWorkspace) -> None:
    for number in range(30):
        work.add(f"arka_{'x' * 33}{number:04}", f"job {number}")
    done = arka("doctor", "--online")
    assert (done.code, done.out.count("and no profile here has it")) == (0, 20)
    assert "  · unheld-tokens: 10 more; arka doctor --online --json lists all\n" in done.out
    assert done.out.endswith("\nNo problems found, 30 notes\n")
    assert len(list_problems(check="unheld-tokens")) == 30


def test_tokens_are_compared_by_id_and_not_by_their_last_characters(work: FakeWorkspace) -> None:
    details = work.add("arka_" + "x" * 33 + OTHER[-4:], "Twin")
    assert [each["token_id"] for each in list_problems(check="unheld-tokens")] == [details["id"]]


def test_fix_revokes_nothing(work: FakeWorkspace) -> None:
    work.add(THIRD, "CI")
    before = set(work.tokens)
    assert arka("doctor", "--online", "--fix").code == 1
    assert set(work.tokens) == before
    assert "DELETE" not in {request.method for request in work.requests}


def test_expired_token_is_named(work: FakeWorkspace) -> None:
    details = work.add(THIRD, "Old", expires="2001-01-01T00:00:00Z")
    (found,) = list_problems()
    assert (found["check"], found["severity"], found["token_id"]) == ("expired-tokens", "note", details["id"])
    assert "days ago, and is still in the list" in found["message"]


def test_expired_token_of_a_profile_is_an_error(work: FakeWorkspace) -> None:
    arka("login", "-p", "old", "--with-token", "--no-verify", "--api-url", work.url, stdin=THIRD)
    details = work.add(THIRD, "Old", expires="2001-01-01T00:00:00Z")
    work.is_rejected.add(THIRD)
    (found,) = list_problems()
    assert (found["check"], found["severity"], found["token_id"]) == ("expired-tokens", "error", details["id"])
    assert found["command"] == "arka login --profile old"


def test_expiry_that_only_the_workspace_knows_is_reported(work: FakeWorkspace) -> None:
    arka("login", "-p", "soon", "--with-token", "--no-verify", "--api-url", work.url, stdin=THIRD)
    work.add(THIRD, "Soon", expires="2001-01-01T00:00:00Z")  # in the past, but accepted: the clocks may differ
    found = list_problems(check="expired-tokens")
    assert [(each["severity"], each["command"]) for each in found if each["severity"] == "warning"] == [
        ("warning", "arka rotate --profile soon")
    ]


def test_rejected_token_is_an_error(work: FakeWorkspace) -> None:
    del work.tokens[OTHER]
    (found,) = list_problems()
    assert (found["check"], found["severity"], found["command"]) == (
        "rejected-tokens",
        "error",
        "arka login --profile ci",
    )


def test_token_of_several_profiles_is_named_once(work: FakeWorkspace) -> None:
    assert arka("profiles", "copy", "ci", "twin", "--with-token").code == 0
    (found,) = list_problems()
    assert (found["check"], found["severity"]) == ("shared-tokens", "note")
    assert found["message"].endswith("is the token of 2 profiles: ci, twin")
    assert [request.path for request in work.requests].count("/api/v1/me") == 2


def test_second_token_with_the_label_of_a_profiles_token_is_a_warning(work: FakeWorkspace) -> None:
    details = work.add(THIRD, "CI")
    found = list_problems(check="same-labels")
    assert [(each["severity"], each["token_id"]) for each in found] == [("warning", details["id"])]
    assert found[0]["command"] == f"arka tokens revoke {details['id']} --profile work"
    assert "one that no profile here has may be left over" in found[0]["message"]


def test_unreachable_workspace_is_reported_and_the_others_are_checked(work: FakeWorkspace) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        for name, token in (("far", THIRD), ("further", TOKEN)):
            arka("login", "-p", name, "--with-token", "--no-verify", "--api-url", url, stdin=token)
        details = work.add("arka_" + "x" * 37, "Lost")
        found = {each["check"]: each for each in list_problems()}
    assert found["workspaces"]["place"] == url
    assert found["workspaces"]["severity"] == "warning"
    assert (
        "it could not be asked about the token of profile 'far', profile 'further': " in found["workspaces"]["message"]
    )
    assert found["unheld-tokens"]["token_id"] == details["id"]
    assert "profile 'far', profile 'further' could not be compared and may have it" in found["unheld-tokens"]["message"]


def test_workspaces_are_asked_at_the_same_time_and_not_longer_than_the_timeout(work: FakeWorkspace) -> None:
    with serve_fake() as slow:
        tokens = [f"arka_{'s' * 33}{number:04}" for number in range(9)]
        for number, token in enumerate(tokens):
            arka("login", "-p", f"s{number}", "--with-token", "--no-verify", "--api-url", slow.url, stdin=token)
            arka("profiles", "set", f"s{number}", "timeout=0.2")
        slow.script = [steps.stall(0.5)] * 9
        found = list_problems(check="workspaces")
        assert len(found) == 1
        assert "no response within 0.2 s" in found[0]["message"]
        assert len(slow.requests) <= 4  # the rest would time out as well


def test_list_that_is_not_permitted_is_a_note(work: FakeWorkspace) -> None:
    work.tokens[TOKEN]["details"]["scopes"] = []
    (found,) = list_problems()
    assert (found["check"], found["severity"]) == ("workspaces", "note")
    assert "could not be listed: this token may not manage tokens" in found["message"]


def test_token_of_the_environment_counts_as_known(work: FakeWorkspace) -> None:
    work.add(THIRD, "Job")
    assert list_problems(check="unheld-tokens", ARKA_API_KEY=THIRD, ARKA_API_URL=work.url) == []
    assert len(list_problems(check="unheld-tokens")) == 1


def test_token_of_the_environment_is_not_sent_to_a_workspace_never_used(work: FakeWorkspace) -> None:
    with serve_fake() as other:
        found = list_problems(check="workspaces", ARKA_API_KEY=THIRD, ARKA_API_URL=other.url)
        assert other.requests == []
    assert ["only a variable names its workspace" in each["message"] for each in found] == [True]


def test_helper_is_not_run_and_named_as_not_compared(work: FakeWorkspace, home: Path) -> None:
    (home / "config").mkdir(exist_ok=True)
    (home / "config" / "config.toml").write_text(f'[helpers]\nvault = ["touch", "{home}/ran"]\n')
    assert arka("profiles", "create", "far", "token.helper=vault", f"api_url={work.url}").code == 0
    work.add(THIRD, "Job")
    found = {each["check"]: each for each in list_problems()}
    assert found["workspaces"]["severity"] == "note"
    assert "profile 'far' could not be compared and may have it" in found["unheld-tokens"]["message"]
    assert not (home / "ran").exists()


def test_reference_without_a_token_is_named_as_not_compared(work: FakeWorkspace) -> None:
    assert arka("profiles", "create", "job", "token.env=JOB_TOKEN", f"api_url={work.url}").code == 0
    assert arka("profiles", "create", "bare").code == 0
    details = work.add(THIRD, "Job")
    (found,) = list_problems(check="unheld-tokens")
    assert found["message"].endswith("; profile 'job' could not be compared and may have it")
    assert list_problems(check="unheld-tokens", JOB_TOKEN=THIRD) == []
    assert found["token_id"] == details["id"]


def test_no_token_and_no_control_character_is_shown(work: FakeWorkspace) -> None:
    work.add(THIRD, f"label {OTHER}")
    done = arka("doctor", "--online")
    assert not [token for token in (TOKEN, OTHER, THIRD) if token in done.out + done.err]
