"""The commands against the real workspace server."""

from __future__ import annotations

import json
import os
import re
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import pexpect
import pytest
from sqlalchemy import select

from arka_config import timestamps
from arka_config.templates.desired import Facts
from arka_config.workspace.server import tokens
from arka_config.workspace.server.issuing import Bounds
from arka_config.workspace.server.serving import RunningWorkspace
from arka_config.workspace.server.tables import Token
from tests import no_network
from tests.cli.killed import KILLED, run_and_kill_at
from tests.cli.program import Result, arka
from tests.guarantees import numbers

if TYPE_CHECKING:
    from pathlib import Path

ANN = "ann@example.com"
MANAGE = "tokens:manage"


@pytest.fixture
def workspace(cli_workspace: RunningWorkspace) -> RunningWorkspace:
    """A workspace with one user on the Pro plan."""
    cli_workspace.add_user(ANN, "pro")
    return cli_workspace


def issue(workspace: RunningWorkspace, label: str, *scopes: str, email: str = ANN) -> str:
    return workspace.issue(email, label, scopes).secret.reveal()


def login(workspace: RunningWorkspace, name: str, token: str, *options: str) -> Result:
    return arka("login", "-p", name, "--with-token", "--api-url", workspace.url, *options, stdin=token)


def read_stored(home: Path, name: str) -> dict[str, str]:
    credential: dict[str, str] = json.loads((home / "data" / "tokens" / f"{name}.json").read_text())
    return credential


def test_login_verifies_and_stores_label_and_user(home: Path, workspace: RunningWorkspace) -> None:
    done = login(workspace, "laptop", issue(workspace, "MacBook Pro"), "--verify", "--expect-user", ANN)
    assert (done.code, f"(verified, as {ANN})" in done.err) == (0, True)
    assert (read_stored(home, "laptop")["label"], read_stored(home, "laptop")["user"]) == ("MacBook Pro", ANN)
    status = arka("status", "--json").json
    assert (status["state"], status["plan"], status["token"]["user"]) == ("valid", "pro", ANN)


def test_login_rejects_a_token_of_an_unexpected_user(home: Path, workspace: RunningWorkspace) -> None:
    token = issue(workspace, "MacBook Pro")
    done = login(workspace, "laptop", token, "--expect-user", "bob@example.com")
    assert (done.code, (home / "data").exists()) == (1, False)
    assert f"error: the token belongs to '{ANN}', not to 'bob@example.com'; nothing was stored\n" in done.err
    assert login(workspace, "laptop", token, "--expect-user", ANN).code == 0


def test_login_replaces_another_user_s_token_only_with_force(home: Path, workspace: RunningWorkspace) -> None:
    bob = "bob@example.com"
    workspace.add_user(bob, "pro")
    assert login(workspace, "laptop", issue(workspace, "MacBook Pro")).code == 0
    before = read_stored(home, "laptop")
    bobs = issue(workspace, "Phone", email=bob)
    done = login(workspace, "laptop", bobs)
    assert (done.code, read_stored(home, "laptop")) == (1, before)
    assert f"error: profile 'laptop' has a token of {ANN}, and this one is of {bob}; nothing was stored\n" in done.err
    assert login(workspace, "laptop", bobs, "--force").code == 0
    assert read_stored(home, "laptop")["user"] == bob


def test_revoked_token_is_rejected_by_status_and_verify(home: Path, workspace: RunningWorkspace) -> None:
    assert login(workspace, "manager", issue(workspace, "Manager", MANAGE)).code == 0
    assert login(workspace, "laptop", issue(workspace, "MacBook Pro"), "--use").code == 0
    assert arka("tokens", "revoke", "--label", "MacBook Pro", "--yes", "-p", "manager").code == 0
    done = arka("status")
    assert (done.code, "error: Invalid token\n" in done.err) == (4, True)
    assert arka("profiles", "verify").code == 4
    assert arka("logout", "--revoke").code == 0


def test_login_without_pro_stores_nothing_and_names_the_billing_page(home: Path, workspace: RunningWorkspace) -> None:
    workspace.add_user("bob@example.com", "free")
    done = login(workspace, "bob", issue(workspace, "Phone", email="bob@example.com"))
    assert (done.code, (home / "data").exists()) == (4, False)
    assert done.err == f"error: Pro subscription required\nhint: subscribe on {workspace.url}/billing\n"


def test_rotate_leaves_one_valid_token(home: Path, workspace: RunningWorkspace) -> None:
    old = issue(workspace, "CI/CD Pipeline", MANAGE)
    assert login(workspace, "ci", old).code == 0
    done = arka("rotate", "--expires", "90d")
    assert done.code == 0, done.err
    assert read_stored(home, "ci")["token"] != old
    (left,) = arka("tokens", "list", "--json").json["tokens"]
    assert (left["label"], left["current"], left["scopes"]) == ("CI/CD Pipeline", True, [MANAGE])
    assert login(workspace, "old", old).code == 4


