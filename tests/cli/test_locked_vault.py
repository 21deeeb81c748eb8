"""If a command reads many tokens, it opens the vault only with unlockers that need no answer."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

import pytest

from arka_config.sealing import cipher
from tests.cli.program import TOKEN, arka, log_in_both

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workspace.fake import FakeWorkspace

OTHER = "arka_xY4zE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5h"  # if it repeated itself, `scan` would take it for a placeholder
PHRASE = "correct horse battery staple"


@pytest.fixture
def sealed(home: Path, fake: FakeWorkspace) -> FakeWorkspace:
    """Two profiles, `work` and `ci`, with sealed tokens that a passphrase opens."""
    log_in_both(fake, OTHER, "CI/CD Pipeline")
    assert arka("vault", "enable", "--with", "passphrase", environ={"ARKA_PASSPHRASE": PHRASE}).code == 0
    return fake


def variables(tmp_path: Path, kind: str) -> dict[str, str]:
    """Variables of this kind that lead to the passphrase."""
    file = tmp_path / "passphrase"
    file.write_text(f"{PHRASE}\n")
    file.chmod(0o600)
    command = shlex.join([sys.executable, "-c", "import sys; print(open(sys.argv[1]).read(), end='')", str(file)])
    values = {"": PHRASE, "_FILE": str(file), "_COMMAND": command}
    return {f"ARKA_PASSPHRASE{kind}": values[kind]}


@pytest.mark.parametrize("kind", ["", "_FILE", "_COMMAND"])
def test_verify_of_all_profiles_uses_the_passphrase_of_a_variable(
    sealed: FakeWorkspace, tmp_path: Path, kind: str
) -> None:
    done = arka("profiles", "verify", "--json", environ=variables(tmp_path, kind))
    assert (done.code, [each["state"] for each in done.json["profiles"]]) == (0, ["valid", "valid"])


def test_verify_of_all_profiles_asks_nothing_if_the_vault_is_locked(sealed: FakeWorkspace) -> None:
    done = arka("profiles", "verify")
    assert (done.code, done.out.count("the vault is locked")) == (0, 2)
    assert not sealed.requests


def test_verify_of_all_profiles_names_a_wrong_passphrase_and_tries_it_once(
    sealed: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    stretched = []
    stretch = cipher.stretch

    def count(passphrase: str, *rest: object, **cost: int) -> bytes | None:
        stretched.append(passphrase)
        return stretch(passphrase, *rest, **cost)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(cipher, "stretch", count)
    done = arka("profiles", "verify", environ={"ARKA_PASSPHRASE": "wrong"})
    assert (done.code, done.out.count("wrong passphrase in ARKA_PASSPHRASE")) == (1, 2)
    assert len(stretched) == 1


def test_other_commands_that_read_all_tokens_use_the_passphrase_too(sealed: FakeWorkspace, tmp_path: Path) -> None:
    environ = variables(tmp_path, "_COMMAND")
    listed = arka("tokens", "list", "--json", environ=environ | {"ARKA_API_KEY": TOKEN, "ARKA_API_URL": sealed.url})
    assert {each["label"]: each["profiles"] for each in listed.json["tokens"]}["CI/CD Pipeline"] == ["ci"]
    assert "not compared" not in listed.err
    leak = tmp_path / "leak.txt"
    leak.write_text(OTHER)
    (found,) = arka("scan", str(leak), "--json", environ=environ).json["findings"]
    assert found["profiles"] == ["ci"]
    checked = arka("doctor", "--online", "--json", environ=environ)
    assert {request.token for request in sealed.requests} >= {TOKEN, OTHER}
    assert checked.code == 0, checked.out


def test_lists_and_status_use_a_passphrase_but_run_no_command_for_it(sealed: FakeWorkspace, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    command = {"ARKA_PASSPHRASE_COMMAND": shlex.join(["touch", str(ran)])}
    for line in ("profiles list", "profiles show work", "status", "vault status", "doctor", "scan --plain"):
        arka(*line.split(), environ=command)
        assert not ran.exists(), line
    shown = arka("profiles", "show", "work", environ={"ARKA_PASSPHRASE": PHRASE})
    assert TOKEN[-4:] in shown.out
    status = arka("status", "--json", environ={"ARKA_PASSPHRASE": PHRASE})
    assert status.json["verified"] is True
    assert "without asking" in arka("vault", "status", environ={"ARKA_PASSPHRASE": PHRASE}).out
