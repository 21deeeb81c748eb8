"""The contract with the real `conf`, 15 and 16: the same bytes, and each reads the other's files."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from arka_config.errors import UsageError
from arka_config.exchange import key_path, legacy
from arka_config.exchange.env_paths import legacy_path
from arka_config.exchange.exact_json import Document, dump, parse
from arka_config.secret import Secret
from arka_config.store import files
from tests.exchange.node import Peer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PREFIX = "arka_"
TOKEN = "arka_0123456789012345678901234567890123456"
OTHER = "arka_abcdefghijklmnopqrstuvwxyzabcdefghijk"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return Path(legacy_path("arka-code", {"HOME": str(tmp_path)}, platform="linux"))


@pytest.fixture
def start(version: str, tmp_path: Path) -> Callable[[], Peer]:
    return lambda: Peer(version, "conf_peer.mjs", environ={"HOME": str(tmp_path)})


def put(path: Path, token: str = TOKEN) -> legacy.WriteResult:
    return legacy.write_token(str(path), Secret(token), token_prefix=PREFIX)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# The file


def test_conf_and_arka_read_each_other_s_files(start: Callable[[], Peer], path: Path) -> None:
    put(path)
    with start() as store:
        assert store.ask(["path"]) == str(path)
        assert store.get("token") == TOKEN
        store.set("theme", {"name": "dark", "größe": 1.5})
        store.set("token", OTHER)
    found = legacy.find_token(str(path), PREFIX)
    assert found is not None
    assert (found.key, found.token.reveal()) == ("token", OTHER)
    assert put(path).changed is True
    with start() as store:
        assert store.ask(["store"]) == {"token": TOKEN, "theme": {"name": "dark", "größe": 1.5}}


def test_unknown_keys_survive_both_in_order(start: Callable[[], Peer], path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(
        '{"$schema": "x", "zeta": [1, {}], "__internal__": {"migrations": {"version": "1.2.0"}},'
        f' "apiKey": "{OTHER}", "alpha": "\\ud800 \u2028 é"}}',
        "utf-8",
    )
    order = ["$schema", "zeta", "__internal__", "apiKey", "alpha"]
    before = legacy.read(str(path))
    assert before is not None
    assert put(path).key == "apiKey"
    with start() as store:
        store.set("last", True)
    after = legacy.read(str(path))
    assert after is not None
    assert after == before | {"apiKey": TOKEN, "last": True}
    # conf 16 hides its own key from a store, and appends it when it writes
    assert [key for key in after if key != "__internal__"] == [key for key in [*order, "last"] if key != "__internal__"]
    assert put(path, OTHER).key == "apiKey"
    assert list(legacy.read(str(path)) or ()) == list(after)


def test_output_equals_that_of_conf_byte_for_byte(start: Callable[[], Peer], path: Path) -> None:
    put(path)
    with start() as store:
        store.set("nested", {"empty": {}, "list": [[], None, "\x7f\u2028\ud800"], "n": -1.5})
        by_conf = path.read_bytes()
        put(path, OTHER)
        store.set("token", TOKEN)
        assert path.read_bytes() == by_conf
        put(path, OTHER)
        put(path, TOKEN)
        assert path.read_bytes() == by_conf


def test_running_node_cli_sees_the_new_token(start: Callable[[], Peer], path: Path) -> None:
    put(path)
    with start() as store:
        assert store.get("token") == TOKEN
        put(path, OTHER)
        assert store.get("token") == OTHER
        legacy.remove_token(str(path), "token")
        assert store.get("token") is None
        store.set("theme", "dark")
    assert legacy.read(str(path)) == {"theme": "dark"}


def test_conf_does_not_find_a_rejected_key(start: Callable[[], Peer], path: Path) -> None:
    keys = ["__proto__", "constructor", "prototype", "a.constructor"]
    path.parent.mkdir(parents=True)
    path.write_text(
        json.dumps({"a": {"constructor": TOKEN}, "__internal__": {"x": TOKEN}} | dict.fromkeys(keys, TOKEN))
    )
    with start() as store:
        for key in keys:
            assert store.ask(["found", key]) is False, key
            with pytest.raises(UsageError):
                key_path.parse_key(key)


names = st.text("a1\\.]'\"é-", min_size=1, max_size=4)


@given(place=st.lists(names | st.integers(0, 3), min_size=1, max_size=4))
@example(place=["auth", "apiKey"])
@example(place=["accounts", 1, "token"])
def test_conf_reads_the_key_that_holds_the_token(writer: Peer, place: list[str | int]) -> None:
    value: Any = TOKEN
    for name in reversed(place):
        value = {name: value} if isinstance(name, str) else [*[None] * name, value]
    document = {"x": value} if isinstance(place[0], int) else value
    file = Path(writer.ask(["path"]))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document))
    found = legacy.find_token(str(file), PREFIX)
    assert found is not None
    assert writer.get(found.key) == TOKEN
    assert legacy.write_token(str(file), Secret(OTHER), token_prefix=PREFIX).key == found.key
    assert writer.get(found.key) == OTHER
    legacy.remove_token(str(file), found.key)
    assert writer.get(found.key) is None
    assert OTHER not in file.read_text()


def test_conf_finds_the_nested_key_that_arka_creates(start: Callable[[], Peer], path: Path) -> None:
    legacy.write_token(str(path), Secret(TOKEN), token_prefix=PREFIX, key="auth.apiKey")
    with start() as store:
        assert store.get("auth.apiKey") == TOKEN
        by_arka = path.read_text()
        store.ask(["delete", "auth"])
        store.set("auth.apiKey", TOKEN)
        assert path.read_text() == by_arka


def test_file_that_conf_makes_writable_for_everyone_is_read(version: str, tmp_path: Path, path: Path) -> None:
    with Peer(version, "conf_peer.mjs", environ={"HOME": str(tmp_path)}, umask=0) as store:
        store.set("auth.apiKey", TOKEN)
    assert (mode(path), legacy.is_writable_by_all(str(path))) == (0o666, True)
    found = legacy.find_token(str(path), PREFIX)
    assert found is not None
    assert (found.key, found.token.reveal()) == ("auth.apiKey", TOKEN)
    legacy.tighten(str(path))
    assert (mode(path), mode(path.parent), legacy.is_writable_by_all(str(path))) == (0o600, 0o700, False)


def test_concurrent_write_of_conf_is_kept(
    start: Callable[[], Peer], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(path)
    write = files.write
    with start() as store:

        def write_after_change(path: str, text: str, *, before_rename: Callable[[], None] | None = None) -> bool:
            def change_first() -> None:
                monkeypatch.undo()
                store.set("meanwhile", 1)
                assert before_rename is not None
                before_rename()

            return write(path, text, before_rename=change_first)

        monkeypatch.setattr(files, "write", write_after_change)
        put(path, OTHER)
        assert (store.get("token"), store.get("meanwhile")) == (OTHER, 1)
    assert [entry.name for entry in path.parent.iterdir()] == ["config.json"]


# Its modes


def test_private_folder_protects_a_file_that_conf_15_makes_readable(
    version: str, start: Callable[[], Peer], path: Path
) -> None:
    with start() as store:  # creates the folder
        assert mode(path.parent) == 0o755
        store.set("theme", "dark")
        assert mode(path) == 0o644
        assert legacy.is_exposed(str(path))
        put(path)
        assert (mode(path), mode(path.parent)) == (0o600, 0o700)
        store.set("theme", "light")
    assert mode(path) == (0o644 if version == "conf-15" else 0o600)
    assert mode(path.parent) == 0o700
    assert not legacy.is_exposed(str(path))
    put(path, OTHER)
    assert mode(path) == 0o600


def test_conf_and_arka_both_write_through_a_link(start: Callable[[], Peer], path: Path, tmp_path: Path) -> None:
    target = tmp_path / "dotfiles.json"
    target.write_text(f'{{"token": "{OTHER}"}}')
    path.parent.mkdir(parents=True)
    path.symlink_to(target)
    put(path)
    with start() as store:
        assert store.get("token") == TOKEN
        store.set("theme", "dark")
    put(path, OTHER)
    assert path.is_symlink()
    assert json.loads(target.read_text()) == {"token": OTHER, "theme": "dark"}


# The text

# JavaScript changes the spelling of numbers, and puts a key first if it looks like an array index.
plain = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters())
keys = st.text(st.characters(), min_size=1).map(lambda key: f"k{key}")
json_values: st.SearchStrategy[Any] = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=15
)


@pytest.fixture(scope="module")
def writer(version: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    with Peer(version, "conf_peer.mjs", environ={"HOME": str(tmp_path_factory.mktemp("home"))}) as node:
        yield node


@given(value=st.dictionaries(keys, json_values, max_size=5))
@example(value={"__proto__": {"constructor": [], "": {}}})
def test_layout_of_any_document_equals_that_of_javascript(writer: Peer, value: dict[str, Any]) -> None:
    text = json.dumps(value)
    document = parse(text)
    assert isinstance(document, Document)
    assert dump(document) == writer.ask(["written", text])