def test_tokens_create_list_and_revoke(home: Path, workspace: RunningWorkspace) -> None:
    assert login(workspace, "manager", issue(workspace, "Manager", MANAGE)).code == 0
    for number in range(105):
        issue(workspace, f"number {number}")
    assert len(arka("tokens", "list", "--json").json["tokens"]) == 106
    created = arka("tokens", "create", "Build runner", "--expires", "90d", "--store-as", "runner")
    assert (created.code, created.out) == (0, "")
    assert arka("profiles", "verify", "runner").code == 0
    denied = arka("tokens", "list", "-p", "runner")
    assert (denied.code, "this token may not manage tokens" in denied.err) == (1, True)
    assert arka("revoke", "--yes", "-p", "runner").code == 0
    assert arka("tokens", "revoke", "--label", "Build runner", "--yes").code == 1


def test_apply_issues_a_template_s_token_once(home: Path, tmp_path: Path, workspace: RunningWorkspace) -> None:
    assert login(workspace, "manager", issue(workspace, "Manager", MANAGE)).code == 0
    (tmp_path / "profiles").mkdir()
    token = '[token]\nissue = { label = "runner of {os}", expires = "90d" }\n'
    for name in ("a", "b"):
        text = f'version = 1\n[profile]\nname = "{name}"\napi_url = "{workspace.url}"\n{token}'
        (tmp_path / "profiles" / f"{name}.toml").write_text(text)
    folder = str(tmp_path / "profiles")
    assert (arka("plan", folder).code, len(arka("tokens", "list", "--json").json["tokens"])) == (3, 1)
    for _ in range(2):
        done = arka("apply", folder, "--yes", "--require-tokens", "-p", "manager")
        assert done.code == 0, done.err
    tokens_ = arka("tokens", "list", "--json").json["tokens"]
    assert sorted(one["label"] for one in tokens_) == ["Manager", *[f"runner of {Facts.of_this_machine().os}"] * 2]
    assert all(one["expires"] for one in tokens_ if one["label"] != "Manager")
    assert arka("profiles", "verify", "a", "b").code == 0
    denied = arka("apply", folder, "--yes", "-p", "a", "--only", "b")
    assert denied.code == 0, "nothing is left to issue"
    assert arka("logout", "-p", "b").code == 0
    refused = arka("apply", folder, "--yes", "-p", "a", "--only", "b")
    assert (refused.code, "this token may not manage tokens" in refused.err) == (1, True)


def test_rejected_request_shows_the_workspace_s_message(home: Path, workspace: RunningWorkspace) -> None:
    token = workspace.issue(ANN, "Laptop", expires=timestamps.now() + timedelta(days=1)).secret.reveal()
    assert login(workspace, "laptop", token).code == 0
    done = arka("rotate", "--expires", "2d")
    assert done.code == 1
    assert f"{workspace.url} rejected the request: " in done.err
    assert "a token that may not manage tokens cannot extend its own life" in done.err


def test_login_prompts_for_a_token_on_a_terminal(tmp_path: Path, workspace: RunningWorkspace) -> None:
    token = issue(workspace, "MacBook Pro")
    environ = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "TERM": "xterm", "LANG": "C.UTF-8"}
    program = os.path.join(os.path.dirname(sys.executable), "arka")
    line = ["login", "-p", "laptop", "--paste", "--api-url", workspace.url]
    child = pexpect.spawn(program, line, env=environ | no_network.VARIABLES, encoding="utf-8", timeout=20)
    child.expect_exact(f"{workspace.url}/app/personal/settings/tokens")
    child.expect_exact("Paste the token")
    child.waitnoecho(timeout=10)
    child.sendline(token)
    child.expect_exact(f"(verified, as {ANN})")
    child.expect(pexpect.EOF)
    child.wait()
    child.close()
    assert child.exitstatus == 0


def test_tokens_list_shows_full_ids_on_a_narrow_terminal(tmp_path: Path, workspace: RunningWorkspace) -> None:
    """`tokens revoke` needs the full id. The workspace writes the time of last use every few seconds."""
    token = issue(workspace, "A build runner with a rather long name", MANAGE)
    environ = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "TERM": "xterm", "LANG": "C.UTF-8", "NO_COLOR": "1"}
    environ |= no_network.VARIABLES | {"ARKA_API_KEY": token, "ARKA_API_URL": workspace.url}
    program = os.path.join(os.path.dirname(sys.executable), "arka")
    child = pexpect.spawn(
        program,
        ["tokens", "list", "--api-url", workspace.url],
        env=environ,
        dimensions=(24, 80),
        encoding="utf-8",
        timeout=20,
    )
    child.expect(pexpect.EOF)
    child.wait()
    child.close()
    assert child.exitstatus == 0
    lines = (child.before or "").splitlines()
    assert max(map(len, lines)) <= 80
    row = re.compile(r"● +tok_[\w-]{22} +arka_….{4} +never +(never|now|\d+ minutes? ago) ")
    assert len(list(filter(row.match, lines))) == 1


