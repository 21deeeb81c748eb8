"""Everything that reads untrusted input, each as a function of bytes.

It returns or raises a ConfigError, but never another exception. A message is never empty or very long, and never
controls the terminal.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import tempfile
import tomllib
import warnings
from typing import TYPE_CHECKING

from arka_config import ProfileStore, open_store
from arka_config.arka import app
from arka_config.errors import ConfigError, ConfigWarning, VaultChanged
from arka_config.exchange import legacy as legacy_file
from arka_config.precedence.origin import Origin
from arka_config.sealing import operations
from arka_config.sealing.unlockers.registry import NewUnlocker
from arka_config.sealing.vault import vault_of
from arka_config.store.fast import json as fast_json
from arka_config.store.fast import toml
from arka_config.store.sign_in_cache import SignInCache
from arka_config.store.token_formats import TokenFormats
from arka_config.templates import plan_file, reading
from arka_config.templates.ledger import LedgerFile
from arka_config.templates.sealed import age, read_identities, unseal
from arka_config.text import is_printable
from arka_config.workspace.client.models import Identity, Issued, TokenDetails
from arka_config.workspace.client.sign_in.metadata import parse_cached
from arka_config.workspace.server import signing_keys
from tests.store.samples import credential

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_MESSAGE = 2000  # characters: two paths and some words
FOLDER = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # in memory if possible


@functools.cache
def home() -> str:
    """Create a home with a sealed token once, in FOLDER. It is removed when the process exits."""
    import atexit

    folder = tempfile.mkdtemp(dir=FOLDER)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    opened_store = open_store(app, {"ARKA_HOME": folder})
    opened_store.log_in("work", credential("work"))
    operations.enable(vault_of(opened_store), [NewUnlocker("key-file")])
    os.makedirs(os.path.join(folder, "config", "profiles"), exist_ok=True)
    return folder


def store(**variables: str) -> ProfileStore:
    return open_store(app, {"ARKA_HOME": home(), **variables})


def put(content: bytes, *path: str) -> str:
    """Write a file below the home and return its path."""
    full = os.path.join(home(), *path)
    descriptor = os.open(full, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, content)
    finally:
        os.close(descriptor)
    return full


def decode(content: bytes) -> str:
    """Decode bytes as from a variable or an argument: zero bytes are removed, and invalid UTF-8 becomes surrogates."""
    return content.replace(b"\0", b"").decode("utf-8", "surrogateescape")


# The readers


def profile(content: bytes) -> None:
    put(content, "config", "profiles", "fuzzed.toml")
    store().profiles.read("fuzzed")


def preferences(content: bytes) -> None:
    path = put(content, "config", "config.toml")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConfigWarning)  # of unknown keys
            assert store().preferences.storage in ("", "plain", "sealed", "keyring")
    finally:
        os.unlink(path)


def plain_toml(content: bytes) -> None:
    """Check that the fast TOML reader gives the same result as tomllib."""
    text = content.decode("utf-8", "replace")
    table = toml.loads(text)
    if table is not None:
        assert repr(table) == repr(tomllib.loads(text))


def plain_json(content: bytes) -> None:
    """Check that the fast JSON reader gives the same result as the json package."""
    text = content.decode("utf-8", "replace")
    table = fast_json.loads(text)
    if table is not None:
        assert repr(table) == repr(json.loads(text))


def token_file(content: bytes) -> None:
    path = put(content, "data", "tokens", "fuzzed.json")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConfigWarning)  # a plain file, although sealing is on
            found = store().tokens.read("fuzzed")
        if found is not None:
            found.token.reveal()
            assert is_printable(found.label + found.user)
    finally:
        os.unlink(path)


def secret_record(content: bytes) -> None:
    path = put(content, "data", "tokens", "work.fuzzed.json")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConfigWarning)  # a plain file, although sealing is on
            found = store().secrets.read("work", "fuzzed")
        if found is not None:
            found.reveal()
    finally:
        os.unlink(path)


def data_key(content: bytes) -> None:
    with open(os.path.join(home(), "data", "data-key.json"), "rb") as file:
        whole = file.read()
    try:
        put(content, "data", "data-key.json")
        opened_store = store(ARKA_PASSPHRASE="wrong")
        if vault_of(opened_store).file() is not None:
            vault_of(opened_store).keys()
    finally:
        put(whole, "data", "data-key.json")


def known_vault(content: bytes) -> None:
    path = put(content, "state", "vault.json")
    try:
        vault = vault_of(store())
        ids = vault.known.read()
        with contextlib.suppress(VaultChanged):
            assert vault.require_file().key_id in ids
    finally:
        os.unlink(path)


def session(content: bytes) -> None:
    vault = vault_of(store(ARKA_SESSION=decode(content)))
    vault.sessions.open(decode(content), vault.require_file())


def pins(content: bytes) -> None:
    put(content, "state", "pins.json")
    store().selection.read_pins()


def journal(content: bytes) -> None:
    put(content, "state", "journal.json")
    for entry in store().journal.left_behind():
        assert str(entry)


def sign_in_cache(content: bytes) -> None:
    put(content, "state", "sign_in.json")
    opened_store = store()
    cache = SignInCache(opened_store.folders.state, opened_store.lock)
    for issuer in ("https://arka-ai.com", ""):
        cache.has(issuer)
        parse_cached(cache.read(issuer), issuer or "https://arka-ai.com")


def active(content: bytes) -> None:
    put(content, "state", "active")
    store().selection.read_active()


def ledger(content: bytes) -> None:
    put(content, "state", "ledger.json")
    LedgerFile(os.path.join(home(), "state")).read()


def template(content: bytes) -> None:
    path = put(content, "template.toml")
    read = reading.read(app, [path], lambda items, _: items)
    read.check()


def saved_plan(content: bytes) -> None:
    plan_file.read(put(content, "plan.json"), "arka")


def identity(content: bytes) -> None:
    read_identities(put(content, "identity.txt"))


@functools.cache
def _new_identity() -> object:
    return age().x25519.Identity.generate()


def sealed_token(content: bytes) -> None:
    unseal(decode(content), [_new_identity()])


def legacy(content: bytes) -> None:
    path = put(content, "config.json")
    found = legacy_file.find_token(path, "arka_")
    if found is not None:
        assert is_printable(found.token.reveal())


def origin(content: bytes) -> None:
    found = Origin.of(decode(content))
    assert str(Origin.of(str(found))) == str(found)


def answer(content: bytes) -> None:
    """Parse the response of a workspace, if it is JSON."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return
    for kind in (Identity.parse, TokenDetails.parse, lambda value: Issued.parse(value, app)):
        try:
            kind(document)
        except ConfigError as error:
            check(error)


