"""While sealing is on, a new token is sealed unless plain text is requested, and a plain file is reported."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from arka_config import Credential, ProfileStore, Secret
from arka_config.errors import ConfigWarning, SealingError
from arka_config.sealing import operations
from arka_config.sealing.unlockers.registry import NewUnlocker
from arka_config.sealing.vault import vault_of
from tests.sealing.conftest import again
from tests.store.samples import HOME_URL, credential, token

if TYPE_CHECKING:
    from collections.abc import Callable

REPORTED = "is in plain text, although sealing is on"
PLANTED = token("planted")
# Each writes a token of profile `work`, new or the same, and may read the planted one.
WRITERS: dict[str, Callable[[ProfileStore], object]] = {
    "log in": lambda store: store.log_in("work", credential("new")),
    "rotate": lambda store: store.replace_token("work", store.credential("work"), credential("new")),
    "apply": lambda store: store.tokens.put("work", store.tokens.prepare("work", credential("new"))),
    "write": lambda store: store.tokens.write("work", credential("new")),
}


def plant(store: ProfileStore, name: str = "work", content: str = "") -> None:
    """Put a plain token file in a profile's place, as a backup or an attacker would."""
    text = content or json.dumps({"version": 1, "token": PLANTED, "origin": HOME_URL})
    path = Path(store.tokens.path(name))
    path.touch(0o600)
    path.write_text(text)


@pytest.mark.parametrize("content", ["", '{"version": 1, "tok', '{"version": 1}', "{}", "not JSON"])
@pytest.mark.filterwarnings(f"ignore:.*{REPORTED}")
def test_new_token_in_place_of_a_plain_file_is_sealed(sealed: ProfileStore, content: str) -> None:
    plant(sealed, content=content)
    store = again(sealed)
    store.log_in("work", credential("new"))
    assert store.credential("work").storage == "sealed"
    assert token("new").encode() not in Path(store.tokens.path("work")).read_bytes()


@pytest.mark.parametrize("writer", WRITERS)
def test_every_writer_seals_and_reports_the_plain_file(sealed: ProfileStore, writer: str) -> None:
    plant(sealed)
    store = again(sealed)
    with pytest.warns(ConfigWarning, match=rf"work\.json {REPORTED}") as warned:
        WRITERS[writer](store)
    assert len(warned) == 1, "once per run"
    found = store.credential("work")
    assert (found.storage, found.token.reveal()) == ("sealed", token("new"))


@pytest.mark.parametrize("preference", ["plain", "sealed"])
@pytest.mark.filterwarnings(f"ignore:.*{REPORTED}")
def test_no_preference_makes_a_new_token_plain(sealed: ProfileStore, preference: str) -> None:
    Path(sealed.folders.config).mkdir(parents=True, exist_ok=True)
    Path(sealed.folders.config, "config.toml").write_text(f'storage = "{preference}"\n')
    plant(sealed)
    store = again(sealed)
    store.log_in("work", credential("new"))
    store.log_in("another", credential("new"))
    assert (store.tokens.read_storage("work"), store.tokens.read_storage("another")) == ("sealed", "sealed")


def test_plain_storage_is_used_if_requested(sealed: ProfileStore) -> None:
    sealed.log_in("work", credential("new"), storage="plain")
    assert sealed.tokens.read_storage("work") == "plain"


@pytest.mark.filterwarnings(f"ignore:.*{REPORTED}")
def test_copied_and_renamed_tokens_are_sealed(sealed: ProfileStore) -> None:
    plant(sealed)
    store = again(sealed)
    store.copy("work", "copied", with_token=True)
    store.rename("work", "renamed")
    assert {store.tokens.read_storage(name) for name in ("copied", "renamed")} == {"sealed"}


def test_metadata_of_a_plain_token_is_changed_without_opening_the_vault(sealed: ProfileStore) -> None:
    plant(sealed)
    os.unlink(Path(sealed.folders.state, "vault.key"))
    store = again(sealed)
    with pytest.warns(ConfigWarning, match=REPORTED):
        before = store.credential("work")
    after = Credential(Secret(PLANTED), before.origin, user="ada@example.com")
    assert store.replace_token("work", before, after)
    assert store.credential("work").storage == "plain"


def test_locked_vault_stores_nothing_in_place_of_a_plain_file(sealed: ProfileStore) -> None:
    plant(sealed)
    os.unlink(Path(sealed.folders.state, "vault.key"))
    with pytest.raises(SealingError, match=r"vault\.key does not exist"):
        again(sealed).log_in("work", credential("new"))
    assert PLANTED in Path(sealed.tokens.path("work")).read_text()


@pytest.mark.parametrize("touch", [lambda store: store.credential("work"), lambda store: store.log_out("work")])
def test_plain_file_is_reported_once_when_it_is_read_or_removed(
    sealed: ProfileStore, touch: Callable[[ProfileStore], object]
) -> None:
    plant(sealed)
    store = again(sealed)
    with pytest.warns(ConfigWarning, match=REPORTED) as warned:
        touch(store)
    assert [str(each.message) for each in warned] == [
        f"{store.tokens.path('work')} {REPORTED}: check whose it is, then seal it: arka doctor --fix"
    ]


def test_plain_file_is_not_reported_while_sealing_is_off_or_turned_on_or_off(store: ProfileStore) -> None:
    assert store.credential("work").storage == "plain"

    def read_all(done: int, _: int) -> None:
        assert [again(store).credential(name).token.reveal() for name in ("ci", "eu", "work")]

    operations.enable(vault_of(store), [NewUnlocker("key-file")], read_all)
    operations.disable(vault_of(again(store)), read_all)


def test_sealed_storage_without_a_vault_does_not_replace_a_plain_token(store: ProfileStore) -> None:
    Path(store.folders.config).mkdir(parents=True, exist_ok=True)
    Path(store.folders.config, "config.toml").write_text('storage = "sealed"\n')
    with pytest.raises(SealingError, match="but sealing is off"):
        again(store).log_in("work", credential("new"))
    assert again(store).credential("work").token.reveal() == token("work")
