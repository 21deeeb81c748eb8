"""If the response to a revocation is lost, the command says so. It also names profiles that share the token."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import pytest

from arka_config.errors import FileError
from arka_config.store.journal import Journal
from tests.cli.program import arka, log_in_both
from tests.workspace import fake as steps

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workspace.fake import FakeWorkspace

OTHER = "arka_kT7mQ2xW9rB4nV6cZ1pL8sD3fG5hJ0yA477d1"
OF_PROFILE = [
    "revoke -p ci --yes",
    "logout --revoke -p ci",
    "logout --revoke --all",
    "profiles remove ci --revoke --yes",
]
BY_ID = ["tokens revoke {id} --yes", "tokens revoke --label Build* --yes", "tokens revoke --label Builder --yes"]
OWN = ["-p ci tokens revoke current --yes", "-p ci tokens revoke {id} --yes"]


@pytest.fixture
def work(home: Path, fake: FakeWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeWorkspace:
    """Profile `work` with a token that may manage tokens, and `ci` with a token labelled "Builder"."""
    monkeypatch.chdir(tmp_path)
    log_in_both(fake, OTHER, "Builder")
    return fake


def run(line: str, token_id: str = "", **environ: str) -> tuple[int, str]:
    done = arka(*(word.format(id=token_id) for word in line.split()), environ=environ)
    return done.code, done.err


def stored(home: Path) -> list[str]:
    return sorted(path.stem for path in (home / "data" / "tokens").glob("*.json"))


@pytest.mark.parametrize("line", [*OF_PROFILE, *BY_ID, *OWN])
def test_lost_response_is_reported_and_a_second_run_succeeds(work: FakeWorkspace, home: Path, line: str) -> None:
    token_id = work.tokens[OTHER]["details"]["id"]
    work.loses_revocations = True
    code, err = run(line, token_id)
    assert code == 1
    assert " may have been revoked; run it again: " in err
    assert "was not revoked" not in err
    assert stored(home) == ["ci", "work"]
    assert not work.accepts(OTHER)
    work.loses_revocations = False
    hint = next(text.removeprefix("hint: arka ") for text in err.splitlines() if text.startswith("hint: arka "))
    assert shlex.split(hint)[0] == line.removeprefix("-p ci ").split()[0]
    assert run(line, token_id)[0] == 0
    assert stored(home) == ([] if "--all" in line else ["work"] if line in OF_PROFILE else ["ci", "work"])
    assert not (home / "state" / "journal.json").exists()


@pytest.mark.parametrize("line", [*BY_ID, *OWN])
def test_rejected_token_is_an_error_without_an_earlier_attempt(work: FakeWorkspace, line: str) -> None:
    token_id = work.tokens[OTHER]["details"]["id"]
    del work.tokens[OTHER]
    code, err = run(line, token_id)
    assert code == (0 if "current" in line else 4 if line in OWN else 1), err


def test_attempt_to_revoke_one_token_does_not_affect_another(work: FakeWorkspace) -> None:
    work.loses_revocations = True
    assert run("tokens revoke {id} --yes", work.tokens[OTHER]["details"]["id"])[0] == 1
    work.loses_revocations = False
    assert run("tokens revoke tok_gone --yes")[0] == 1
    assert run("tokens revoke --label Laptop --yes")[0] == 1


def test_other_commands_say_that_a_revocation_was_not_confirmed(work: FakeWorkspace, home: Path) -> None:
    token_id = work.tokens[OTHER]["details"]["id"]
    work.loses_revocations = True
    assert run("tokens revoke {id} --yes", token_id)[0] == 1
    work.loses_revocations = False
    message = f"token 'Builder' ({token_id}) at {work.url} may not be revoked, because the response was lost; "
    assert f"warning: {message}to revoke it if so: arka doctor --fix\n" in run("use ci")[1]
    assert "may still work: the response to 'tokens revoke' was lost" in arka("doctor").out
    assert run("-p work tokens revoke {id} --yes", token_id) == (0, f"✓ 'Builder' ({token_id}) is revoked already\n")


def test_revocation_that_did_not_arrive_is_sent_again(work: FakeWorkspace) -> None:
    token_id = work.tokens[OTHER]["details"]["id"]
    work.script = [None, None, *[steps.reset_connection] * 3]
    assert run("tokens revoke {id} --yes", token_id)[0] == 1
    assert work.accepts(OTHER)
    assert run("tokens revoke {id} --yes", token_id)[0] == 0
    assert not work.accepts(OTHER)


def test_rejected_managing_token_after_a_lost_response_is_an_error(work: FakeWorkspace) -> None:
    """The 401 is about the token that authenticates the request."""
    token_id = work.tokens[OTHER]["details"]["id"]
    work.script = [None, None, steps.reset_connection, steps.reply_problem(401, "invalid-token")]
    code, err = run("tokens revoke {id} --yes", token_id)
    assert (code, "Revoked" in err) == (4, False)
    assert work.accepts(OTHER)


@pytest.mark.parametrize("line", OF_PROFILE)
def test_unsent_revocation_is_reported_as_not_made(home: Path, line: str) -> None:
    with steps.serve_fake() as gone:
        arka("login", "-p", "ci", "--with-token", "--no-verify", "--api-url", gone.url, stdin=OTHER)
    code, err = run(line)
    assert (code, "may have been revoked" in err, "cannot be reached" in err) == (1, False, True)
    assert stored(home) == ["ci"]


def test_attempt_is_recorded_before_the_request_and_without_the_token(work: FakeWorkspace, home: Path) -> None:
    details = work.tokens[OTHER]["details"]
    seen: list[str] = []

    def look(handler: steps.Handler) -> None:
        seen.append((home / "state" / "journal.json").read_text())
        handler.raw(204)

    work.script = [None, None, look]
    assert run("tokens revoke {id} --yes", details["id"])[0] == 0
    (entry,) = json.loads(seen[0])["tokens"].values()
    assert (entry["kind"], entry["id"], entry["origin"]) == ("tokens revoke", details["id"], work.url)
    assert OTHER not in seen[0]
    assert not (home / "state" / "journal.json").exists()


def test_revocation_goes_on_if_the_attempt_cannot_be_recorded(
    work: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise FileError("read-only", path="journal.json")

    monkeypatch.setattr(Journal, "write", refuse)
    assert run("tokens revoke {id} --yes", work.tokens[OTHER]["details"]["id"])[0] == 0


def test_revocation_goes_on_with_a_damaged_journal(work: FakeWorkspace, home: Path) -> None:
    (home / "state" / "journal.json").write_text("{")
    assert run("tokens revoke {id} --yes", work.tokens[OTHER]["details"]["id"])[0] == 0
    assert (home / "state" / "journal.json").read_text() == "{"


@pytest.mark.parametrize("again", ["rotate -p ci", "doctor --fix"])
def test_rotate_says_that_the_old_token_may_have_been_revoked(work: FakeWorkspace, home: Path, again: str) -> None:
    work.loses_revocations = True
    code, err = run("rotate -p ci")
    assert code == 1
    assert "profile 'ci' has a new token, and the old one may have been revoked; run it again: " in err
    assert "hint: arka doctor --fix\n" in err
    new = json.loads((home / "data" / "tokens" / "ci.json").read_text())["token"]
    assert (new != OTHER, work.accepts(new)) == (True, True)
    work.loses_revocations = False
    assert run(again)[0] == 0
    assert not (home / "state" / "journal.json").exists()
    assert not work.accepts(OTHER)


def test_apply_says_that_the_old_token_may_have_been_revoked(work: FakeWorkspace, home: Path, tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    file = tmp_path / "profiles" / "runner.toml"
    template = f'version = 1\n[profile]\nname = "runner"\napi_url = "{work.url}"\n[token]\nissue = {{ label = "A" }}\n'
    file.write_text(template)
    assert run("apply profiles --yes -p work")[0] == 0
    old = json.loads((home / "data" / "tokens" / "runner.json").read_text())["token"]
    file.write_text(template.replace('"A"', '"B"'))
    work.loses_revocations = True
    code, err = run("apply profiles --yes -p work")
    assert code == 0
    assert "warning: the old token of profile 'runner' may have been revoked; run it again: " in err
    assert "still works" not in err
    assert "hint: arka doctor --fix\n" in err
    work.loses_revocations = False
    assert run("doctor --fix")[0] == 0
    assert not work.accepts(old)
    assert not (home / "state" / "journal.json").exists()


def test_scan_says_that_a_token_may_have_been_revoked(work: FakeWorkspace, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f"TOKEN = '{OTHER}'\n")
    work.loses_revocations = True
    code, err = run("scan a.py --revoke --yes")
    assert (code, "arka_…77d1 may have been revoked; run it again: " in err) == (1, True)


@pytest.mark.parametrize("line", [*OF_PROFILE[:2], OF_PROFILE[3], *BY_ID, *OWN, "scan a.py --revoke --yes"])
def test_profiles_that_share_the_token_are_named(work: FakeWorkspace, tmp_path: Path, line: str) -> None:
    (tmp_path / "a.py").write_text(f"TOKEN = '{OTHER}'\n")
    assert arka("profiles", "copy", "ci", "twin", "--with-token").code == 0
    _, err = run(line, work.tokens[OTHER]["details"]["id"])
    assert "note: profile 'twin' has this token, which no longer works: arka login -p twin\n" in err
    assert ("profile 'ci' has this token" in err) == (line not in OF_PROFILE)


@pytest.mark.parametrize("line", ["revoke -p ci", "profiles remove ci --revoke"])
def test_profiles_that_share_the_token_are_named_before_it_is_revoked(work: FakeWorkspace, line: str) -> None:
    assert arka("profiles", "copy", "ci", "twin", "--with-token").code == 0
    assert " Profile 'twin' has the same token." in run(line)[1]
    assert " Profiles with it: 'ci', 'twin'." in run("tokens revoke {id}", work.tokens[OTHER]["details"]["id"])[1]


def test_profiles_removed_together_are_not_named(work: FakeWorkspace) -> None:
    assert arka("profiles", "copy", "ci", "twin", "--with-token").code == 0
    code, err = run("profiles remove ci twin --revoke --yes")
    assert (code, "no longer works" in err) == (0, False)


def test_profiles_that_a_locked_vault_hides_are_named(work: FakeWorkspace) -> None:
    secret = {"ARKA_PASSPHRASE": "correct horse battery staple"}
    assert arka("vault", "enable", "--with", "passphrase", environ=secret).code == 0
    code, err = run("tokens revoke current --yes", ARKA_API_KEY=OTHER, ARKA_API_URL=work.url)
    assert code == 0
    assert "the vault is locked, so the tokens of these profiles were not compared: ci, work" in err
