"""`revoke`, `logout --revoke` and `profiles remove --revoke` revoke at the workspace first, then remove here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.program import OTHER, TOKEN, arka
from tests.workspace import fake as steps

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workspace.fake import FakeWorkspace

PAGE = "/app/personal/settings/tokens"


@pytest.fixture
def work(home: Path, fake: FakeWorkspace) -> FakeWorkspace:
    """Two profiles, `work` and `ci`, each with a valid token."""
    for name, token in (("work", TOKEN), ("ci", OTHER)):
        fake.add(token, f"for {name}")
        assert arka("login", "-p", name, "--with-token", "--api-url", fake.url, stdin=token).code == 0
    fake.requests.clear()
    return fake


def profiles_with_token(home: Path) -> list[str]:
    return sorted(path.stem for path in (home / "data" / "tokens").glob("*.json"))


def test_revoke_revokes_and_forgets_the_token(work: FakeWorkspace, home: Path) -> None:
    done = arka("revoke", "--yes")
    assert (done.code, done.out) == (0, "")
    assert done.err == f"✓ Revoked the token of profile 'work' at {work.url}, and forgot it\n"
    assert not work.accepts(TOKEN)
    assert work.accepts(OTHER)
    assert profiles_with_token(home) == ["ci"]
    assert arka("profiles", "show", "work").code == 0


def test_revoke_json_describes_the_revoked_token(work: FakeWorkspace) -> None:
    assert arka("revoke", "-y", "-p", "ci", "--json").json == {
        "profile": "ci",
        "token": "arka_…77d1",
        "revoked": True,
        "forgotten": True,
    }


def test_revoke_without_a_terminal_names_the_flag(work: FakeWorkspace, home: Path) -> None:
    done = arka("revoke")
    assert (done.code, "hint: add --yes" in done.err) == (2, True)
    assert profiles_with_token(home) == ["ci", "work"]
    assert work.requests == []


def test_revoke_forgets_a_token_that_is_already_rejected(work: FakeWorkspace, home: Path) -> None:
    del work.tokens[TOKEN]
    done = arka("revoke", "--yes")
    assert done.code == 0
    assert done.err == f"✓ Forgot the token of profile 'work', which {work.url} already rejects\n"
    assert profiles_with_token(home) == ["ci"]


def test_revoke_without_an_api_names_the_page_and_keeps_the_token(work: FakeWorkspace, home: Path) -> None:
    work.script = [steps.reply_page(200)]
    done = arka("revoke", "--yes")
    assert done.code == 1
    assert f"\n  {work.url}{PAGE}\n" in done.err
    assert "Find 'for work', arka_…9f3c, click the trash icon next to it, and confirm." in done.err
    assert "nothing was revoked or forgotten" in done.err
    assert "hint: once it is revoked there: arka logout --profile work" in done.err
    assert profiles_with_token(home) == ["ci", "work"]


def test_revoke_forget_removes_the_token_without_an_api(work: FakeWorkspace, home: Path) -> None:
    work.script = [steps.reply(404)]
    done = arka("revoke", "--yes", "--forget", "--no-browser", "--json")
    assert (done.code, done.json["revoked"], done.json["forgotten"]) == (0, False, True)
    assert f"{work.url}{PAGE}" in done.err
    assert profiles_with_token(home) == ["ci"]


@pytest.mark.parametrize("forget", [[], ["--forget"]])
def test_revoke_keeps_the_token_if_the_workspace_is_unreachable(
    work: FakeWorkspace, home: Path, forget: list[str]
) -> None:
    work.script = [steps.reset_connection] * 3
    done = arka("revoke", "--yes", *forget)
    assert (done.code, "cannot be reached" in done.err) == (1, True)
    assert profiles_with_token(home) == ["ci", "work"]


def test_revoke_notes_a_copy_in_another_profile(work: FakeWorkspace) -> None:
    assert arka("profiles", "copy", "work", "twin", "--with-token").code == 0
    done = arka("revoke", "--yes", "-p", "work")
    assert "note: profile 'twin' has this token, which no longer works: arka login -p twin" in done.err


@pytest.mark.parametrize("line", ["revoke --yes", "rotate"])
def test_revoke_and_rotate_refuse_a_token_of_the_environment(work: FakeWorkspace, home: Path, line: str) -> None:
    done = arka(*line.split(), environ={"ARKA_API_KEY": OTHER, "ARKA_API_URL": work.url})
    assert (done.code, done.out) == (2, "")
    assert "the effective token is that of ARKA_API_KEY, and only a profile's stored token can be revoked" in done.err
    assert "hint: name the profile: --profile work" in done.err
    assert work.requests == []
    by_flag = arka("--api-key", OTHER, *line.split())
    assert (by_flag.code, "that of --api-key" in by_flag.err) == (2, True)


@pytest.mark.parametrize("line", ["revoke --yes", "rotate"])
def test_revoke_and_rotate_refuse_a_token_reference(home: Path, line: str) -> None:
    assert arka("profiles", "create", "far", "token.env=FAR_TOKEN").code == 0
    done = arka(*line.split(), "-p", "far", environ={"FAR_TOKEN": OTHER})
    assert (done.code, "profile 'far' takes its token from $FAR_TOKEN" in done.err) == (4, True)


@pytest.mark.parametrize("line", ["revoke --yes", "rotate"])
def test_revoke_and_rotate_fail_without_a_token(home: Path, line: str) -> None:
    assert arka("profiles", "create", "bare").code == 0
    done = arka(*line.split(), "-p", "bare")
    assert (done.code, "profile 'bare' has no stored token" in done.err) == (4, True)
    assert arka(*line.split()).code == 1
    assert arka(*line.split(), "-p", "gone").code == 1


# logout --revoke, profiles remove --revoke


def test_logout_revoke_revokes_first(work: FakeWorkspace, home: Path) -> None:
    done = arka("logout", "--revoke", "--json")
    assert done.json == {"profiles": ["work"]}
    assert done.err == f"✓ Revoked the token of profile 'work' at {work.url}, and forgot it\n"
    assert (work.accepts(TOKEN), profiles_with_token(home)) == (False, ["ci"])


def test_logout_all_revoke_revokes_each_token(work: FakeWorkspace, home: Path) -> None:
    assert arka("logout", "--revoke", "--all").code == 0
    assert (work.tokens, profiles_with_token(home)) == ({}, [])
    assert arka("logout", "--revoke", "--all").err == "No token is stored\n"


def test_remove_revoke_revokes_first(work: FakeWorkspace, home: Path) -> None:
    done = arka("profiles", "remove", "ci", "--yes", "--revoke")
    assert done.code == 0
    assert f"Revoked the token of profile 'ci' at {work.url}" in done.err
    assert (work.accepts(OTHER), profiles_with_token(home)) == (False, ["work"])
    assert arka("profiles", "remove", "ci", "--yes").code == 1


@pytest.mark.parametrize("line", ["logout --revoke -p ci", "profiles remove ci --yes --revoke"])
@pytest.mark.parametrize("step", [steps.reply_page(200), steps.reply(400), steps.reply_problem(403, "pro-required")])
def test_failed_revocation_removes_nothing(work: FakeWorkspace, home: Path, line: str, step: object) -> None:
    work.script = [step]  # type: ignore[list-item]
    done = arka(*line.split())
    assert done.code in (1, 4)
    assert "error: the token of profile 'ci' was not revoked, so nothing was removed: " in done.err
    assert profiles_with_token(home) == ["ci", "work"]


def test_revoke_option_without_an_api_names_the_page(work: FakeWorkspace) -> None:
    work.script = [steps.reply_page(200)]
    done = arka("logout", "--revoke")
    assert f"hint: revoke it on {work.url}{PAGE}, then run this without --revoke" in done.err


@pytest.mark.parametrize("line", ["logout --revoke -p ci", "profiles remove ci --yes --revoke"])
def test_revoke_option_accepts_an_already_rejected_token(work: FakeWorkspace, home: Path, line: str) -> None:
    del work.tokens[OTHER]
    done = arka(*line.split())
    assert (done.code, f"profile 'ci', which {work.url} already rejects" in done.err) == (0, True)
    assert profiles_with_token(home) == ["work"]


def test_logout_all_forgets_revoked_tokens_if_a_later_one_fails(work: FakeWorkspace, home: Path) -> None:
    work.script = [None, steps.reply(400)]
    done = arka("logout", "--revoke", "--all")
    assert (done.code, profiles_with_token(home)) == (1, ["work"])
    assert "Revoked the token of profile 'ci'" in done.err
    assert "the token of profile 'work' was not revoked" in done.err


def test_logout_revoke_without_a_token_sends_no_request(work: FakeWorkspace) -> None:
    assert arka("profiles", "create", "bare").code == 0
    done = arka("logout", "--revoke", "-p", "bare")
    assert (done.code, done.err) == (0, "Profile 'bare' has no stored token\n")
    assert arka("profiles", "remove", "bare", "--yes", "--revoke").code == 0
    assert work.requests == []


def test_revoke_says_that_the_node_cli_has_the_revoked_token(work: FakeWorkspace) -> None:
    assert arka("export", "legacy", "--force").code == 0
    assert "nodejs" not in arka("revoke", "--yes", "-p", "ci").err
    done = arka("revoke", "--yes")
    file = "~/.config/arka-code-nodejs/config.json"
    expected = f"note: {file} has that token too, which no longer works: arka logout --legacy --profile work\n"
    assert (done.code, expected in done.err) == (0, True)
