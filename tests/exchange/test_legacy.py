"""The legacy file is changed in one key only, and no error shows its content."""

from __future__ import annotations

import json
import re
import stat
import sys
import traceback
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arka_config.errors import (
    ConfigError,
    InvalidValue,
    MalformedFile,
    UsageError,
)
from arka_config.exchange import legacy
from arka_config.exchange.exact_json import Document, dump, parse
from arka_config.secret import Secret
from tests.exchange.test_exact_json import documents

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PREFIX = "arka_"
OLD = "arka_old0000000000000000000000000000000000"
NEW = "arka_new1111111111111111111111111111111111"
posix = pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")


def put(path: Path, token: str = NEW, key: str | None = None) -> legacy.WriteResult:
    return legacy.write_token(str(path), Secret(token), token_prefix=PREFIX, key=key)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.parent.iterdir())


# Which key


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ({}, "token"),
        ({"theme": "dark"}, "token"),
        ({"auth": OLD}, "auth"),
        ({"theme": "dark", "auth": OLD, "token": "other"}, "auth"),
        ({"token": "not one of ours"}, "token"),
        ({"auth": {"user": "me", "apiKey": OLD}}, "auth.apiKey"),
        ({"accounts": [{"name": "me"}, {"token": OLD}]}, "accounts.1.token"),
        ({"api.key": OLD}, r"api\.key"),
        ({"__internal__": {"migrations": OLD}}, "token"),
        ({"auth": {"constructor": OLD}}, "token"),
    ],
)
def test_write_replaces_the_key_that_holds_a_token(document: dict[str, Any], key: str) -> None:
    assert legacy.token_key(Document(document), PREFIX) == key
    assert legacy.token_key(Document(document), PREFIX, "named") == "named"


def test_two_tokens_are_an_error_that_names_their_keys(path: Path) -> None:
    before = f'{{"auth": "{OLD}", "{OLD}": "{OLD}"}}'
    path.write_text(before)
    with pytest.raises(ConfigError) as caught:
        put(path)
    assert caught.value.message == f"{path} has a token under each of 'auth', 'arka_…0000'"
    assert caught.value.hint == "say which: --key 'auth'"
    assert path.read_text() == before
    assert put(path, key="auth").key == "auth"


def test_error_names_only_the_first_of_many_tokens(path: Path) -> None:
    path.write_text(json.dumps({"accounts": [{"token": OLD}] * 1000}))
    with pytest.raises(ConfigError) as caught:
        legacy.find_token(str(path), PREFIX)
    assert caught.value.message.endswith(", 'accounts.3.token', 'accounts.4.token' and 995 more")


def test_without_a_prefix_no_string_counts_as_a_token() -> None:
    assert legacy.token_key(Document(a="x", b="y"), "") == "token"


@pytest.mark.parametrize(
    "key",
    ["__internal__", "__proto__", "a.constructor.b", "prototype", "__internal__.x", "a[0]", "a..b", ".a", "a.", ""],
)
def test_key_that_conf_would_not_find_is_rejected(key: str, path: Path) -> None:
    with pytest.raises(UsageError, match="would not find it"):
        put(path, key=key)
    assert not path.exists()


def test_key_with_a_control_character_is_rejected(path: Path) -> None:
    with pytest.raises(InvalidValue, match="^the key contains"):
        put(path, key="a\x1b[2J")


@pytest.mark.parametrize(
    ("content", "key", "fault"),
    [
        ('{"token": {"access": 1}}', None, "an object or a list under 'token'"),
        ('{"token": [1]}', None, "an object or a list under 'token'"),
        ('{"auth": {"token": [1]}}', "auth.token", "an object or a list under 'auth.token'"),
        ('{"auth": "text"}', "auth.token", "no object under 'auth'"),
        ('{"auth": [1]}', "auth.1", "no item 'auth.1'"),
        ('{"auth": [1]}', "auth.01", "no item 'auth.01'"),
        ('{"auth": [1]}', "auth.1.token", "no object under 'auth.1'"),
        ('{"auth": [[1]]}', "auth.0", "an object or a list under 'auth.0'"),
    ],
)
def test_write_does_not_replace_what_is_not_a_token(content: str, key: str | None, fault: str, path: Path) -> None:
    path.write_text(content)
    with pytest.raises(ConfigError, match=f"^{re.escape(str(path))} has {re.escape(fault)}"):
        put(path, key=key)
    assert path.read_text() == content


