"""Settings load stored secrets: their types, their precedence and source, and a concurrent rename."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from arka_config import Resolution, Secret, SettingsError, open_store
from arka_config.precedence.values import FLAG
from arka_config.store.secret_records import SecretRecords
from tests.secretive import Settings, app
from tests.store.samples import credential

if TYPE_CHECKING:
    from pathlib import Path

    from arka_config import ProfileStore


@pytest.fixture
def store(home: Path) -> ProfileStore:
    """A store with an active profile `work` that has secrets."""
    made = open_store(app)
    made.create("work", {("settings", "timeout"): 5})
    made.use("work")
    texts = {
        "webhook_secret": "hunter-1",
        "private_key": "hunter\n2",
        "pin": "1234",
        "keys": '["hunter-3", "hunter-4"]',
        "named": '{"a": "hunter-5"}',
        "mail.password": "hunter-6",
    }
    for field, text in texts.items():
        made.set_secret("work", field, Secret(text))
    return made


@pytest.mark.usefixtures("store")
def test_stored_secrets_are_loaded_as_every_type() -> None:
    settings = Settings.load()
    assert settings.webhook_secret is not None
    assert settings.webhook_secret.get_secret_value() == "hunter-1"
    assert settings.private_key is not None
    assert settings.private_key.get_secret_value() == b"hunter\n2"
    assert settings.pin is not None
    assert settings.pin.get_secret_value() == 1234
    assert [key.get_secret_value() for key in settings.keys] == ["hunter-3", "hunter-4"]
    assert settings.named["a"].get_secret_value() == "hunter-5"
    assert settings.mail.password is not None
    assert (settings.mail.password.get_secret_value(), settings.mail.host) == ("hunter-6", "localhost")
    assert "hunter" not in f"{settings!r}{settings.model_dump()}{settings.model_dump_json()}"


def test_stored_secret_has_the_precedence_of_the_profile(store: ProfileStore) -> None:
    def load(profile: str | None = None, **environ: str) -> tuple[str, str]:
        settings = Settings.load(profile=profile, environ={**store.environ, **environ})
        assert settings.webhook_secret is not None
        return settings.webhook_secret.get_secret_value(), settings.source_of("webhook_secret").layer

    assert load() == ("hunter-1", "profile")
    assert load(ARKA_WEBHOOK_SECRET="from-env") == ("from-env", "env")
    assert load("work", ARKA_WEBHOOK_SECRET="from-env") == ("hunter-1", "profile")
    assert Settings(webhook_secret="from-flag").source_of("webhook_secret").layer == FLAG
    source = Settings.load().source_of("mail.password")
    assert (source.layer, source.source) == ("profile", store.secrets.path("work", "mail.password"))
    store.create("ci", {})
    assert Settings.load(profile="ci").webhook_secret is None


def test_stored_secret_beats_one_in_the_profile_s_file(store: ProfileStore) -> None:
    store.edit("work", {("settings", "webhook_secret"): "from-file"})
    settings = Settings.load()
    assert settings.webhook_secret is not None
    assert settings.webhook_secret.get_secret_value() == "hunter-1"


def test_invalid_stored_secret_names_its_file_and_not_its_value(store: ProfileStore) -> None:
    store.set_secret("work", "pin", Secret("hunter-7"))
    with pytest.raises(SettingsError) as caught:
        Settings.load()
    assert list(caught.value.problems) == [f"pin: not valid (profile: {store.secrets.path('work', 'pin')})"]
    assert "hunter" not in str(caught.value)


@pytest.mark.parametrize("back", [False, True], ids=["renamed", "renamed away and back"])
def test_profile_that_is_renamed_while_it_is_read_keeps_its_secret(
    store: ProfileStore, back: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    renames, read = iter([("work", "job"), ("job", "work")][: 2 if back else 1]), SecretRecords.read

    def rename_then_read(records: SecretRecords, profile: str, field: str) -> Secret | None:
        if field == "webhook_secret" and (names := next(renames, None)) is not None:
            store.rename(*names)
        return read(records, profile, field)

    with monkeypatch.context() as patched:
        patched.setattr(SecretRecords, "read", rename_then_read)
        settings = Settings.load(environ=store.environ)
    assert next(renames, None) is None
    assert settings.webhook_secret is not None
    assert settings.webhook_secret.get_secret_value() == "hunter-1"
    assert settings.timeout == 5


def test_secret_that_is_removed_by_a_rename_is_read_again(store: ProfileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    # A rename removes the old records first, so a reader may still see the token and the file.
    store.log_in("work", credential("work"))
    copied, records = iter([True]), SecretRecords.read

    def remove_then_read(self: SecretRecords, profile: str, field: str) -> Secret | None:
        if next(copied, False):
            store.copy("work", "job", with_token=True)
            store.use("job")
            store.secrets.remove_all("work")
        return records(self, profile, field)

    monkeypatch.setattr(SecretRecords, "read", remove_then_read)
    settings = Settings.load(environ=store.environ)
    assert settings.webhook_secret is not None
    assert settings.source_of("webhook_secret").source == store.secrets.path("job", "webhook_secret")


def test_secret_of_another_profile_is_not_used_if_one_is_missing(store: ProfileStore) -> None:
    resolution = Resolution(open_store(app), store.environ, directory=lambda: "/", secrets=["webhook_secret"])
    assert resolution.name == "work"
    store.create("other", {})
    store.set_secret("other", "webhook_secret", Secret("hunter-9"))
    store.rename("work", "job")
    store.use("other")
    found = resolution.resolve(Settings.leaves()["webhook_secret"].field)
    assert found is not None
    assert found.value == Secret("hunter-1")


def test_no_file_of_the_config_folder_has_a_stored_secret(store: ProfileStore, home: Path) -> None:
    assert [path for path in (home / "config").rglob("*.toml") if "hunter" in path.read_text()] == []
