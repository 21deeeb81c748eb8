"""`tokens`: list, create and revoke tokens at the workspace."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.program import OTHER, TOKEN, arka, fill_disk_for_tokens
from tests.workspace import fake as steps
from tests.workspace.fake import MANAGE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workspace.fake import FakeWorkspace


@pytest.fixture
def work(home: Path, fake: FakeWorkspace) -> FakeWorkspace:
    """Profile `work` with a token that may manage tokens, and a second token at the workspace."""
    fake.add(OTHER, "CI/CD Pipeline", expires="2001-01-01T00:00:00Z")
    fake.add(TOKEN, scopes=(MANAGE,))
    assert arka("login", "-p", "work", "--with-token", "--api-url", fake.url, stdin=TOKEN).code == 0
    fake.requests.clear()
    return fake


def read_stored(home: Path, name: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((home / "data" / "tokens" / f"{name}.json").read_text())
    return found


def names(home: Path) -> list[str]:
    return sorted(path.stem for path in (home / "data" / "tokens").glob("*.json"))


def test_tokens_list_marks_the_effective_token(work: FakeWorkspace) -> None:
    done = arka("tokens", "list")
    header, own, other = done.out.splitlines()
    assert (done.code, done.err) == (0, "")
    assert header.split() == ["ID", "LABEL", "TOKEN", "CREATED", "EXPIRES", "LAST", "USED", "PROFILE"]
    assert work.tokens[TOKEN]["details"]["id"] in own
    assert "MacBook Pro" in own
    assert own.endswith("effective, manages tokens")
    assert "arka_…77d1" in other
    assert "expired" in other
    assert "effective" not in other


def test_tokens_list_json_has_every_token(work: FakeWorkspace) -> None:
    own, other = arka("tokens", "list", "--json").json["tokens"]
    assert own == work.tokens[TOKEN]["details"] | {
        "issue": None,
        "expiry": "never",
        "current": True,
        "profiles": ["work"],
    }
    assert other["expiry"] == "date"
    assert (other["label"], other["current"], other["last_used"]) == ("CI/CD Pipeline", False, None)


def test_tokens_list_names_the_profiles_that_store_each_token(work: FakeWorkspace, home: Path) -> None:
    for name in ("laptop", "spare"):
        arka("login", "-p", name, "--with-token", "--no-verify", "--api-url", work.url, stdin=OTHER)
    arka("login", "-p", "elsewhere", "--with-token", "--no-verify", stdin=OTHER)  # of another workspace
    assert "laptop, spare" in arka("tokens", "list").out
    assert [each["profiles"] for each in arka("tokens", "list", "--json").json["tokens"]] == [
        ["work"],
        ["laptop", "spare"],
    ]


def test_tokens_list_tells_tokens_with_the_same_last_characters_apart(work: FakeWorkspace) -> None:
    work.add("arka_" + "n" * 33 + OTHER[-4:], "Another")
    arka("login", "-p", "laptop", "--with-token", "--no-verify", "--api-url", work.url, stdin=OTHER)
    profiles = {each["label"]: each["profiles"] for each in arka("tokens", "list", "--json").json["tokens"]}
    assert profiles == {"Another": [], "MacBook Pro": ["work"], "CI/CD Pipeline": ["laptop"]}


def test_tokens_list_does_not_count_as_a_use_of_other_tokens(work: FakeWorkspace) -> None:
    arka("login", "-p", "laptop", "--with-token", "--no-verify", "--api-url", work.url, stdin=OTHER)
    assert arka("tokens", "list").code == 0
    assert {request.token for request in work.requests} == {TOKEN}


def test_tokens_list_names_the_profiles_that_a_locked_vault_hides(work: FakeWorkspace) -> None:
    secret = {"ARKA_PASSPHRASE": "correct horse battery staple"}
    assert arka("vault", "enable", "--with", "passphrase", environ=secret).code == 0
    done = arka("tokens", "list", environ={"ARKA_API_KEY": TOKEN, "ARKA_API_URL": work.url})
    assert "the vault is locked, so the tokens of these profiles were not compared: work (" in done.err


@pytest.mark.parametrize("line", ["tokens list", "tokens create x", "tokens revoke tok_x --yes"])
def test_tokens_without_permission_names_the_tokens_page(work: FakeWorkspace, line: str) -> None:
    work.tokens[TOKEN]["details"]["scopes"] = []
    done = arka(*line.split())
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: this token may not manage tokens\nhint: create one that may on ")


@pytest.mark.parametrize("line", ["tokens list", "tokens create x", "tokens revoke tok_x --yes"])
@pytest.mark.usefixtures("home")
def test_tokens_fails_without_a_token_or_workspace(line: str) -> None:
    assert arka(*line.split()).code == 4
    done = arka(*line.split(), environ={"ARKA_API_KEY": TOKEN})
    assert (done.code, "cannot be reached" in done.err) == (1, True)


def test_tokens_create_prints_only_the_token(work: FakeWorkspace, home: Path) -> None:
    done = arka("tokens", "create", "Build runner", "--expires", "2099-01-01")
    token = done.out.removesuffix("\n")
    assert done.code == 0
    assert work.accepts(token)
    assert token not in done.err
    assert work.tokens[token]["details"]["label"] == "Build runner"
    assert work.tokens[token]["details"]["expires"] == "2099-01-01T23:59:59Z"
    assert work.tokens[token]["details"]["scopes"] == []
    assert names(home) == ["work"]


def test_tokens_create_json_includes_the_token(work: FakeWorkspace) -> None:
    done = arka("tokens", "create", "Build runner", "--may-manage-tokens", "--json")
    document = done.json
    assert work.accepts(document["token"])
    assert (document["profile"], document["details"]["scopes"]) == (None, [MANAGE])
    assert document["token"] not in done.err


BOUNDS = ["--issue-label", "ci-*", "--issue-lifetime", "1h", "--issue-count", "50"]


def test_tokens_create_gives_a_token_that_issues_others_its_bounds(work: FakeWorkspace) -> None:
    done = arka("tokens", "create", "Build farm", "--scope", "tokens:issue", *BOUNDS, "--expires", "1h")
    assert done.code == 0
    body = json.loads(work.requests[-1].body)
    assert (body["scopes"], body["issue"]) == ([], {"label": "ci-*", "max_lifetime": 3600, "max_tokens": 50})


@pytest.mark.parametrize(
    "options", [["--scope", "tokens:issue"], ["--scope", "tokens:issue", *BOUNDS[2:]], BOUNDS, ["--scope", "admin"]]
)
def test_tokens_create_sends_no_request_without_complete_bounds(work: FakeWorkspace, options: list[str]) -> None:
    assert arka("tokens", "create", "x", *options).code == 2
    assert work.requests == []


def test_tokens_create_store_as_does_not_print_the_token(work: FakeWorkspace, home: Path) -> None:
    done = arka("tokens", "create", "Build runner", "--store-as", "runner")
    found = read_stored(home, "runner")
    assert (done.code, done.out) == (0, "")
    assert work.accepts(found["token"])
    assert found["token"] not in done.err
    assert (found["label"], found["origin"]) == ("Build runner", work.url)
    assert arka("status", "-p", "runner").code == 0
    again = arka("tokens", "create", "Another", "--store-as", "other", "--json")
    assert again.json["token"] == f"arka_…{read_stored(home, 'other')['token'][-4:]}"


def test_tokens_create_refuses_a_profile_that_has_a_token(work: FakeWorkspace, home: Path) -> None:
    assert arka("profiles", "create", "far", "token.env=FAR").code == 0
    for name in ("work", "far"):
        done = arka("tokens", "create", "Another", "--store-as", name)
        assert (done.code, f"profile '{name}' already has a token" in done.err) == (1, True)
    assert arka("tokens", "create", "Another", "--store-as", "Not A Name").code == 2
    assert work.requests == []


def test_tokens_create_revokes_a_token_that_cannot_be_stored(
    work: FakeWorkspace, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_disk_for_tokens(monkeypatch)
    done = arka("tokens", "create", "Another", "--store-as", "other")
    assert (done.code, "the new token was not stored, and was revoked again" in done.err) == (1, True)
    assert set(work.tokens) == {TOKEN, OTHER}


def test_tokens_create_refuses_a_response_with_the_request_s_own_token(work: FakeWorkspace, home: Path) -> None:
    work.script = [None, steps.reply_json(201, {"token": TOKEN, "details": work.tokens[TOKEN]["details"]})]
    done = arka("tokens", "create", "x", "--store-as", "ci")
    assert (done.code, work.accepts(TOKEN), names(home)) == (1, True, ["work"])
    assert "the new token is the one that the request was made with" in done.err


@pytest.mark.parametrize("label", ["", "  ", "x" * 101, TOKEN, "a\x1bb", "a\u202eb"])
def test_tokens_create_sends_no_request_for_an_invalid_label(work: FakeWorkspace, label: str) -> None:
    done = arka("tokens", "create", label)
    assert (done.code in (1, 2), TOKEN in done.err) == (True, False)
    assert work.requests == []


def test_tokens_revoke_accepts_an_id(work: FakeWorkspace) -> None:
    wanted = work.tokens[OTHER]["details"]["id"]
    done = arka("tokens", "revoke", wanted, "--yes", "--json")
    assert done.json == {"id": wanted, "label": "CI/CD Pipeline", "current": False}
    assert done.err == "✓ Revoked 'CI/CD Pipeline', arka_…77d1\n"
    assert not work.accepts(OTHER)


def test_tokens_revoke_accepts_a_label(work: FakeWorkspace) -> None:
    assert arka("tokens", "revoke", "--label", "CI/CD Pipeline", "--yes").code == 0
    assert list(work.tokens) == [TOKEN]


def test_tokens_revoke_rejects_an_ambiguous_label(work: FakeWorkspace) -> None:
    work.add("arka_" + "n" * 37, "CI/CD Pipeline")
    done = arka("tokens", "revoke", "--label", "CI/CD Pipeline", "--yes")
    assert (done.code, "2 tokens have the label 'CI/CD Pipeline': tok_" in done.err) == (2, True)
    assert len(work.tokens) == 3


@pytest.fixture
def laptops(work: FakeWorkspace) -> list[str]:
    """Two more tokens, labelled "MacBook Air" and "MacBook 2"."""
    tokens = ["arka_" + "n" * 33 + "0001", "arka_" + "n" * 33 + "0002"]
    for token, label in zip(tokens, ("MacBook Air", "MacBook 2"), strict=True):
        work.add(token, label)
    return tokens


def test_tokens_revoke_lists_what_a_pattern_matches_and_asks(work: FakeWorkspace, laptops: list[str]) -> None:
    done = arka("tokens", "revoke", "--label", "MacBook [A2]*")
    assert done.code == 2
    assert done.err.startswith("  'MacBook 2', arka_…0002\n  'MacBook Air', arka_…0001\nerror: ")
    assert "Revoke these 2 tokens? It cannot be undone." in done.err
    assert len(work.tokens) == 4


def test_tokens_revoke_revokes_all_that_a_pattern_matches(work: FakeWorkspace, laptops: list[str]) -> None:
    done = arka("tokens", "revoke", "--label", "MacBook [A2]*", "--yes", "--json")
    assert {each["label"] for each in done.json["revoked"]} == {"MacBook Air", "MacBook 2"}
    assert list(work.tokens) == [OTHER, TOKEN]


def test_tokens_revoke_revokes_the_effective_token_last(work: FakeWorkspace, laptops: list[str]) -> None:
    done = arka("tokens", "revoke", "--label", "MacBook*", "--yes")
    assert done.code == 0
    assert list(work.tokens) == [OTHER]
    assert "note: profile 'work' has this token, which no longer works: arka login -p work\n" in done.err


def test_tokens_revoke_goes_on_if_one_cannot_be_revoked(work: FakeWorkspace, laptops: list[str]) -> None:
    work.can_revoke_several = False  # an older workspace
    asked = [None] * 5  # the user, two pages for the exact label, and two for the pattern
    work.script = [*asked, None, steps.reply_problem(404, "not-found")]
    done = arka("tokens", "revoke", "--label", "MacBook [A2]*", "--yes")
    assert done.code == 1
    assert "was not revoked" in done.err
    assert "✓ Revoked 'MacBook " in done.err
    assert len(work.tokens) == 3


def test_tokens_revoke_revokes_several_with_one_request(work: FakeWorkspace, laptops: list[str]) -> None:
    assert arka("tokens", "revoke", "--label", "MacBook [A2]*", "--yes").code == 0
    assert [each.method for each in work.requests if each.method != "GET"] == ["POST"]
    assert list(work.tokens) == [OTHER, TOKEN]


def test_tokens_revoke_revokes_tokens_that_look_the_same(work: FakeWorkspace) -> None:
    for number in range(3):
        work.add(f"arka_{number}" + "n" * 32 + "0001", "ci-job")
    done = arka("tokens", "revoke", "--label", "ci-jo?", "--yes", "--json")
    assert (done.code, len(done.json["revoked"])) == (0, 3)
    assert list(work.tokens) == [OTHER, TOKEN]


@pytest.mark.parametrize(
    ("options", "labels"),
    [
        (["--label", "CI*"], ["CI/CD Pipeline"]),
        (["--state", "expired"], ["CI/CD Pipeline"]),
        (["--state", "valid", "--unused-since", "2026-11-24"], []),
        (["--expiring", "14d"], []),
        (["--label", "[CM]*"], ["MacBook Pro", "CI/CD Pipeline"]),
    ],
)
def test_tokens_list_shows_the_selected_tokens(work: FakeWorkspace, options: list[str], labels: list[str]) -> None:
    assert [each["label"] for each in arka("tokens", "list", "--json", *options).json["tokens"]] == labels


@pytest.mark.parametrize(
    "options",
    [["--expiring", "yesterday"], ["--unused-since", "2999-01-01"], ["--expiring", "7d", "--state", "expired"]],
)
def test_tokens_list_sends_no_request_for_an_invalid_option(work: FakeWorkspace, options: list[str]) -> None:
    assert arka("tokens", "list", *options).code == 2
    assert work.requests == []


def test_tokens_revoke_prefers_an_exact_label_to_a_pattern(work: FakeWorkspace) -> None:
    work.add("arka_" + "n" * 37, "CI*")
    assert arka("tokens", "revoke", "--label", "CI*", "--yes").code == 0
    assert list(work.tokens) == [OTHER, TOKEN]


@pytest.mark.parametrize("arguments", [["tok_gone"], ["--label", "gone"], ["--label", "gone*"]])
def test_tokens_revoke_fails_for_an_unknown_token(work: FakeWorkspace, arguments: list[str]) -> None:
    done = arka("tokens", "revoke", *arguments, "--yes")
    assert (done.code, "there is no token" in done.err, "hint: arka tokens list" in done.err) == (1, True, True)


@pytest.mark.parametrize("arguments", [[], ["tok_x", "--label", "x"]])
def test_tokens_revoke_needs_exactly_one_id_or_label(work: FakeWorkspace, arguments: list[str]) -> None:
    assert arka("tokens", "revoke", *arguments).code == 2


@pytest.mark.parametrize("own", [True, False])
def test_tokens_revoke_warns_about_the_effective_token(work: FakeWorkspace, own: bool) -> None:
    work.tokens[TOKEN]["details"]["scopes"] = []
    wanted = work.tokens[TOKEN]["details"]["id"] if own else "current"
    done = arka("tokens", "revoke", wanted, "--yes")
    assert done.code == 0
    assert "warning: 'MacBook Pro', arka_…9f3c is the effective token" in done.err
    assert "note: profile 'work' has this token, which no longer works: arka login -p work\n" in done.err
    assert not work.accepts(TOKEN)


def test_tokens_revoke_of_the_environment_s_token_says_how_to_log_in(work: FakeWorkspace) -> None:
    work.add("arka_" + "n" * 37)
    environ = {"ARKA_API_KEY": "arka_" + "n" * 37, "ARKA_API_URL": work.url}
    assert "  To store another token: arka login\n" in arka("tokens", "revoke", "current", "--yes", environ=environ).err


def test_tokens_revoke_asks_first(work: FakeWorkspace) -> None:
    done = arka("tokens", "revoke", "current")
    assert (done.code, "hint: add --yes" in done.err, work.accepts(TOKEN)) == (2, True, True)


def test_tokens_list_escapes_control_characters(work: FakeWorkspace) -> None:
    work.script = [
        None,
        steps.reply_json(200, {"tokens": [{"id": "tok_1", "label": "\x1b]0;x\x07"}], "next_cursor": None}),
    ]
    done = arka("tokens", "list")
    assert (done.code, "\x1b" in done.out + done.err) == (1, False)
