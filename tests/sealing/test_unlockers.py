"""Every unlocker kind keeps its contract, also a made-up kind that tests add without changing the package."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, get_type_hints

import pytest

from arka_config import ProfileStore
from arka_config.arka import app
from arka_config.errors import NewerFormat, SealedFileDamaged, SealingError
from arka_config.sealing import operations
from arka_config.sealing.data_key import Unlocker
from arka_config.sealing.formats import UnlockerDetails
from arka_config.sealing.unlockers import registry
from arka_config.sealing.unlockers.registry import NewUnlocker
from arka_config.sealing.vault import vault_of
from tests.sealing import riddle
from tests.sealing.conftest import again, tokens
from tests.store.samples import token

if TYPE_CHECKING:
    from arka_config.sealing.unlockers.protocol import UnlockerKind
    from tests.sealing.memory_keyring import MemoryKeyring

WORDS = ["ci", "eu", "work"]
ALL = {word: token(word) for word in WORDS}
SECRET = "correct horse battery staple"

# The variables that open a vault with this unlocker alone. If a kind needs none, it has no row.
VARIABLES = {"passphrase": {"ARKA_PASSPHRASE": SECRET}, "riddle": {"RIDDLE_ANSWER": SECRET}}


@pytest.fixture(params=[*registry.KINDS, "riddle"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> UnlockerKind:
    monkeypatch.setitem(registry.KINDS, "riddle", riddle.LINE)
    return registry.load(request.param)


@pytest.fixture
def enabled(
    kind: UnlockerKind, environ: dict[str, str], store: ProfileStore, memory_keyring: MemoryKeyring
) -> ProfileStore:
    """A store with a single unlocker, which is of this kind."""
    environ |= VARIABLES.get(kind.name, {})
    operations.enable(vault_of(store), [new(kind)])
    return again(store)


def new(kind: UnlockerKind) -> NewUnlocker:
    return NewUnlocker(kind.name, **{prompt.name: SECRET for prompt in kind.prompts})


def unlocker_of(store: ProfileStore) -> Unlocker:
    (unlocker,) = vault_of(store).require_file().unlockers
    return unlocker


def test_a_kind_has_the_name_of_its_registry_line(kind: UnlockerKind) -> None:
    assert registry.load(kind.name) is kind
    assert kind.parameters.keys() <= kind.details.keys()


@pytest.mark.parametrize("name", registry.KINDS)
def test_a_kind_is_documented(name: str) -> None:
    page = "docs/reference/file-formats.md"
    text = (Path(__file__).parents[2] / page).read_text("utf-8")
    assert f"`{name}`" in text, f"{page}: describe the unlocker '{name}'"
    missing = registry.load(name).details.keys() - get_type_hints(UnlockerDetails)
    assert missing == set(), "arka_config/sealing/formats.py: describe these keys in UnlockerDetails"


def test_an_unlocker_opens_every_token(enabled: ProfileStore) -> None:
    assert tokens(enabled) == ALL


def test_the_file_records_exactly_the_details_of_the_kind(kind: UnlockerKind, enabled: ProfileStore) -> None:
    unlocker = unlocker_of(enabled)
    assert {name: type(value) for name, value in unlocker.details.items()} == dict(kind.details)
    assert registry.kind_of(unlocker, enabled.data_key_path) is kind
    assert kind.describe(unlocker)


def test_details_of_another_kind_are_damage(kind: UnlockerKind, enabled: ProfileStore) -> None:
    unlocker = unlocker_of(enabled)
    unlocker.details["surplus"] = "x"
    with pytest.raises(SealedFileDamaged, match="data-key.json: damaged"):
        registry.kind_of(unlocker, enabled.data_key_path)


def test_only_a_quick_kind_or_an_answer_in_a_variable_opens_at_once(kind: UnlockerKind, enabled: ProfileStore) -> None:
    assert enabled.vault.opens_at_once() is (kind.is_quick or kind.asks)
    assert not (kind.is_quick and kind.asks)


def test_a_kind_that_does_not_ask_opens_without_an_answer(kind: UnlockerKind, enabled: ProfileStore) -> None:
    store = again(enabled, ARKA_PASSPHRASE="")
    assert (store.vault.why_locked() is None) is not kind.asks


def test_a_rekey_keeps_the_unlocker_and_its_secret(kind: UnlockerKind, enabled: ProfileStore) -> None:
    before = unlocker_of(enabled)
    assert operations.rekey(vault_of(enabled)) == WORDS
    after = unlocker_of(enabled)
    assert (after.name, after.details, after.salt != before.salt) == (before.name, before.details, True)
    assert tokens(again(enabled)) == ALL


def test_a_second_secret_does_not_open_the_first_unlocker(kind: UnlockerKind, enabled: ProfileStore) -> None:
    file = vault_of(enabled).require_file()
    unlocker = file.unlockers[0]
    secret = kind.derive(b"another secret of thirty-2 bytes", unlocker, enabled.data_key_path)
    assert unlocker.unwrap(secret, file) is None


def test_a_removed_unlocker_opens_nothing_and_leaves_no_secret(
    kind: UnlockerKind, enabled: ProfileStore, memory_keyring: MemoryKeyring, tmp_path: Path
) -> None:
    old = unlocker_of(enabled)
    operations.add_unlocker(vault_of(enabled), NewUnlocker("key-file", path=str(tmp_path / "other.key")))
    assert [each.name for each in operations.remove_unlockers(vault_of(enabled), [kind.name])] == [kind.name]
    assert memory_keyring.entries == {}
    leftover = kind.leftover(old)
    assert not leftover or os.path.exists(leftover)
    (remaining,) = vault_of(enabled).require_file().unlockers
    assert remaining.kind == "key-file"
    assert tokens(again(enabled)) == ALL


def test_an_error_while_enabling_leaves_no_secret(
    kind: UnlockerKind, environ: dict[str, str], store: ProfileStore, memory_keyring: MemoryKeyring
) -> None:
    environ |= VARIABLES.get(kind.name, {})

    def interrupt(_done: int, _all: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        operations.enable(vault_of(store), [new(kind)], interrupt)
    assert memory_keyring.entries == {}
    assert not list(Path(store.folders.state).rglob("*.key"))
    assert tokens(again(store)) == ALL


def test_a_prompt_has_a_variable_that_no_child_process_inherits(kind: UnlockerKind) -> None:
    for prompt in kind.prompts:
        for suffix in ("", "_FILE", "_COMMAND"):
            assert app.variable(prompt.variable + suffix) in app.secret_variables


def test_no_two_kinds_share_an_option() -> None:
    flags = [option.flag for name in registry.KINDS for option in registry.load(name).options]
    assert len(flags) == len(set(flags))


def test_a_kind_of_a_newer_program_is_reported_as_newer_format(
    store: ProfileStore, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    environ["RIDDLE_ANSWER"] = SECRET
    monkeypatch.setitem(registry.KINDS, "riddle", riddle.LINE)
    operations.enable(vault_of(store), [NewUnlocker("riddle")])
    monkeypatch.delitem(registry.KINDS, "riddle")
    with pytest.raises(NewerFormat, match="unlocker 'riddle' is of kind 'riddle', which this program does not know"):
        tokens(again(store))


def test_the_made_up_kind_reports_its_own_errors(
    store: ProfileStore, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    environ["RIDDLE_ANSWER"] = SECRET
    monkeypatch.setitem(registry.KINDS, "riddle", riddle.LINE)
    operations.enable(vault_of(store), [NewUnlocker("riddle")])
    for answer, message in (("a door", "that is not the answer"), ("", "the riddle has no answer")):
        with pytest.raises(SealingError, match=message):
            tokens(again(store, RIDDLE_ANSWER=answer))


# Through the commands

PROGRAM = (
    "from arka_config.sealing.unlockers import registry\n"
    f"registry.KINDS['riddle'] = {riddle.LINE!r}\n"
    "from arka_config.__main__ import main\n"
    "main()"
)


def run(environ: dict[str, str], *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run `arka` in a process that registers the made-up kind first."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        env={**environ, "RIDDLE_ANSWER": "a piano"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done


def test_the_vault_commands_work_with_a_made_up_kind(store: ProfileStore, environ: dict[str, str]) -> None:
    assert "--riddle TEXT" in run(environ, "vault", "enable", "--help").stdout
    done = run(environ, "vault", "enable", "--with", "riddle", "--riddle", "88 keys?")
    assert "  Opened by riddle: the answer to: 88 keys?\n" in done.stderr
    assert run(environ, "token", "-p", "work").stdout == token("work") + "\n"
    document = json.loads(run(environ, "vault", "status", "--json").stdout)
    assert document["unlockers"] == [{"name": "riddle", "kind": "riddle", "question": "88 keys?", "rounds": 2}]
    assert document["open"] is True
    assert "riddle" in run(environ, "vault", "status").stdout
    run(environ, "vault", "rekey")
    assert run(environ, "token", "-p", "work").stdout == token("work") + "\n"
    done = run(environ, "vault", "add-unlocker", "key-file", "--riddle", "x", code=2)
    assert "--riddle is for the unlocker 'riddle'" in done.stderr
    run(environ, "vault", "add-unlocker", "key-file")
    assert run(environ, "doctor", "--all").stdout.count("vault.key") == 0
    run(environ, "vault", "remove-unlocker", "riddle")
    run(environ, "vault", "add-unlocker", "riddle")
    assert run(environ, "token", "-p", "work").stdout == token("work") + "\n"
    run(environ, "vault", "disable", "--yes")
    assert tokens(again(store)) == ALL