def test_rotate_killed_at_any_step_leaves_a_valid_stored_token(home: Path, workspace: RunningWorkspace) -> None:
    """The next rotation revokes the other token: the new one if it was not stored, else the old one."""
    codes = []
    for step in range(1, 60, 3 if numbers.BOUNDED else 1):
        email = f"step-{step}@example.com"
        user = workspace.add_user(email, "pro").id
        first = issue(workspace, "CI/CD Pipeline", MANAGE, email=email)
        assert login(workspace, "ci", first, "--force", "--use").code == 0
        codes.append(run_and_kill_at(step, "rotate"))
        assert arka("status").code == 0, f"killed at step {step}"
        done = arka("rotate")
        assert done.code == 0, done.err
        assert arka("status").code == 0
        assert len(list_tokens_of(workspace, user)) == 1, f"killed at step {step}"
        if codes[-1] != KILLED:
            break
    assert codes == [KILLED] * (len(codes) - 1) + [0]
    assert step > 8  # three requests and a write, before and after each


def list_tokens_of(workspace: RunningWorkspace, user_id: str) -> list[Token]:
    with workspace.workspace.database.read() as session:
        return tokens.list_tokens(session, user_id, 10)


def test_login_records_that_all_tokens_have_a_checksum(home: Path, workspace: RunningWorkspace) -> None:
    token = issue(workspace, "MacBook Pro")
    assert login(workspace, "laptop", token, "--verify").code == 0
    mistyped = token[:-1] + ("0" if token[-1] != "0" else "1")
    done = login(workspace, "laptop", mistyped, "--no-verify")
    assert (done.code, "a checksum, do not match the rest" in done.err) == (4, True)


def test_activity_shows_the_actions_of_a_token(home: Path, workspace: RunningWorkspace) -> None:
    assert login(workspace, "laptop", issue(workspace, "Manager", MANAGE)).code == 0
    created = arka("tokens", "create", "Build", "--json").json["details"]["id"]
    newest = arka("activity", "--limit", "1", "--json").json["activity"][0]
    assert (newest["action"], newest["subject"], newest["address"]) == ("token created", created, "127.0.0.1")
    assert "Build" in arka("activity", "--since", "1h").out


def test_token_that_issues_tokens_sets_up_a_machine_within_its_bounds(
    home: Path, workspace: RunningWorkspace, tmp_path: Path
) -> None:
    """`tokens create`, `apply` with `issue`, `rotate`, `tokens list` and `tokens revoke` use a bounded token."""
    issue(workspace, "ci-laptop")
    bounds = Bounds("ci-*", timedelta(hours=1), 2)
    login(workspace, "farm", workspace.issue(ANN, "Build farm", bounds=bounds).secret.reveal())
    refused = arka("tokens", "create", "prod-1", "--expires", "30m", "-p", "farm")
    assert (refused.code, "the label must match ci-*" in refused.err, "Pro" in refused.err) == (1, True, False)
    template = (
        'version = 1\n[profile]\nname = "{0}"\napi_url = "{1}"\n[token]\nissue = {{ label = "{0}", expires = "{2}" }}\n'
    )
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "ci.toml").write_text(template.format("ci-1", workspace.url, "2h"))
    apply = ["apply", str(folder), "--yes", "--allow-origin", workspace.url, "-p", "farm"]
    refused = arka(*apply)
    assert (refused.code != 0, "a token must expire within 1h" in refused.err) == (True, True), refused.err
    (folder / "ci.toml").write_text(template.format("ci-1", workspace.url, "1h"))
    assert arka(*apply).code == 0
    assert arka("rotate", "-p", "ci-1").code == 0
    assert arka("rotate", "-p", "farm").code == 0
    assert arka("tokens", "create", "ci-2", "--expires", "5m", "-p", "farm").code == 0
    listed = arka("tokens", "list", "-p", "farm", "--json").json["tokens"]
    assert [each["label"] for each in listed] == ["ci-2", "ci-1"]
    full = arka("tokens", "create", "ci-3", "--expires", "5m", "-p", "farm")
    assert (full.code, "2 tokens that it created work already" in full.err) == (1, True)
    assert arka("tokens", "revoke", "--label", "ci-*", "--yes", "-p", "farm").code == 0
    with workspace.workspace.database.read() as session:
        assert set(session.scalars(select(Token.label))) == {"ci-laptop", "Build farm"}