@pytest.mark.parametrize(
    ("before", "key", "after"),
    [
        ("{}", "auth.apiKey", {"auth": {"apiKey": NEW}}),
        ('{"auth": {"user": "me"}}', "auth.apiKey", {"auth": {"user": "me", "apiKey": NEW}}),
        ('{"auth": {"apiKey": null}}', "auth.apiKey", {"auth": {"apiKey": NEW}}),
        ('{"auth": [{}, "x"]}', "auth.0.token", {"auth": [{"token": NEW}, "x"]}),
        ('{"auth": [{}, "x"]}', "auth.1", {"auth": [{}, NEW]}),
        ('{"a": {"b": 1}}', r"a\.b", {"a": {"b": 1}, "a.b": NEW}),
    ],
)
def test_write_reaches_a_nested_key(before: str, key: str, after: dict[str, Any], path: Path) -> None:
    path.write_text(before)
    assert put(path, key=key).key == key
    assert json.loads(path.read_text()) == after
    found = legacy.find_token(str(path), PREFIX)
    assert found is not None
    assert (found.key, found.token.reveal()) == (key, NEW)
    assert legacy.remove_token(str(path), key) is True
    assert legacy.find_token(str(path), PREFIX) is None


# Writing


def test_write_creates_file_and_folders(tmp_path: Path) -> None:
    path = tmp_path / "config" / "arka-code-nodejs" / "config.json"
    result = put(path)
    assert (result.path, result.key, result.changed) == (str(path), "token", True)
    assert path.read_bytes() == f'{{\n\t"token": "{NEW}"\n}}'.encode()


def test_write_keeps_other_keys_and_their_order(path: Path) -> None:
    path.write_text(
        f'{{"zeta": 1e400, "auth": "{OLD}", "ünïcode": "\\ud800\\u2028",'
        ' "__internal__": {"migrations": {"version": "1.2.0"}}, "alpha": [1.0, {}]}'
    )
    result = put(path)
    assert (result.key, result.changed) == ("auth", True)
    assert (
        path.read_bytes()
        == (
            f'{{\n\t"zeta": 1e400,\n\t"auth": "{NEW}",\n\t"ünïcode": "\\ud800\u2028",'
            '\n\t"__internal__": {\n\t\t"migrations": {\n\t\t\t"version": "1.2.0"\n\t\t}\n\t},'
            '\n\t"alpha": [\n\t\t1.0,\n\t\t{}\n\t]\n}'
        ).encode()
    )


@given(document=documents, key=st.sampled_from(["token", "apiKey"]))
def test_write_keeps_any_other_content(tmp_path_factory: pytest.TempPathFactory, document: Document, key: str) -> None:
    path = tmp_path_factory.mktemp("any") / "config.json"
    path.write_text(dump(document), "utf-8")
    held = document.get(key)
    if isinstance(held, dict | list):
        document[key] = OLD
        path.write_text(dump(document), "utf-8")
    put(path, key=key)
    after = parse(path.read_text("utf-8"))
    assert isinstance(after, Document)
    assert after == document | {key: NEW}
    assert [name for name in after if name != key or key in document] == list(document)
    legacy.remove_token(str(path), key)
    rest = parse(path.read_text("utf-8"))
    assert list(rest.items() if isinstance(rest, Document) else ()) == [
        (name, value) for name, value in document.items() if name != key
    ]


def test_write_of_the_same_token_changes_nothing(path: Path) -> None:
    put(path)
    before = path.stat()
    assert put(path).changed is False
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@posix
def test_write_of_the_same_token_keeps_the_layout_and_tightens_the_mode(path: Path) -> None:
    path.write_text(f'{{ "token": "{NEW}" }}\n')
    path.chmod(0o644)
    assert put(path).changed is True
    assert path.read_text() == f'{{ "token": "{NEW}" }}\n'
    assert mode(path) == 0o600


def test_byte_order_mark_is_read_but_not_written(path: Path) -> None:
    path.write_bytes(f'\ufeff{{"token": "{NEW}"}}'.encode())
    assert legacy.read(str(path)) == {"token": NEW}
    assert put(path).changed is True
    assert path.read_bytes() == f'{{"token": "{NEW}"}}'.encode()


def test_write_rejects_a_token_with_a_control_character(path: Path) -> None:
    with pytest.raises(InvalidValue, match="^the token contains") as caught:
        put(path, "arka_canary\nx")
    assert "canary" not in str(caught.value)
    assert not path.exists()


