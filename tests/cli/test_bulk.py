"""If a command changes several things, it shows one bar for all of them. If it ends early, it says what was done."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from arka_config import Credential, Origin, Secret, open_store, testing
from arka_config.arka import app
from arka_config.sealing.vault import Vault
from arka_config.store.profile_store import ProfileStore
from arka_config.workspace.client.client import WorkspaceClient
from tests.cli.program import arka
from tests.cli.test_progress import draw_at_once

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workspace.fake import FakeWorkspace

NAMES = ("a", "b", "c")
TOKENS = {name: "arka_" + f"{name}B3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3f"[:33] + f"G5h{name}" for name in NAMES}
MANAGER = "arka_" + "m" * 33 + "9f3c"

LINES = {
    "logout --all": ("Forgetting tokens", 3),
    "logout --all --revoke": ("Revoking tokens", 3),
    "profiles remove a b c --yes": ("Removing profiles", 3),
    "profiles remove a b c --yes --revoke": ("Removing profiles", 6),
    "profiles verify": ("Asking", 3),
    "tokens revoke --label CI* --yes": ("Revoking tokens", 3),
    "scan leak.txt --revoke --yes": ("Revoking tokens", 3),
    "vault enable": ("Sealing", 3),
    "apply templates --yes --no-verify": ("Applying", 3 * 5),
}


class Screen(testing.Stream):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def profiles(home: Path, fake: FakeWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeWorkspace:
    """Three profiles with tokens, on a terminal. ARKA_API_KEY is a token that may manage tokens."""
    store = open_store(app)
    fake.add(MANAGER, "Manager", scopes=("tokens:manage",))
    for name, token in TOKENS.items():
        fake.add(token, f"CI {name}")
        store.log_in(name, Credential(Secret(token), Origin.of(fake.url)))
    fake.can_revoke_several = False
    monkeypatch.chdir(tmp_path)
    (tmp_path / "leak.txt").write_text("\n".join(TOKENS.values()))
    (tmp_path / "templates").mkdir()
    for name in NAMES:
        reference = f'[token]\nenv = "ARKA_{name.upper()}_TOKEN"\ncopy = true\n'
        text = f'version = 1\n[profile]\nname = "new-{name}"\napi_url = "{fake.url}"\n{reference}'
        (tmp_path / "templates" / f"{name}.toml").write_text(text)
        monkeypatch.setenv(f"ARKA_{name.upper()}_TOKEN", TOKENS[name])
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(testing, "Stream", Screen)
    draw_at_once(monkeypatch)
    return fake


def run(fake: FakeWorkspace, line: str, *more: str) -> testing.Result:
    manager = {"ARKA_API_KEY": MANAGER, "ARKA_API_URL": fake.url} if line.startswith("tokens") else {}
    return arka(*shlex.split(line), *more, environ=manager)


@pytest.mark.parametrize("line", LINES)
def test_one_bar_covers_all_and_is_removed(profiles: FakeWorkspace, line: str) -> None:
    label, total = LINES[line]
    done = run(profiles, line)
    shown = re.sub(r"\x1b\[[0-9;]*m", "", done.err)
    bars = re.findall(r"\r\x1b\[K([^\r\n]+?) [━─]+ (\d+)/(\d+)", shown)
    before = {("Searching", 1), ("Asking", 3)} if line.startswith("scan") else set()  # until the findings are shown
    before |= {("Reading", 3), ("Comparing", 3)} if line.startswith("apply") else set()  # until the plan is shown
    assert {(each[0], int(each[2])) for each in bars} - before == {(label, total)}, shown
    counts = [int(each[1]) for each in bars if each[0] == label]
    assert counts == sorted(counts)
    assert counts[-1] >= total - 1
    assert "━" not in shown.rpartition("\r\x1b[K")[2]


@pytest.mark.parametrize("line", LINES)
def test_no_bar_is_shown_with_json(profiles: FakeWorkspace, line: str) -> None:
    assert "\x1b[K" not in run(profiles, line, "--json").err


def test_one_request_that_revokes_several_tokens_shows_one_bar(profiles: FakeWorkspace) -> None:
    profiles.can_revoke_several = True
    done = run(profiles, "tokens revoke --label CI* --yes")
    assert (done.code, done.err.count("✓")) == (0, 3)
    assert "━" not in done.err.rpartition("\r\x1b[K")[2]


def press_ctrl_c_in(monkeypatch: pytest.MonkeyPatch, owner: type, method: str, *, at: int = 2) -> None:
    """Replace a method by one that presses Ctrl-C in its n-th call."""
    calls = []
    before = getattr(owner, method)

    def call(*arguments: object, **options: object) -> object:
        calls.append(arguments)
        if len(calls) == at:
            raise KeyboardInterrupt
        return before(*arguments, **options)

    monkeypatch.setattr(owner, method, call)


@pytest.mark.parametrize(
    ("line", "method", "account", "hint"),
    [
        (
            "logout --all --revoke",
            (WorkspaceClient, "revoke"),
            ["revoked: a", "may have been revoked: b", "not revoked: c"],
            "arka logout --revoke --all",
        ),
        (
            "logout --all",
            (ProfileStore, "log_out"),
            ["removed: a", "may have been removed: b", "not removed: c"],
            "arka logout --all",
        ),
        (
            "profiles remove a b c --yes --revoke",
            (WorkspaceClient, "revoke"),
            ["revoked: a", "may have been revoked: b", "not revoked: c", "no profile was removed"],
            "arka profiles remove --revoke a b c",
        ),
        (
            "profiles remove a b c --yes",
            (ProfileStore, "remove"),
            ["removed: a", "may have been removed: b", "not removed: c"],
            "arka profiles list",
        ),
        (
            "tokens revoke --label CI* --yes",
            (WorkspaceClient, "revoke"),
            [
                "revoked: 'CI c', arka_…G5hc",  # the newest is listed first
                "may have been revoked: 'CI b', arka_…G5hb",
                "not revoked: 'CI a', arka_…G5ha",
            ],
            "arka tokens revoke --label 'CI*'",
        ),
        (
            "revoke --yes -p a",
            (WorkspaceClient, "revoke"),
            ["may have been revoked: the token of profile 'a'"],
            "arka revoke --profile a",
        ),
        ("vault enable", (Vault, "write"), ["every token is stored as before"], ""),
    ],
)
def test_ctrl_c_says_what_was_done_and_what_was_not(
    profiles: FakeWorkspace,
    monkeypatch: pytest.MonkeyPatch,
    line: str,
    method: tuple[type, str],
    account: list[str],
    hint: str,
) -> None:
    press_ctrl_c_in(monkeypatch, *method, at=1 if line.startswith(("revoke", "vault")) else 2)
    done = run(profiles, line)
    assert done.code == 130
    after = done.err.rpartition("interrupted\n")[2].splitlines()
    assert after == [*(f"  {each}" for each in account), *([f"hint: {hint}"] if hint else [])]


def test_an_interrupted_apply_says_what_it_has_applied(
    profiles: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    press_ctrl_c_in(monkeypatch, type(open_store(app).tokens), "put")
    done = run(profiles, "apply templates --yes --no-verify")
    assert done.code == 130
    after = done.err.rpartition("interrupted\n")[2].splitlines()
    assert after == ["  applied: new-a", "  not applied: new-b, new-c", "hint: arka apply templates"]
    monkeypatch.undo()


def test_a_failed_revocation_says_what_was_done_before(
    profiles: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> NoReturn:
        from arka_config.errors import WorkspaceFault

        raise WorkspaceFault("it failed")

    revoke = WorkspaceClient.revoke
    calls = iter([revoke, fail])

    def call(*words: Any, **options: Any) -> object:
        return next(calls)(*words, **options)

    monkeypatch.setattr(WorkspaceClient, "revoke", call)
    done = arka("logout", "--all", "--revoke", "--json")
    assert done.code == 1
    assert "note: revoked: a; not revoked: b, c\n" in done.err
    assert "the token of profile 'b' was not revoked, so it was kept: it failed" in done.err
    assert done.json["profiles"] == ["a"]
    assert open_store(app).tokens.names() == {"b", "c"}