def partner_keys(content: bytes) -> None:
    signing_keys.parse(content, "keys.json")


def token_formats(content: bytes) -> None:
    folder = os.path.dirname(put(content, "state", "token-formats.json"))
    formats = TokenFormats(folder, store().lock)
    formats.checksum("https://arka-ai.com")
    formats._read()


READERS: dict[str, Callable[[bytes], None]] = {
    "active": active,
    "answer": answer,
    "data-key": data_key,
    "identity": identity,
    "known-vault": known_vault,
    "ledger": ledger,
    "legacy": legacy,
    "origin": origin,
    "partner-keys": partner_keys,
    "pins": pins,
    "journal": journal,
    "plain-json": plain_json,
    "plain-toml": plain_toml,
    "preferences": preferences,
    "profile": profile,
    "saved-plan": saved_plan,
    "sealed-token": sealed_token,
    "secret-record": secret_record,
    "session": session,
    "sign-in": sign_in_cache,
    "template": template,
    "token-file": token_file,
    "token-formats": token_formats,
}


def check(error: ConfigError) -> None:
    """Check that an error has a printable message and hint of a reasonable length."""
    assert error.message, "an error without a message"
    for line in error.lines[:50]:
        assert len(line) <= LONGEST_MESSAGE, f"a line of {len(line)} characters"
        assert is_printable(line), "a message with a control character"
    assert len(error.hint) <= LONGEST_MESSAGE
    assert is_printable(error.hint)


def is_accepted(reader: str, content: bytes) -> bool:
    """Pass bytes to a reader and return whether it accepted them. Any exception but a ConfigError is raised."""
    try:
        READERS[reader](content)
    except ConfigError as error:
        check(error)
        return False
    return True