def test_remove_deletes_only_the_key(path: Path) -> None:
    path.write_text(f'{{"a": 1, "token": "{OLD}", "b": 2}}')
    assert legacy.remove_token(str(path), "token") is True
    assert path.read_text() == '{\n\t"a": 1,\n\t"b": 2\n}'
    assert legacy.remove_token(str(path), "token") is False


def test_remove_does_not_create_a_file(tmp_path: Path) -> None:
    path = tmp_path / "arka-code-nodejs" / "config.json"
    assert legacy.remove_token(str(path), "token") is False
    assert not path.parent.exists()


# Reading


def test_find_returns_none_without_a_file(path: Path) -> None:
    assert legacy.read(str(path)) is None
    assert legacy.find_token(str(path), PREFIX) is None


@pytest.mark.parametrize(
    ("content", "key", "found"),
    [
        (f'{{"a": 1, "auth": "{OLD}"}}', None, ("auth", OLD)),
        (f'{{"auth": "{OLD}", "other": "text"}}', "other", ("other", "text")),
        ('{"token": "no prefix"}', None, ("token", "no prefix")),
        ('{"token": ""}', None, None),
        ('{"token": 12}', None, None),
        (f'{{"auth": "{OLD}"}}', "other", None),
    ],
)
def test_find_returns_token_and_key(content: str, key: str | None, found: tuple[str, str] | None, path: Path) -> None:
    path.write_text(content)
    token = legacy.find_token(str(path), PREFIX, key)
    assert (token and (token.key, token.token.reveal())) == found


def test_find_rejects_a_token_with_a_control_character(path: Path) -> None:
    path.write_text('{"auth": "arka_canary\\u001b[2J"}')
    with pytest.raises(InvalidValue, match="the value of 'auth' contains") as caught:
        legacy.find_token(str(path), PREFIX)
    assert "canary" not in str(caught.value)


# Malformed files, and what an error says


def full_error_text(error: BaseException | None) -> str:
    """Return everything that an error can show, with its context and the local variables of the package's functions."""
    said = ""
    while error is not None:
        said += f"{error} {error!r} {error.args!r} {vars(error)!r}"
        said += "".join(traceback.format_exception(error))
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if frame.f_globals["__name__"].startswith("arka_config."):
                said += repr(frame.f_locals)
        error = error.__context__
    return said


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ('{"token": "arka_canary",}', "line 1, column"),
        ('{\n\t"token": "arka_canary"\n\t"theme": 1\n}', "line 3, column 2: not valid JSON"),
        ('{\n\t"token": "arka_canary",\n\t"n": NaN}', "line 3, column 7: not valid JSON"),
        ('{"token": "arka_canary', "line 1, column 11: not valid JSON"),
        ('{"token": "arka_canary\n"}', "line 1, column"),
        ('["arka_canary"]', "line 1, column 1: not a JSON object"),
        ("", "line 1, column 1: not valid JSON"),
    ],
)
@pytest.mark.parametrize(
    "action",
    [put, lambda path: legacy.read(str(path)), lambda path: legacy.remove_token(str(path), "token")],
    ids=["write", "read", "remove"],
)
def test_malformed_file_is_reported_by_position_and_kept(
    content: str, place: str, action: Callable[[Path], object], path: Path
) -> None:
    path.write_text(content)
    with pytest.raises(MalformedFile) as caught:
        action(path)
    assert caught.value.path == str(path)
    assert caught.value.message.startswith(f"{path}, {place}")
    assert "canary" not in full_error_text(caught.value)
    assert path.read_text() == content
    assert names(path) == ["config.json"]


def test_no_error_shows_a_token_of_the_file(path: Path) -> None:
    path.write_text('{"a": "arka_canary1", "b": "arka_canary2", "token": {"deep": "arka_canary3"}}')
    for action in (lambda: put(path), lambda: put(path, key="token"), lambda: legacy.find_token(str(path), PREFIX)):
        with pytest.raises(ConfigError) as caught:
            action()
        said = full_error_text(caught.value)
        assert "canary" not in said
        assert NEW not in said


def test_binary_file_is_rejected_without_showing_it(path: Path) -> None:
    path.write_bytes(b'{"token": "arka_canary\xff"}')
    with pytest.raises(MalformedFile, match="not UTF-8") as caught:
        put(path)
    assert "canary" not in "".join(traceback.format_exception(caught.value))
